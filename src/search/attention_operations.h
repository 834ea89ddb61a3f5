// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_ATTENTION_OPERATIONS_H
#define ANDA_SIM_SEARCH_ATTENTION_OPERATIONS_H

#include <cstdint>

#include "config/kv_cache_config.h"
#include "config/precision_config.h"
#include "config/workload_config.h"
#include "search/evaluator.h"
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

  /// 0: not searched.
  std::uint64_t total(const AttentionLengths& lengths) const;
  /// With all in FP16.
  std::uint64_t fp16() const { return 2 * multiplications_ * fp16_mantissa_bits * fp16_mantissa_bits; }

 private:
  std::uint64_t multiplications_ = 0;  ///< of queries and keys; those of probabilities and values are as many
  AttentionLengths given_{};
};

}  // namespace anda::sim

#endif
