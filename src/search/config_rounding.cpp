// SPDX-License-Identifier: Apache-2.0
#include "search/config_rounding.h"

#include <anda/base/error.h>
#include <fmt/format.h>

namespace anda::sim {
namespace {

std::optional<ActivationFormat> activation_format(std::optional<std::uint32_t> bits, std::uint32_t group_size) {
  if (!bits) return std::nullopt;
  return ActivationFormat{*bits, group_size};
}

std::optional<CacheFormat> unless_fp16(const CacheFormat& format) {
  if (format.is_fp16()) return std::nullopt;
  return format;
}

/// The format for tokens at a position.
CacheFormat at(const CacheFormat& format, const std::optional<std::uint32_t>& bits) {
  CacheFormat changed = format;
  changed.bits = bits.value_or(format.bits);
  return changed;
}

}  // namespace

AttentionFormats attention_of(const PrecisionConfig& precision, const KvCacheConfig& cache) {
  return {precision.a_q, precision.a_p, unless_fp16(cache.k), unless_fp16(cache.v)};
}

ActivationRounding rounding_of(const PrecisionConfig& precision, const KvCacheConfig& cache, std::size_t layers,
                               std::uint32_t group_size) {
  if (!precision.layers.empty() && precision.layers.rbegin()->first >= layers) {
    throw Error::input(fmt::format("precision.layers.{}: the model has the layers 0 … {}",
                                   precision.layers.rbegin()->first, layers - 1));
  }
  const auto from = [&](std::uint32_t position) {
    std::vector<LayerRounding> roundings(layers);
    for (std::size_t layer = 0; layer < layers; ++layer) {
      const auto number = static_cast<std::uint32_t>(layer);
      LayerRounding& rounding = roundings[layer];
      LayerFormats& inputs = rounding.inputs.emplace();
      for (std::size_t tensor = 0; tensor < inputs.size(); ++tensor) {
        inputs[tensor] = {precision.mantissa_bits(number, tensor_types[tensor], position), group_size};
      }
      rounding.q = activation_format(precision.given_bits(number, "A_q", position), group_size);
      rounding.p = activation_format(precision.given_bits(number, "A_p", position), group_size);
      rounding.k = unless_fp16(at(cache.k, precision.scheduled_cache_bits("K", position)));
      rounding.v = unless_fp16(at(cache.v, precision.scheduled_cache_bits("V", position)));
    }
    return roundings;
  };
  ActivationRounding by_position{{0, from(0)}};
  for (const auto& [position, lengths] : precision.schedule) by_position[position] = from(position);
  return by_position;
}

}  // namespace anda::sim
