// SPDX-License-Identifier: Apache-2.0
#include "search/precisions.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

bool all_alike(const Precisions& precisions) {
  const auto differs = [&](const Combination& layer) { return layer != precisions.layers.front(); };
  return std::none_of(precisions.layers.begin(), precisions.layers.end(), differs);
}

Json list_of(const Combination& combination) {
  return std::vector<std::uint32_t>(combination.begin(), combination.end());
}

std::optional<Combination> combination_of(const Json& list) {
  Combination combination{};
  if (!list.is_array() || list.size() != combination.size()) return std::nullopt;
  for (std::size_t i = 0; i < combination.size(); ++i) {
    if (!list[i].is_number_unsigned()) return std::nullopt;
    const auto bits = list[i].get<std::uint64_t>();
    if (bits < mantissa_range.min || bits > mantissa_range.max) return std::nullopt;
    combination[i] = static_cast<std::uint32_t>(bits);
  }
  return combination;
}

/// The bits of an entry of "attention"; 0: wrong.
std::uint32_t attention_bits(const Json& value, std::size_t dimension) {
  const Range<std::uint32_t> range = dimension < attention_tensors.size() ? mantissa_range : cache_bits_range;
  if (!value.is_number_unsigned()) return 0;
  const auto bits = value.get<std::uint64_t>();
  return bits >= range.min && bits <= range.max ? static_cast<std::uint32_t>(bits) : 0;
}

/// Reads "attention"; false if something is wrong with it.
bool read_attention(const Json& object, AttentionLengths& lengths) {
  const auto attention = object.find("attention");
  if (attention == object.end()) return true;
  if (!attention->is_object() || attention->empty()) return false;
  std::size_t known = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const auto entry = attention->find(attention_dimensions[i]);
    if (entry == attention->end()) continue;
    lengths[i] = attention_bits(*entry, i);
    if (lengths[i] == 0) return false;
    ++known;
  }
  return known == attention->size();
}

}  // namespace

std::string lengths_text(const Precisions& precisions) {
  std::string text = combination_text(precisions.all);
  for (std::size_t i = 0; i < precisions.attention.size(); ++i) {
    if (precisions.attention[i] != 0) text += fmt::format(", {} {}", attention_dimensions[i], precisions.attention[i]);
  }
  return text;
}

std::string combination_text(const Combination& combination) {
  return fmt::format("[{}, {}, {}, {}]", combination[0], combination[1], combination[2], combination[3]);
}

bool PrecisionsOrder::operator()(const Precisions& a, const Precisions& b) const {
  if (a.attention != b.attention) return a.attention < b.attention;
  const bool a_is_one = all_alike(a);
  const bool b_is_one = all_alike(b);
  if (a_is_one != b_is_one) return a_is_one;
  if (a_is_one) return a.of(0) < b.of(0);
  return a.layers < b.layers;
}

PrecisionConfig precision_config(const PrecisionConfig& base, const Precisions& precisions) {
  PrecisionConfig config = base;
  config.a_qkv = precisions.all[0];
  config.a_o = precisions.all[1];
  config.a_u = precisions.all[2];
  config.a_d = precisions.all[3];
  if (precisions.attention[0] != 0) config.a_q = precisions.attention[0];
  if (precisions.attention[1] != 0) config.a_p = precisions.attention[1];
  config.layers.clear();
  for (std::size_t i = 0; i < precisions.layers.size(); ++i) {
    const Combination& layer = precisions.layers[i];
    if (layer != precisions.all) {
      LayerPrecision& lengths = config.layers[static_cast<std::uint32_t>(i)];
      lengths.a_qkv = layer[0];
      lengths.a_o = layer[1];
      lengths.a_u = layer[2];
      lengths.a_d = layer[3];
    }
  }
  return config;
}

void set_precisions(RunConfig& config, const RunConfig& base, const Precisions& precisions) {
  config.precision = precision_config(base.precision, precisions);
  config.kv_cache = base.kv_cache;
  if (precisions.attention[2] != 0) config.kv_cache.k.bits = precisions.attention[2];
  if (precisions.attention[3] != 0) config.kv_cache.v.bits = precisions.attention[3];
}

Json precisions_json(const Precisions& precisions) {
  Json json;
  json["combination"] = list_of(precisions.all);
  for (std::size_t i = 0; i < precisions.attention.size(); ++i) {
    if (precisions.attention[i] != 0) json["attention"][attention_dimensions[i]] = precisions.attention[i];
  }
  if (precisions.layers.empty()) return json;
  std::vector<Json> layers;
  std::transform(precisions.layers.begin(), precisions.layers.end(), std::back_inserter(layers), list_of);
  json["layers"] = std::move(layers);
  return json;
}

std::optional<Precisions> precisions_of(const Json& object) {
  const auto all = object.find("combination");
  if (all == object.end()) return std::nullopt;
  const std::optional<Combination> combination = combination_of(*all);
  if (!combination) return std::nullopt;
  Precisions precisions{*combination, {}};
  if (!read_attention(object, precisions.attention)) return std::nullopt;
  const auto layers = object.find("layers");
  if (layers == object.end()) return precisions;
  if (!layers->is_array()) return std::nullopt;
  for (const Json& entry : *layers) {
    const std::optional<Combination> layer = combination_of(entry);
    if (!layer) return std::nullopt;
    precisions.layers.push_back(*layer);
  }
  return precisions;
}

}  // namespace anda::sim
