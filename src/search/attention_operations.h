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

/// Mantissa bits that FP16 activations are counted with.
inline constexpr std::uint32_t fp16_mantissa_bits = 16;

/// The bit operations of a model's attention, by the rule of the paper with keys and values in the place of weights:
/// bits of A_q × bits of K for every multiplication of queries and keys, bits of A_p × bits of V for every one of
/// probabilities and values. A query attends to the tokens up to its own, no further back than its layer's window.
class AttentionOperations {
 public:
  /// Bits of what is not searched are those of the configuration; FP16 and what is left out count as 16. Throws Error
  /// (input) for latent attention and for BOPs beyond 64 bits.
  AttentionOperations(const ModelShape& shape, const WorkloadConfig& workload, const PrecisionConfig& precision,
                      const KvCacheConfig& cache);
  /// Of workload.scope layer and model, whose operations are added one by one.
  AttentionOperations(const PrecisionConfig& precision, const KvCacheConfig& cache);

  /// An operation whose second operand is none of weights: blocks of queries are multiplied as the machine multiplies
  /// them, and tokens of a cache that are FP16 until their group is complete count as 16 bits.
  void add(const Gemm& operation);

  /// 0: not searched.
  std::uint64_t total(const AttentionLengths& lengths) const;
  /// With all in FP16.
  std::uint64_t fp16() const;

 private:
  /// Multiplications of A_q or A_p, in this order: with keys, with values, and with others, times the bits of these.
  struct Products {
    std::uint64_t keys = 0;
    std::uint64_t values = 0;
    std::uint64_t others = 0;
    std::uint64_t fp16 = 0;  ///< all of them, times 16 bits
  };

  std::array<Products, attention_tensors.size()> products_{};
  std::uint64_t fixed_ = 0;  ///< bit operations of FP16 operands that have no length
  AttentionLengths given_{};
};

}  // namespace anda::sim

#endif
