// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_ATTENTION_ROUNDING_H
#define ANDA_SIM_LLM_ATTENTION_ROUNDING_H

#include <cstddef>
#include <optional>

#include "llm/activation_rounding.h"
#include "llm/layer_math.h"

namespace anda::sim {

/// Rounds the operands of a layer's attention in place. Keys and values are rounded once for all queries: groups along
/// the tokens that are complete within the sequence are rounded even for queries before their end, as for a prompt that
/// is cached before its attention. All functions throw Error (run) with layer, tensor and token for a number beyond
/// FP16.
class AttentionRounding {
 public:
  AttentionRounding(const ActivationRounding& rounding, std::size_t layer, const AttentionShape& shape)
      : rounding_(rounding), layer_(layer), shape_(shape) {}

  void queries(float* q) const;
  void keys(float* k) const { cache(k, &LayerRounding::k, "K"); }
  void values(float* v) const { cache(v, &LayerRounding::v, "V"); }
  /// Rounds the first `count` probabilities of the query at position count − 1.
  void probabilities(float* row, std::size_t count) const;
  /// Whether probabilities() has any effect.
  bool rounds_probabilities() const;

 private:
  void cache(float* values, std::optional<CacheFormat> LayerRounding::*part, const char* name) const;
  [[noreturn]] void refuse(const char* name, std::size_t token, std::size_t element) const;

  const ActivationRounding& rounding_;
  std::size_t layer_;
  const AttentionShape& shape_;
};

}  // namespace anda::sim

#endif
