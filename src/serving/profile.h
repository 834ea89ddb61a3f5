// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_PROFILE_H
#define ANDA_SIM_SERVING_PROFILE_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/serve_config.h"
#include "serving/links.h"
#include "serving/partition.h"
#include "system/machine.h"
#include "workload/inference.h"

namespace anda::sim {

/// Times of a decoder layer's parts on one accelerator of a tensor group, for simulators that compose inferences from
/// them.
class Profile {
 public:
  /// `config`: system.parallel.tensor is the group size; pipeline and expert must be 1.
  Profile(const ServeConfig& config, const ModelShape& model, Machine& machine, Links& links);

  /// Parts whose time depends only on the number of tokens.
  enum class Part {
    embedding,
    norm,
    projections,  ///< Q, K and V
    head_norms,   ///< of Q and K
    rotary,
    output,  ///< attention output projection, without its all-reduce
    up,      ///< gate and up, or fc1
    activation,
    down,     ///< without its all-reduce
    experts,  ///< the whole feed-forward part of a mixture-of-experts layer, including its router
    residual,
    final_norm,
    head
  };
  double seconds(Part part, std::uint64_t tokens);

  /// Time for `tokens` tokens of a sequence, after `start` earlier ones, to attend: scores, softmax, values …
  double attention_s(std::uint64_t start, std::uint64_t tokens);
  /// … and to be appended to the cache, where that takes a separate operation.
  double append_s(std::uint64_t start, std::uint64_t tokens);
  /// Time of an all-reduce of FP16 values over the group; 0 for one accelerator.
  double all_reduce_s(std::uint64_t tokens);

  const ModelShape& shard() const { return partition_.shard; }
  const ModelShape& model() const { return partition_.model; }
  bool has_experts() const { return shard().experts.in_layer(layer_); }

 private:
  std::vector<Gemm> operations_of(Part part, std::uint64_t tokens);

  Partition partition_;
  InferenceOptions options_;
  LayerOperations operations_;
  Machine& machine_;
  Links& links_;
  std::uint32_t layer_ = 0;  ///< the last layer: it has experts if any layer has
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<double, double>> attention_;
};

}  // namespace anda::sim

#endif
