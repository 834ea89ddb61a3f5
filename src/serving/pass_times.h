// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_PASS_TIMES_H
#define ANDA_SIM_SERVING_PASS_TIMES_H

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "serving/links.h"
#include "serving/partition.h"
#include "serving/scheduler.h"
#include "system/machine.h"
#include "workload/inference.h"

namespace anda::sim {

/// Cost of all-reducing rows × columns FP16 partial results within a group, including the additions on its vector
/// units.
PassCost all_reduce(Machine& machine, Links& links, std::uint64_t rows, std::uint64_t columns);

/// Cost of running operations one after another. Throws Error (input) if one exceeds the descriptors.
PassCost cost_of(Machine& machine, const std::vector<Gemm>& operations);

/// Inference options of a server. Throws Error (input) for a precision.schedule.
InferenceOptions served_options(const ServeConfig& config);

/// The cost of an iteration on a pipeline stage: the sum of its operations, which do not overlap. Costs that depend
/// only on the number of tokens are simulated once for each number, attention once for each context length. If the
/// memory's state matters, every operation is simulated again in execution order.
class PassTimes {
 public:
  PassTimes(const ServeConfig& config, const Partition& partition, const Stage& stage, Machine& machine, Links& links);
  PassTimes(const PassTimes&) = delete;  // operations_ refers to options_
  PassTimes& operator=(const PassTimes&) = delete;

  /// `groups`: the iteration of each accelerator group that shares the experts; usually one. Groups synchronise at
  /// every layer. The counts are summed over one accelerator of each group.
  PassCost of(const std::vector<Iteration>& groups);

  /// Upper bound on the time added by rounding context lengths (scheduler.round_lengths).
  double rounding_s() const { return rounding_s_; }

 private:
  using Memo = std::unordered_map<std::uint64_t, PassCost>;
  using Kinds = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

  /// Layers between which groups need not synchronise.
  struct Part {
    Kinds kinds;  ///< a representative layer and the number of layers like it
    Memo tokens;
    Memo slices;
    Memo experts;
  };

  const PassCost& known(Memo& memo, std::uint64_t key, const std::function<PassCost()>& compute);
  PassCost of_part(Part& part, const std::vector<Iteration>& groups);
  PassCost of_tokens(const Kinds& kinds, std::uint64_t tokens, std::uint64_t absorbed);
  PassCost of_slice(const Kinds& kinds, std::uint64_t start, std::uint64_t tokens);
  PassCost of_ends(const std::vector<Iteration>& groups);
  PassCost of_layer(std::vector<Gemm> operations, std::uint64_t tokens);
  PassCost of_experts(std::uint32_t layer, std::uint64_t most_tokens, std::uint64_t all_tokens, std::uint64_t parts);
  PassCost routed(std::uint32_t layer, std::uint64_t tokens);
  PassCost fastest(std::uint64_t tokens, const std::function<PassCost(std::uint64_t)>& in_parts) const;
  PassCost projected(Gemm projection, std::uint64_t tokens);
  PassCost exchanged(Gemm projection, std::uint64_t tokens, std::uint64_t parts);
  PassCost in_order(const Iteration& iteration);
  void attend(Part& part, const Share& share, PassCost& sum);
  PassCost run(const std::vector<Gemm>& operations) { return cost_of(machine_, operations); }
  bool groups_exchange(const Part& part) const;

  const ServeConfig& config_;
  const Partition& partition_;
  Stage stage_;
  Machine& machine_;
  Links& links_;
  InferenceOptions options_;
  LayerOperations operations_;
  std::vector<Part> parts_;
  Memo embeddings_;
  Memo heads_;
  PassCost unkept_;  ///< latest result that did not fit in a memo
  double rounding_s_ = 0;
};

}  // namespace anda::sim

#endif
