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

struct ScheduledBits {
  std::string_view name;
  std::optional<std::uint32_t> PositionPrecision::*bits;
};

constexpr std::array<ScheduledBits, 8> scheduled{{
    {tensor_types[0], &PositionPrecision::a_qkv},
    {tensor_types[1], &PositionPrecision::a_o},
    {tensor_types[2], &PositionPrecision::a_u},
    {tensor_types[3], &PositionPrecision::a_d},
    {attention_tensors[0], &PositionPrecision::a_q},
    {attention_tensors[1], &PositionPrecision::a_p},
    {"K", &PositionPrecision::k},
    {"V", &PositionPrecision::v},
}};

/// The bits in the last entry at or before a position; nothing if the entry gives none.
std::optional<std::uint32_t> scheduled_bits(const std::map<std::uint32_t, PositionPrecision>& schedule,
                                            std::string_view name, std::uint64_t position) {
  const PositionPrecision* entry = nullptr;
  for (const auto& [from, lengths] : schedule) {
    if (from <= position) entry = &lengths;
  }
  if (entry == nullptr) return std::nullopt;
  for (const ScheduledBits& bits : scheduled) {
    if (bits.name == name) return entry->*bits.bits;
  }
  return std::nullopt;
}

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

std::uint32_t PrecisionConfig::mantissa_bits(std::uint32_t layer, std::string_view tensor,
                                             std::uint64_t position) const {
  const std::optional<std::uint32_t> bits = scheduled_bits(schedule, tensor, position);
  return bits ? *bits : mantissa_bits(layer, tensor);
}

std::optional<std::uint32_t> PrecisionConfig::given_bits(std::uint32_t layer, std::string_view tensor,
                                                         std::uint64_t position) const {
  const std::optional<std::uint32_t> bits = scheduled_bits(schedule, tensor, position);
  return bits ? bits : given_bits(layer, tensor);
}

std::optional<std::uint32_t> PrecisionConfig::scheduled_cache_bits(std::string_view operand,
                                                                   std::uint64_t position) const {
  return scheduled_bits(schedule, operand, position);
}

}  // namespace anda::sim
