// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_PASS_TIMES_H
#define ANDA_SIM_SERVING_PASS_TIMES_H

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "serving/links.h"
#include "serving/machine.h"
#include "serving/partition.h"
#include "serving/scheduler.h"
#include "workload/inference.h"

namespace anda::sim {

/// What an iteration takes on a stage of the pipeline: the sum of its operations, as they do not overlap. What depends
/// on the number of tokens alone is summed up once for each number, attention once for each length of a context; with a
/// memory whose state matters everything is simulated anew in its order.
class PassTimes {
 public:
  PassTimes(const ServeConfig& config, const Partition& partition, const Stage& stage, Machine& machine,
            Links& links);
  PassTimes(const PassTimes&) = delete;  // operations_ refers to options_
  PassTimes& operator=(const PassTimes&) = delete;

  PassCost of(const std::vector<Share>& shares);

  /// At most so much of the time is due to rounded lengths of contexts (scheduler.round_lengths).
  double rounding_s() const { return rounding_s_; }

 private:
  using Memo = std::unordered_map<std::uint64_t, PassCost>;

  const PassCost& known(Memo& memo, std::uint64_t key, const std::function<PassCost()>& compute);
  PassCost of_tokens(std::uint64_t tokens);
  PassCost of_slice(std::uint64_t start, std::uint64_t tokens);
  PassCost of_head(std::uint64_t finished);
  PassCost of_layer(std::vector<Gemm> operations, std::uint64_t tokens);
  PassCost projected(Gemm projection, std::uint64_t tokens);
  PassCost all_reduce(std::uint64_t rows);
  PassCost in_order(const std::vector<Share>& shares);
  void attend(const Share& share, PassCost& sum);
  PassCost run(const std::vector<Gemm>& operations);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> kinds() const;

  const ServeConfig& config_;
  const Partition& partition_;
  Stage stage_;
  Machine& machine_;
  Links& links_;
  InferenceOptions options_;
  LayerOperations operations_;
  Memo tokens_;
  Memo slices_;
  Memo heads_;
  PassCost unkept_;  ///< one that a memo had no room for
  double rounding_s_ = 0;
};

}  // namespace anda::sim

#endif
