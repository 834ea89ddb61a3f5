// SPDX-License-Identifier: Apache-2.0
#include "config/precision_config.h"

namespace anda::sim {
namespace {

struct TensorType {
  std::string_view name;
  std::uint32_t PrecisionConfig::*bits;
  std::optional<std::uint32_t> LayerPrecision::*layer_bits;
};

constexpr std::array<TensorType, 4> types{{
    {tensor_types[0], &PrecisionConfig::a_qkv, &LayerPrecision::a_qkv},
    {tensor_types[1], &PrecisionConfig::a_o, &LayerPrecision::a_o},
    {tensor_types[2], &PrecisionConfig::a_u, &LayerPrecision::a_u},
    {tensor_types[3], &PrecisionConfig::a_d, &LayerPrecision::a_d},
}};

struct AttentionType {
  std::string_view name;
  std::optional<std::uint32_t> PrecisionConfig::*bits;
  std::optional<std::uint32_t> LayerPrecision::*layer_bits;
};

constexpr std::array<AttentionType, 2> attention_types{{
    {attention_tensors[0], &PrecisionConfig::a_q, &LayerPrecision::a_q},
    {attention_tensors[1], &PrecisionConfig::a_p, &LayerPrecision::a_p},
}};

}  // namespace

std::uint32_t PrecisionConfig::mantissa_bits(std::uint32_t layer, std::string_view tensor) const {
  for (const TensorType& type : types) {
    if (type.name != tensor) continue;
    const auto own = layers.find(layer);
    if (own == layers.end()) return this->*type.bits;
    return (own->second.*type.layer_bits).value_or(this->*type.bits);
  }
  for (const AttentionType& type : attention_types) {
    if (type.name == tensor) return given_bits(layer, tensor).value_or(attention_mantissa_bits);
  }
  return other;
}

std::optional<std::uint32_t> PrecisionConfig::given_bits(std::uint32_t layer, std::string_view tensor) const {
  for (const AttentionType& type : attention_types) {
    if (type.name != tensor) continue;
    const auto own = layers.find(layer);
    if (own != layers.end() && own->second.*type.layer_bits) return own->second.*type.layer_bits;
    return this->*type.bits;
  }
  return mantissa_bits(layer, tensor);
}

}  // namespace anda::sim
