// SPDX-License-Identifier: Apache-2.0
#include "serving/pass_times.h"

#include <algorithm>
#include <anda/base/math.h>
#include <string>

#include "system/inference_options.h"

namespace anda::sim {
namespace {

constexpr std::size_t most_known = 1u << 16;  // of each kind: some ten megabytes

bool is_attention_output(const Gemm& operation) { return operation.name == "o_proj" || operation.name == "out_proj"; }

/// What follows the last operation of the feed-forward part.
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

InferenceOptions options_of(const ServeConfig& config) {
  RunConfig run = config;
  run.workload.scope = Scope::model;
  run.simulation.fold_layers = config.dram.level != DramLevel::detailed;
  return inference_options(run);
}

}  // namespace

PassTimes::PassTimes(const ServeConfig& config, const Partition& partition, const Stage& stage, Machine& machine,
                     Links& links)
    : config_(config),
      partition_(partition),
      stage_(stage),
      machine_(machine),
      links_(links),
      options_(options_of(config)),
      operations_(partition_.shard, options_) {}

std::vector<std::pair<std::uint32_t, std::uint64_t>> PassTimes::kinds() const {
  return layer_kinds(partition_.shard, options_, stage_.first, stage_.end);
}

PassCost PassTimes::of(const std::vector<Share>& shares) {
  if (machine_.depends_on_time()) return in_order(shares);
  std::uint64_t tokens = 0;
  std::uint64_t finished = 0;
  for (const Share& share : shares) {
    tokens += share.tokens;
    if (share.emits) ++finished;
  }
  PassCost sum = known(tokens_, tokens, [&] { return of_tokens(tokens); });
  for (const Share& share : shares) attend(share, sum);
  if (stage_.answers && finished > 0) sum += known(heads_, finished, [&] { return of_head(finished); });
  return sum;
}

void PassTimes::attend(const Share& share, PassCost& sum) {
  const auto cost = [&](std::uint64_t start) -> const PassCost& {
    return known(slices_, start << 25 | share.tokens, [&] { return of_slice(start, share.tokens); });
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

PassCost PassTimes::of_tokens(std::uint64_t tokens) {
  PassCost sum;
  sum.counts.assign(machine_.counters().size(), 0);
  if (stage_.embeds) sum += run(embedding_operations(partition_.shard, tokens));
  for (const auto& [layer, count] : kinds()) {
    sum += times(of_layer(operations_.of_tokens(layer, tokens), tokens), count);
  }
  return sum;
}

/// What an accelerator computes of a layer, with what it exchanges with the others of its group.
PassCost PassTimes::of_layer(std::vector<Gemm> operations, std::uint64_t tokens) {
  if (links_.nodes() == 1) return run(operations);
  PassCost sum;
  std::vector<Gemm> alone;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const bool ends_part = is_attention_output(operations[i]) ||
                           (i + 1 < operations.size() && ends_feed_forward(operations[i + 1]));
    if (ends_part) {
      sum += projected(operations[i], tokens);
    } else {
      alone.push_back(operations[i]);
    }
  }
  sum += run(alone);
  return sum;
}

/// An operation whose results all accelerators need, in parts of which one is exchanged while the next is computed.
PassCost PassTimes::projected(Gemm projection, std::uint64_t tokens) {
  const std::uint64_t nodes = links_.nodes();
  const std::uint64_t hidden = partition_.model.hidden_size;
  const bool columns = config_.system.parallel.split == Split::columns;
  // A sum of experts has more rows than tokens: it is not cut.
  const std::uint64_t parts =
      projection.vector ? 1 : std::min<std::uint64_t>(config_.system.parallel.overlap, tokens);
  PassCost sum;
  double computed = 0;
  double exchanged = 0;
  if (columns) {
    // The inputs in the format in which the array takes them: nothing is lost on the way.
    sum += links_.all_gather(machine_.input_bytes(projection));
    exchanged = computed = sum.seconds;
    projection.k *= nodes;
    projection.n /= nodes;
  }
  for (std::uint64_t part = 0; part < parts; ++part) {
    const std::uint64_t rows = tokens * (part + 1) / parts - tokens * part / parts;
    if (!projection.vector) projection.m = rows;
    const PassCost compute = run({projection});
    const PassCost exchange = columns ? links_.all_gather(rows * hidden / nodes * 2) : all_reduce(rows);
    computed += compute.seconds;
    exchanged = std::max(computed, exchanged) + exchange.seconds;
    sum += compute;
    sum += exchange;
  }
  sum.seconds = exchanged;
  return sum;
}

/// Partial results of so many tokens become sums. After each step of the first half of the exchange a node adds what has
/// come to its own part.
PassCost PassTimes::all_reduce(std::uint64_t rows) {
  const std::uint64_t nodes = links_.nodes();
  Gemm addition;
  addition.name = "all_reduce";
  addition.tensor = name_of(op_kinds, OpKind::residual);
  addition.m = rows;
  addition.n = ceil_div(partition_.model.hidden_size, nodes);
  addition.kind = OpKind::residual;
  addition.vector = VectorOperation::add;
  addition.reader = "";
  addition.count = nodes - 1;
  PassCost sum = run({addition});
  sum += links_.all_reduce(rows * partition_.model.hidden_size * 2);
  return sum;
}

PassCost PassTimes::of_slice(std::uint64_t start, std::uint64_t tokens) {
  PassCost sum;
  for (const auto& [layer, count] : kinds()) {
    sum += times(run(operations_.of_slice(layer, {start, tokens, 1, true})), count);
  }
  return sum;
}

PassCost PassTimes::of_head(std::uint64_t finished) {
  PassCost sum = run(head_operations(partition_.shard, options_, finished));
  if (links_.nodes() > 1) sum += links_.all_gather(finished * partition_.shard.vocabulary * 2);
  return sum;
}

PassCost PassTimes::in_order(const std::vector<Share>& shares) {
  std::vector<Slice> slices;
  std::uint64_t tokens = 0;
  std::uint64_t finished = 0;
  for (const Share& share : shares) {
    slices.push_back({share.start, share.tokens, 1, share.emits});
    tokens += share.tokens;
    if (share.emits) ++finished;
  }
  PassCost sum;
  if (stage_.embeds) sum += run(embedding_operations(partition_.shard, tokens));
  for (std::uint32_t layer = stage_.first; layer < stage_.end; ++layer) sum += run(operations_.of(layer, slices));
  if (stage_.answers && finished > 0) sum += run(head_operations(partition_.shard, options_, finished));
  return sum;
}

PassCost PassTimes::run(const std::vector<Gemm>& operations) {
  for (const Gemm& operation : operations) check_size(operation);
  PassCost cost;
  cost.counts = machine_.run(operations);
  cost.seconds = machine_.seconds(cost.counts);
  return cost;
}

}  // namespace anda::sim
