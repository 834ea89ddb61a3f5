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

/// The bit operations (BOPs) of a workload: mantissa bits × weight bits for each multiplication, by the rule of the
/// paper. Tensors other than the four types have the mantissa length `precision.other`. The multiplications of
/// attention are included if they are given or are part of the workload.
class BitOperations {
 public:
  /// Reads the workload; its attention operations, if any, are added to `attention`, which must then be given. Throws
  /// Error (input) if it holds none of the four tensor types, or if its BOPs exceed 64 bits.
  BitOperations(GemmSource& source, const PrecisionConfig& precision,
                const std::optional<AttentionOperations>& attention = {});
  /// For a configuration's workload, with each layer separate; also supports precisions with a schedule.
  BitOperations(RunConfig config, const std::optional<AttentionOperations>& attention);

  /// Number of decoder layers: the largest layer index of the workload plus one.
  std::size_t layers() const { return layers_.size(); }

  std::uint64_t total(const Precisions& precisions) const;
  /// BOPs with FP16 activations and FP16 attention.
  std::uint64_t fp16() const { return fp16_; }

 private:
  /// Multiplications × weight bits, by tensor type.
  struct Layer {
    std::array<std::uint64_t, tensor_types.size()> weighted{};
  };

  std::optional<RunConfig> config_;
  std::optional<AttentionOperations> attention_;
  std::vector<Layer> layers_;
  std::uint64_t other_ = 0;
  std::uint64_t fp16_ = 0;
};

/// The bit operations of a run with this configuration, including its schedule.
std::uint64_t bit_operations_of_run(const RunConfig& config);

}  // namespace anda::sim

#endif
