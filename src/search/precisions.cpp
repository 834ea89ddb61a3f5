// SPDX-License-Identifier: Apache-2.0
#include "search/precisions.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>
#include <vector>

#include "text/scalar.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t longest_sequence = 1u << 24;

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

Json lengths_json(const Combination& all, const AttentionLengths& attention) {
  Json json;
  json["combination"] = list_of(all);
  for (std::size_t i = 0; i < attention.size(); ++i) {
    if (attention[i] != 0) json["attention"][attention_dimensions[i]] = attention[i];
  }
  return json;
}

/// The bits of an entry of "attention"; 0: invalid.
std::uint32_t attention_bits(const Json& value, std::size_t dimension) {
  const Range<std::uint32_t> range = dimension < attention_tensors.size() ? mantissa_range : cache_bits_range;
  if (!value.is_number_unsigned()) return 0;
  const auto bits = value.get<std::uint64_t>();
  return bits >= range.min && bits <= range.max ? static_cast<std::uint32_t>(bits) : 0;
}

/// Reads "attention"; returns false if it is invalid.
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

/// Reads "combination" and "attention"; nothing if either is invalid.
std::optional<SegmentLengths> segment_of(const Json& object) {
  if (!object.is_object()) return std::nullopt;
  const auto all = object.find("combination");
  const std::optional<Combination> combination = all == object.end() ? std::nullopt : combination_of(*all);
  SegmentLengths lengths;
  if (!combination || !read_attention(object, lengths.attention)) return std::nullopt;
  lengths.all = *combination;
  return lengths;
}

/// Reads "schedule"; returns false if it is invalid.
bool read_schedule(const Json& object, Precisions& precisions) {
  const auto schedule = object.find("schedule");
  if (schedule == object.end()) return true;
  if (!schedule->is_object() || schedule->empty()) return false;
  for (const auto& [key, entry] : schedule->items()) {
    std::uint64_t position = 0;
    const std::optional<SegmentLengths> lengths = segment_of(entry);
    if (!lengths || !parse_whole_number(key, 1, longest_sequence, position).empty()) return false;
    precisions.schedule[static_cast<std::uint32_t>(position)] = *lengths;
  }
  return true;
}

}  // namespace

std::string lengths_text(const Precisions& precisions) {
  const auto text_of = [](const Combination& all, const AttentionLengths& attention) {
    std::string text = combination_text(all);
    for (std::size_t i = 0; i < attention.size(); ++i) {
      if (attention[i] != 0) text += fmt::format(", {} {}", attention_dimensions[i], attention[i]);
    }
    return text;
  };
  std::string text = text_of(precisions.all, precisions.attention);
  for (const auto& [position, lengths] : precisions.schedule) {
    text += fmt::format("; from {} {}", position, text_of(lengths.all, lengths.attention));
  }
  return text;
}

std::string combination_text(const Combination& combination) {
  return fmt::format("[{}, {}, {}, {}]", combination[0], combination[1], combination[2], combination[3]);
}

bool PrecisionsOrder::operator()(const Precisions& a, const Precisions& b) const {
  const auto listed = [](const Precisions& precisions) {
    std::vector<std::tuple<std::uint32_t, Combination, AttentionLengths>> list;
    for (const auto& [position, lengths] : precisions.schedule) {
      list.emplace_back(position, lengths.all, lengths.attention);
    }
    return list;
  };
  if (!a.schedule.empty() || !b.schedule.empty()) {
    const auto a_list = listed(a);
    const auto b_list = listed(b);
    if (a_list != b_list) return a_list < b_list;
  }
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
  config.schedule.clear();
  for (const auto& [position, lengths] : precisions.schedule) {
    PositionPrecision& entry = config.schedule[position];
    entry.a_qkv = lengths.all[0];
    entry.a_o = lengths.all[1];
    entry.a_u = lengths.all[2];
    entry.a_d = lengths.all[3];
    const std::array<std::optional<std::uint32_t>*, 4> attention{&entry.a_q, &entry.a_p, &entry.k, &entry.v};
    for (std::size_t i = 0; i < attention.size(); ++i) {
      if (lengths.attention[i] != 0) *attention[i] = lengths.attention[i];
    }
  }
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
  Json json = lengths_json(precisions.all, precisions.attention);
  for (const auto& [position, lengths] : precisions.schedule) {
    json["schedule"][std::to_string(position)] = lengths_json(lengths.all, lengths.attention);
  }
  if (precisions.layers.empty()) return json;
  std::vector<Json> layers;
  std::transform(precisions.layers.begin(), precisions.layers.end(), std::back_inserter(layers), list_of);
  json["layers"] = std::move(layers);
  return json;
}

std::optional<Precisions> precisions_of(const Json& object) {
  const std::optional<SegmentLengths> lengths = segment_of(object);
  if (!lengths) return std::nullopt;
  Precisions precisions{lengths->all, {}, lengths->attention};
  if (!read_schedule(object, precisions)) return std::nullopt;
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
