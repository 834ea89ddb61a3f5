// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_ACTIVATION_ROUNDING_H
#define ANDA_SIM_LLM_ACTIVATION_ROUNDING_H

#include <anda/numeric/activation_format.h>
#include <anda/numeric/cache_format.h>
#include <anda/numeric/format/operand_format.h>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace anda::sim {

/// Formats of the inputs of a layer's FP-INT GeMMs, in the order of tensor_types (config/precision_config.h).
using LayerFormats = std::array<ActivationFormat, 4>;

/// What is rounded in a decoder layer. Tensors without a format stay FP32.
struct LayerRounding {
  std::optional<LayerFormats> inputs;            ///< inputs of the FP-INT GeMMs
  std::shared_ptr<const OperandFormat> operand;  ///< the same as FP16, then in this format; each token is a row
  std::optional<ActivationFormat> q;             ///< queries, in groups along the head
  std::optional<ActivationFormat> p;             ///< attention probabilities, in groups along the tokens
  std::optional<CacheFormat> k;                  ///< keys
  std::optional<CacheFormat> v;                  ///< values
};

/// The layers' roundings, by the first position in a sequence where they apply. Either has an entry for position 0, or
/// is empty and nothing is rounded. A group along the tokens has the format of its first token; formats may differ
/// between positions only in width.
using ActivationRounding = std::map<std::size_t, std::vector<LayerRounding>>;

/// The rounding that applies at a position; nullptr: nothing is rounded.
inline const std::vector<LayerRounding>* rounding_at(const ActivationRounding& rounding, std::size_t position) {
  const auto after = rounding.upper_bound(position);
  return after == rounding.begin() ? nullptr : &std::prev(after)->second;
}

}  // namespace anda::sim

#endif
