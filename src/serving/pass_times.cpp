// SPDX-License-Identifier: Apache-2.0
#include "serving/pass_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <anda/base/math.h>
#include <string>

#include "system/inference_options.h"

namespace anda::sim {
namespace {

constexpr std::size_t most_known = 1u << 16;  // per memo: some ten megabytes

bool is_attention_output(const Gemm& operation) { return operation.name == "o_proj" || operation.name == "out_proj"; }

/// Whether an operation is the one right after the feed-forward part's last.
bool ends_feed_forward(const Gemm& operation) {
  return operation.name == "post_feed_forward_norm" || operation.name == "feed_forward_residual";
}

PassCost times(PassCost cost, std::uint64_t n) {
  cost.seconds *= static_cast<double>(n);
  cost.link_busy_s *= static_cast<double>(n);
  cost.link_bytes *= n;
  for (std::uint64_t& count : cost.counts) count *= n;
  return cost;
}

/// Cost of groups that wait for each other.
PassCost slowest(const std::vector<PassCost>& groups) {
  PassCost sum;
  double seconds = 0;
  for (const PassCost& group : groups) {
    seconds = std::max(seconds, group.seconds);
    sum += group;
  }
  sum.seconds = seconds;
  sum.link_busy_s /= static_cast<double>(groups.size());
  return sum;
}

std::uint64_t tokens_of(const Iteration& iteration) {
  std::uint64_t tokens = 0;
  for (const Share& share : iteration.shares) tokens += share.tokens;
  return tokens;
}

std::uint64_t finished_of(const Iteration& iteration) {
  return static_cast<std::uint64_t>(
      std::count_if(iteration.shares.begin(), iteration.shares.end(), [](const Share& share) { return share.emits; }));
}

}  // namespace

InferenceOptions served_options(const ServeConfig& config) {
  if (!config.precision.schedule.empty()) {
    throw Error::input(
        fmt::format("precision.schedule.{} is given, must be left out for a server, whose iterations mix "
                    "tokens of all positions",
                    config.precision.schedule.begin()->first));
  }
  RunConfig run(static_cast<const RunConfig&>(config));
  run.workload.scope = Scope::model;
  run.simulation.fold_layers = config.dram.level != DramLevel::detailed;
  return inference_options(run);
}

PassCost cost_of(Machine& machine, const std::vector<Gemm>& operations) {
  for (const Gemm& operation : operations) check_size(operation);
  PassCost cost;
  cost.counts = machine.run(operations);
  cost.seconds = machine.seconds(cost.counts);
  return cost;
}

/// In each step of the first half of the exchange, a node adds the received data to its own part.
PassCost all_reduce(Machine& machine, Links& links, std::uint64_t rows, std::uint64_t columns) {
  Gemm addition;
  addition.name = "all_reduce";
  addition.tensor = name_of(op_kinds, OpKind::residual);
  addition.m = rows;
  addition.n = ceil_div(columns, std::uint64_t{links.nodes()});
  addition.kind = OpKind::residual;
  addition.vector = VectorOperation::add;
  addition.reader = "";
  addition.count = links.nodes() - 1;
  PassCost sum = cost_of(machine, {addition});
  sum += links.all_reduce(rows * columns * 2);
  return sum;
}

PassTimes::PassTimes(const ServeConfig& config, const Partition& partition, const Stage& stage, Machine& machine,
                     Links& links)
    : config_(config),
      partition_(partition),
      stage_(stage),
      machine_(machine),
      links_(links),
      options_(served_options(config)),
      operations_(partition_.shard, options_) {
  const Kinds kinds = layer_kinds(partition_.shard, options_, stage_.first, stage_.end);
  if (config.system.parallel.expert == 1) {
    parts_.push_back({kinds, {}, {}, {}});
  } else {
    for (const auto& kind : kinds) parts_.push_back({{kind}, {}, {}, {}});
  }
}

PassCost PassTimes::of(const std::vector<Iteration>& groups) {
  if (machine_.depends_on_time()) return in_order(groups.front());
  PassCost sum = of_ends(groups);
  for (Part& part : parts_) sum += of_part(part, groups);
  return sum;
}

/// Cost of embedding and output head.
PassCost PassTimes::of_ends(const std::vector<Iteration>& groups) {
  std::vector<PassCost> costs;
  for (const Iteration& group : groups) {
    PassCost& cost = costs.emplace_back();
    const std::uint64_t tokens = tokens_of(group);
    const std::uint64_t finished = finished_of(group);
    if (stage_.embeds && tokens > 0) {
      cost += known(embeddings_, tokens, [&] { return run(embedding_operations(partition_.shard, tokens)); });
    }
    if (!stage_.answers || finished == 0) continue;
    cost += known(heads_, finished, [&] {
      PassCost head = run(head_operations(partition_.shard, options_, finished));
      if (links_.nodes() > 1) head += links_.all_gather(finished * partition_.shard.vocabulary * 2);
      return head;
    });
  }
  return slowest(costs);
}

bool PassTimes::groups_exchange(const Part& part) const {
  return config_.system.parallel.expert > 1 && partition_.model.experts.in_layer(part.kinds.front().first);
}

PassCost PassTimes::of_part(Part& part, const std::vector<Iteration>& groups) {
  std::vector<PassCost> costs;
  std::uint64_t most = 0;
  std::uint64_t all = 0;
  for (const Iteration& group : groups) {
    PassCost& cost = costs.emplace_back();
    const std::uint64_t tokens = tokens_of(group);
    most = std::max(most, tokens);
    all += tokens;
    if (tokens == 0) continue;
    std::uint64_t absorbed = 0;
    for (const Share& share : group.shares) {
      if (absorbs(partition_.shard, options_, {share.start, share.tokens})) absorbed += share.tokens;
    }
    cost += known(part.tokens, absorbed << 32 | tokens, [&] { return of_tokens(part.kinds, tokens, absorbed); });
    for (const Share& share : group.shares) attend(part, share, cost);
  }
  PassCost sum = slowest(costs);
  if (!groups_exchange(part)) return sum;
  const auto [layer, count] = part.kinds.front();
  sum += known(part.experts, most << 32 | all, [&, layer = layer, count = count] {
    const auto in_parts = [&](std::uint64_t parts) { return of_experts(layer, most, all, parts); };
    return times(fastest(most, in_parts), count);
  });
  return sum;
}

void PassTimes::attend(Part& part, const Share& share, PassCost& sum) {
  const auto cost = [&](std::uint64_t start) -> const PassCost& {
    return known(part.slices, start << 25 | share.tokens, [&] { return of_slice(part.kinds, start, share.tokens); });
  };
  const std::uint64_t step = config_.serving.scheduler.round_lengths;
  const std::uint64_t end = share.start + share.tokens;
  const std::uint64_t above = round_up(end, step) - share.tokens;
  const std::uint64_t below = std::max(end - end % step, share.tokens) - share.tokens;
  const PassCost& taken = cost(above);
  sum += taken;
  if (above == share.start) return;
  const double longest = taken.seconds;
  rounding_s_ += longest - cost(below).seconds;
}

const PassCost& PassTimes::known(Memo& memo, std::uint64_t key, const std::function<PassCost()>& compute) {
  const auto found = memo.find(key);
  if (found != memo.end()) return found->second;
  PassCost cost = compute();
  if (memo.size() < most_known) return memo.emplace(key, std::move(cost)).first->second;
  unkept_ = std::move(cost);
  return unkept_;
}

PassCost PassTimes::of_tokens(const Kinds& kinds, std::uint64_t tokens, std::uint64_t absorbed) {
  PassCost sum;
  for (const auto& [layer, count] : kinds) {
    std::vector<Gemm> operations = operations_.of_tokens(layer, tokens, absorbed);
    if (config_.system.parallel.expert > 1) {
      operations.erase(std::remove_if(operations.begin(), operations.end(), is_expert), operations.end());
    }
    sum += times(of_layer(operations, tokens), count);
  }
  return sum;
}

/// An accelerator's computation of a layer, and its exchange with the others of its group.
PassCost PassTimes::of_layer(std::vector<Gemm> operations, std::uint64_t tokens) {
  if (links_.nodes() == 1) return run(operations);
  // Received data comes through external memory, and split operations no longer match the marks.
  for (Gemm& operation : operations) operation.kept_input = operation.kept_second = operation.kept_output = {};
  PassCost sum;
  std::vector<Gemm> alone;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const bool ends_part =
        is_attention_output(operations[i]) || (i + 1 < operations.size() && ends_feed_forward(operations[i + 1]));
    if (ends_part) {
      sum += projected(operations[i], tokens);
    } else {
      alone.push_back(operations[i]);
    }
  }
  sum += run(alone);
  return sum;
}

/// The least cost over 1, 2, 4 … and `parallel.overlap` parts: small parts can cost the array more time than they hide.
PassCost PassTimes::fastest(std::uint64_t tokens, const std::function<PassCost(std::uint64_t)>& in_parts) const {
  const std::uint64_t most = std::min<std::uint64_t>(config_.system.parallel.overlap, tokens);
  PassCost best = in_parts(1);
  for (std::uint64_t parts = 2; parts / 2 < most; parts *= 2) {
    PassCost cost = in_parts(std::min(parts, most));
    if (cost.seconds < best.seconds) best = std::move(cost);
  }
  return best;
}

/// An operation whose results all accelerators need.
PassCost PassTimes::projected(Gemm projection, std::uint64_t tokens) {
  if (projection.vector) {  // a sum of experts, which has more rows than tokens
    PassCost sum = run({projection});
    sum += all_reduce(machine_, links_, tokens, partition_.model.hidden_size);
    return sum;
  }
  if (config_.system.parallel.split == Split::rows) {
    return fastest(tokens, [&](std::uint64_t parts) { return exchanged(projection, tokens, parts); });
  }
  // The inputs travel in the format that the array reads, so nothing is lost on the way.
  PassCost sum = links_.all_gather(machine_.input_bytes(projection));
  projection.k *= links_.nodes();
  projection.n /= links_.nodes();
  sum += fastest(tokens, [&](std::uint64_t parts) { return exchanged(projection, tokens, parts); });
  return sum;
}

/// Splits the projection into parts and exchanges one while the next is computed.
PassCost PassTimes::exchanged(Gemm projection, std::uint64_t tokens, std::uint64_t parts) {
  PassCost sum;
  double computed = 0;
  double exchanged = 0;
  for (std::uint64_t part = 0; part < parts; ++part) {
    projection.m = tokens * (part + 1) / parts - tokens * part / parts;
    const PassCost compute = run({projection});
    // n is an accelerator's number of result columns: all of them, or its share.
    const PassCost exchange = config_.system.parallel.split == Split::columns
                                  ? links_.all_gather(projection.m * projection.n * 2)
                                  : all_reduce(machine_, links_, projection.m, projection.n);
    computed += compute.seconds;
    exchanged = std::max(computed, exchanged) + exchange.seconds;
    sum += compute;
    sum += exchange;
  }
  sum.seconds = exchanged;
  return sum;
}

/// The tokens of all groups go to the groups that hold their experts, and back, in parts: one part is in transit while
/// another is computed, as in EPS-MoE (arXiv 2410.12247). Each group sends as much as the one with the most tokens.
PassCost PassTimes::of_experts(std::uint32_t layer, std::uint64_t most_tokens, std::uint64_t all_tokens,
                               std::uint64_t parts) {
  const std::uint64_t groups = config_.system.parallel.expert;
  const std::uint64_t copies = ceil_div(most_tokens, parts) * partition_.model.experts.per_token;
  const PassCost& way = links_.all_to_all(ceil_div(copies, groups) * partition_.model.hidden_size * 2);
  PassCost sum;
  double computed = 0;
  std::vector<double> ready;  // time at which the results of each part are available
  for (std::uint64_t part = 0; part < parts; ++part) {
    const PassCost compute = routed(layer, all_tokens * (part + 1) / parts - all_tokens * part / parts);
    computed = std::max(computed, static_cast<double>(part + 1) * way.seconds) + compute.seconds;
    ready.push_back(computed);
    sum += compute;
    sum += way;
    sum += way;
  }
  // All outbound transfers precede the first return transfer.
  double back = static_cast<double>(parts) * way.seconds;
  for (const double part : ready) back = std::max(back, part) + way.seconds;
  sum.seconds = back;
  return sum;
}

/// Cost of the experts of all groups, which run in parallel.
PassCost PassTimes::routed(std::uint32_t layer, std::uint64_t tokens) {
  const std::uint64_t groups = config_.system.parallel.expert;
  const std::uint64_t each = partition_.model.experts.count / groups;
  std::vector<PassCost> costs;
  for (std::uint64_t group = 0; group < groups; ++group) {
    costs.push_back(run(operations_.of_experts(layer, tokens, group * each, (group + 1) * each)));
  }
  return slowest(costs);
}

PassCost PassTimes::of_slice(const Kinds& kinds, std::uint64_t start, std::uint64_t tokens) {
  PassCost sum;
  for (const auto& [layer, count] : kinds) {
    sum += times(run(operations_.of_slice(layer, {start, tokens, 1, true})), count);
  }
  return sum;
}

PassCost PassTimes::in_order(const Iteration& iteration) {
  std::vector<Slice> slices;
  for (const Share& share : iteration.shares) slices.push_back({share.start, share.tokens, 1, share.emits});
  PassCost sum = run(embedding_operations(partition_.shard, tokens_of(iteration)));
  for (std::uint32_t layer = stage_.first; layer < stage_.end; ++layer) sum += run(operations_.of(layer, slices));
  const std::uint64_t finished = finished_of(iteration);
  if (finished > 0) sum += run(head_operations(partition_.shard, options_, finished));
  return sum;
}

}  // namespace anda::sim
