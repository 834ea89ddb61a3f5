// SPDX-License-Identifier: Apache-2.0
#include "serving/profile.h"

#include <algorithm>
#include <anda/base/error.h>
#include <array>
#include <string_view>

#include "serving/pass_times.h"

namespace anda::sim {
namespace {

struct PartOf {
  std::string_view operation;
  Profile::Part part;
};

/// Operations of a dense layer by name. All others belong to experts.
constexpr std::array<PartOf, 31> parts_by_name{{{"attention_norm", Profile::Part::norm},
                                                {"post_attention_norm", Profile::Part::norm},
                                                {"q_proj", Profile::Part::projections},
                                                {"k_proj", Profile::Part::projections},
                                                {"v_proj", Profile::Part::projections},
                                                {"qkv_proj", Profile::Part::projections},
                                                {"q_groups", Profile::Part::projections},
                                                {"q_a_proj", Profile::Part::projections},
                                                {"kv_a_proj", Profile::Part::projections},
                                                {"qkv_a_proj", Profile::Part::projections},
                                                {"q_a_norm", Profile::Part::projections},
                                                {"kv_a_norm", Profile::Part::projections},
                                                {"q_nope_proj", Profile::Part::projections},
                                                {"q_rope_proj", Profile::Part::projections},
                                                {"query_absorb", Profile::Part::projections},
                                                {"value_absorb", Profile::Part::output},
                                                {"q_norm", Profile::Part::head_norms},
                                                {"k_norm", Profile::Part::head_norms},
                                                {"q_rotary", Profile::Part::rotary},
                                                {"k_rotary", Profile::Part::rotary},
                                                {"o_proj", Profile::Part::output},
                                                {"out_proj", Profile::Part::output},
                                                {"gate_proj", Profile::Part::up},
                                                {"up_proj", Profile::Part::up},
                                                {"gate_up_proj", Profile::Part::up},
                                                {"fc1", Profile::Part::up},
                                                {"activation", Profile::Part::activation},
                                                {"down_proj", Profile::Part::down},
                                                {"fc2", Profile::Part::down},
                                                {"attention_residual", Profile::Part::residual},
                                                {"feed_forward_residual", Profile::Part::residual}}};

bool is_norm(const Gemm& operation) {
  return operation.kind == OpKind::norm && operation.name != "q_norm" && operation.name != "k_norm";
}

bool belongs(const Gemm& operation, Profile::Part part) {
  const auto found = std::find_if(parts_by_name.begin(), parts_by_name.end(),
                                  [&](const PartOf& entry) { return entry.operation == operation.name; });
  if (found != parts_by_name.end()) return found->part == part;
  return part == Profile::Part::experts && !is_norm(operation);
}

}  // namespace

Profile::Profile(const ServeConfig& config, const ModelShape& model, Machine& machine, Links& links)
    : partition_(partition_of(config, model)),
      options_(served_options(config)),
      operations_(partition_.shard, options_),
      machine_(machine),
      links_(links),
      layer_(static_cast<std::uint32_t>(model.layers - 1)) {
  if (!model.latent || options_.latent != LatentWay::automatic) return;
  throw Error::input("workload.attention.latent is auto, must be expand or absorb for a profile of " + model.name +
                     ": auto goes by the context of a sequence, and the tables of projections go by tokens alone");
}

std::vector<Gemm> Profile::operations_of(Part part, std::uint64_t tokens) {
  std::vector<Gemm> found;
  if (part == Part::embedding) return embedding_operations(shard(), tokens);
  if (part == Part::final_norm || part == Part::head) {
    for (const Gemm& operation : head_operations(shard(), options_, tokens)) {
      if ((operation.kind == OpKind::norm) == (part == Part::final_norm)) found.push_back(operation);
    }
    return found;
  }
  const std::uint64_t absorbed = shard().latent && options_.latent == LatentWay::absorb ? tokens : 0;
  for (const Gemm& operation : operations_.of_tokens(layer_, tokens, absorbed)) {
    if (belongs(operation, part)) found.push_back(operation);
    // Only one of the two residuals, which are alike.
    if (part == Part::residual && !found.empty()) break;
  }
  return found;
}

double Profile::seconds(Part part, std::uint64_t tokens) {
  return cost_of(machine_, operations_of(part, tokens)).seconds;
}

double Profile::attention_s(std::uint64_t start, std::uint64_t tokens) {
  append_s(start, tokens);
  return attention_.at({start, tokens}).first;
}

double Profile::append_s(std::uint64_t start, std::uint64_t tokens) {
  const auto [known, is_new] = attention_.try_emplace({start, tokens});
  if (is_new) {
    std::vector<Gemm> attends = operations_.of_slice(layer_, {start, tokens, 1, true});
    const auto first = std::stable_partition(attends.begin(), attends.end(),
                                             [](const Gemm& operation) { return operation.kind == OpKind::kv_append; });
    const std::vector<Gemm> appends(attends.begin(), first);
    attends.erase(attends.begin(), first);
    known->second = {cost_of(machine_, attends).seconds, cost_of(machine_, appends).seconds};
  }
  return known->second.second;
}

double Profile::all_reduce_s(std::uint64_t tokens) {
  if (links_.nodes() == 1) return 0;
  return all_reduce(machine_, links_, tokens, model().hidden_size).seconds;
}

}  // namespace anda::sim
