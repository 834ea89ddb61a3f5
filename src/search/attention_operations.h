// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_ATTENTION_OPERATIONS_H
#define ANDA_SIM_SEARCH_ATTENTION_OPERATIONS_H

#include <array>
#include <cstdint>

#include "config/kv_cache_config.h"
#include "config/precision_config.h"
#include "config/workload_config.h"
#include "search/evaluator.h"
#include "workload/gemm.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// Mantissa bits with which FP16 activations are counted.
inline constexpr std::uint32_t fp16_mantissa_bits = 16;

/// The bit operations of a model's attention, by the rule of the paper, with keys and values in place of weights: bits
/// of A_q × bits of K for each query-key multiplication, bits of A_p × bits of V for each probability-value
/// multiplication. A query attends to the tokens up to its own, but no further back than its layer's window.
class AttentionOperations {
 public:
  /// Tensors that are not searched have the bits of the configuration; FP16 and omitted lengths count as 16. Throws
  /// Error (input) for latent attention and for BOPs that exceed 64 bits.
  AttentionOperations(const ModelShape& shape, const WorkloadConfig& workload, const PrecisionConfig& precision,
                      const KvCacheConfig& cache);
  /// For workload.scope layer and model; add() then adds the operations one by one.
  AttentionOperations(const PrecisionConfig& precision, const KvCacheConfig& cache);

  /// Adds an operation whose second operand is not weights: blocks of queries are counted as the machine multiplies
  /// them, and cached tokens that stay FP16 until their group is complete count as 16 bits.
  void add(const Gemm& operation);

  /// Bit operations with these lengths; 0: not searched.
  std::uint64_t total(const AttentionLengths& lengths) const;
  /// Bit operations with all operands in FP16.
  std::uint64_t fp16() const;

 private:
  /// Multiplications of A_q or A_p, in this order: by keys, by values, and by other operands times the bits of these.
  struct Products {
    std::uint64_t keys = 0;
    std::uint64_t values = 0;
    std::uint64_t others = 0;
    std::uint64_t fp16 = 0;  ///< all multiplications times 16 bits
  };

  std::array<Products, attention_tensors.size()> products_{};
  std::uint64_t fixed_ = 0;  ///< bit operations of FP16 operands without a searchable length
  AttentionLengths given_{};
};

}  // namespace anda::sim

#endif
