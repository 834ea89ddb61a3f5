// SPDX-License-Identifier: Apache-2.0
#include "search/config_rounding.h"

#include "search/precisions.h"

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

/// The lengths that a position has in place of a layer's.
void change(LayerRounding& layer, const PositionPrecision& lengths, std::uint32_t group_size) {
  const std::array<std::optional<std::uint32_t>, 4> inputs{lengths.a_qkv, lengths.a_o, lengths.a_u, lengths.a_d};
  for (std::size_t tensor = 0; tensor < inputs.size(); ++tensor) {
    if (inputs[tensor]) (*layer.inputs)[tensor].mantissa_bits = *inputs[tensor];
  }
  if (lengths.a_q) layer.q = activation_format(lengths.a_q, group_size);
  if (lengths.a_p) layer.p = activation_format(lengths.a_p, group_size);
  if (lengths.k && layer.k) layer.k->bits = *lengths.k;
  if (lengths.v && layer.v) layer.v->bits = *lengths.v;
}

}  // namespace

AttentionFormats attention_of(const PrecisionConfig& precision, const KvCacheConfig& cache) {
  return {precision.a_q, precision.a_p, unless_fp16(cache.k), unless_fp16(cache.v)};
}

ActivationRounding rounding_of(const PrecisionConfig& precision, const KvCacheConfig& cache, std::size_t layers,
                               std::uint32_t group_size) {
  const Precisions lengths = precisions_of(precision, layers);
  std::vector<LayerRounding> roundings(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const auto number = static_cast<std::uint32_t>(layer);
    LayerRounding& rounding = roundings[layer];
    LayerFormats& inputs = rounding.inputs.emplace();
    for (std::size_t tensor = 0; tensor < inputs.size(); ++tensor) {
      inputs[tensor] = {lengths.of(layer)[tensor], group_size};
    }
    rounding.q = activation_format(precision.given_bits(number, "A_q"), group_size);
    rounding.p = activation_format(precision.given_bits(number, "A_p"), group_size);
    rounding.k = unless_fp16(cache.k);
    rounding.v = unless_fp16(cache.v);
  }
  ActivationRounding by_position{{0, roundings}};
  for (const auto& [position, changed] : precision.schedule) {
    std::vector<LayerRounding> from_there = roundings;
    for (LayerRounding& layer : from_there) change(layer, changed, group_size);
    by_position[position] = std::move(from_there);
  }
  return by_position;
}

}  // namespace anda::sim
