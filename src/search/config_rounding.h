// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_CONFIG_ROUNDING_H
#define ANDA_SIM_SEARCH_CONFIG_ROUNDING_H

#include <cstddef>
#include <cstdint>

#include "config/kv_cache_config.h"
#include "config/precision_config.h"
#include "llm/activation_rounding.h"
#include "search/builtin_evaluator.h"

namespace anda::sim {

/// The attention formats of a configuration. Keys and values in FP16, the default format, and queries and probabilities
/// without a length stay FP32.
AttentionFormats attention_of(const PrecisionConfig& precision, const KvCacheConfig& cache);

/// The rounding that a configuration specifies for a model of `layers` layers, by layer and position, with activations
/// in groups of `group_size`. Throws Error (input) if it names other layers.
ActivationRounding rounding_of(const PrecisionConfig& precision, const KvCacheConfig& cache, std::size_t layers,
                               std::uint32_t group_size);

}  // namespace anda::sim

#endif
