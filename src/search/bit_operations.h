// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_BIT_OPERATIONS_H
#define ANDA_SIM_SEARCH_BIT_OPERATIONS_H

#include <cstdint>
#include <optional>
#include <vector>

#include "config/run_config.h"
#include "search/attention_operations.h"
#include "search/evaluator.h"
#include "workload/gemm.h"

namespace anda::sim {

/// The bit operations (BOPs) of a workload: mantissa bits × weight bits for every multiplication, by the rule of the
/// paper. Tensors of other names than the four types have the mantissa length `precision.other`. The attention's
/// multiplications are among them where they are given, or the workload has them.
class BitOperations {
 public:
  /// Reads the workload, which has operations of an attention only if `attention` is given, to be added to. Throws
  /// Error (input) if it holds none of the four tensor types, or if its BOPs exceed 64 bits.
  BitOperations(GemmSource& source, const PrecisionConfig& precision,
                const std::optional<AttentionOperations>& attention = {});
  /// Of a configuration's workload, each layer by itself; also for precisions with a schedule.
  BitOperations(RunConfig config, const std::optional<AttentionOperations>& attention);

  /// Decoder layers: one more than the largest layer of the workload.
  std::size_t layers() const { return layers_.size(); }

  std::uint64_t total(const Precisions& precisions) const;
  /// With FP16 activations, and an attention in FP16.
  std::uint64_t fp16() const { return fp16_; }

 private:
  /// Multiplications × weight bits by tensor type.
  struct Layer {
    std::array<std::uint64_t, tensor_types.size()> weighted{};
  };

  std::optional<RunConfig> config_;
  std::optional<AttentionOperations> attention_;
  std::vector<Layer> layers_;
  std::uint64_t other_ = 0;
  std::uint64_t fp16_ = 0;
};

/// The bit operations of a run with a configuration, its schedule included.
std::uint64_t bit_operations_of_run(const RunConfig& config);

}  // namespace anda::sim

#endif
