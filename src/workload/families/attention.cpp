// SPDX-License-Identifier: Apache-2.0
// Reads heads, windows and rotary positions from a config.json.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "text/text.h"
#include "workload/families/family.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

using nlohmann::json;

constexpr const char* kv_key = "num_key_value_heads";
constexpr const char* window_key = "sliding_window";
constexpr const char* types_key = "layer_types";

/// A missing key means the family's default; null means that heads share nothing.
std::uint64_t kv_heads_of(ConfigReader& reader, const Family& family, std::uint64_t heads) {
  if (family.heads == HeadKeys::none || family.heads == HeadKeys::latent) {
    const auto given = reader.file().optional_number(kv_key, max_gemm_dimension);
    if (given.value_or(heads) != heads) {
      throw reader.error(kv_key, fmt::format("{} is not supported; models of type {} have as many as heads, {}", *given,
                                             family.type, heads));
    }
    return heads;
  }
  const bool is_heads = reader.is_absent(kv_key) ? family.sizes.kv_heads == 0 : reader.is_null(kv_key);
  return is_heads ? heads : reader.size(kv_key, family.sizes.kv_heads);
}

std::uint64_t head_dim_of(ConfigReader& reader, const Family& family, const ModelShape& shape) {
  if (family.heads == HeadKeys::all) {
    if (family.sizes.head_dim != 0) return reader.size("head_dim", family.sizes.head_dim);
    const auto given = reader.file().optional_number("head_dim", max_gemm_dimension);
    if (given) return *given;
  }
  if (shape.hidden_size % shape.heads != 0) {
    throw reader.error(family.keys.heads,
                       fmt::format("{} heads do not divide {} {}", shape.heads, family.keys.hidden, shape.hidden_size));
  }
  const std::uint64_t width = shape.hidden_size / shape.heads;
  reader.refuse_others({"head_dim"}, family.keys.heads, width);
  return width;
}

/// Reads DeepSeek's keys. A head_dim in such a file refers to the part with positions, whose width another key gives.
void read_latent(ConfigReader& reader, ModelShape& shape) {
  LatentAttention& latent = shape.latent;
  latent.query_rank = reader.size_or_null("q_lora_rank", 1536);
  latent.kv_rank = reader.size("kv_lora_rank", 512);
  latent.nope_dim = reader.size("qk_nope_head_dim", 128);
  latent.rope_dim = reader.size("qk_rope_head_dim", 64);
  latent.value_dim = reader.size("v_head_dim", 128);
  shape.head_dim = latent.nope_dim + latent.rope_dim;
  shape.rotary_dim = latent.rope_dim;
}

std::string text_of(const json& value) {
  return shown(value.is_structured() ? value.type_name() : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

/// The windows that layer_types states; nothing if it is missing.
std::optional<std::vector<bool>> stated_windows(const ConfigReader& reader, std::uint64_t layers) {
  const json::array_t* types = reader.list(types_key, layers);
  if (types == nullptr) return std::nullopt;
  if (types->size() != layers) {
    throw reader.error(types_key, fmt::format("lists {} layers, but the model has {}", types->size(), layers));
  }
  std::vector<bool> windowed;
  for (const json& type : *types) {
    const std::string name = type.is_string() ? type.get_ref<const std::string&>() : "";
    if (name != "full_attention" && name != "sliding_attention") {
      throw reader.error(types_key, fmt::format("{} stands for layers that differ in shape, which are not supported; "
                                                "must be full_attention or sliding_attention",
                                                text_of(type)));
    }
    windowed.push_back(name == "sliding_attention");
  }
  return windowed;
}

std::uint64_t window_of(ConfigReader& reader, const Family& family) {
  const auto given = reader.file().optional_number(window_key, max_positions);
  if (family.windows == Windows::none) {
    if (given) {
      throw reader.error(window_key, fmt::format("{}: models of type {} have no sliding window", *given, family.type));
    }
    return 0;
  }
  const bool is_switched = family.windows == Windows::from_layer || family.windows == Windows::stated;
  if (is_switched && !reader.flag("use_sliding_window", false)) return 0;
  return reader.size_or_null(window_key, family.window, max_positions);
}

/// The layers that have the window if layer_types does not say.
std::vector<bool> usual_windows(ConfigReader& reader, const Family& family, std::uint64_t layers) {
  std::vector<bool> windowed(layers, true);
  if (family.windows == Windows::stated) {
    throw reader.error(
        "use_sliding_window",
        fmt::format("true needs {}: which layers have the window depends on the release of transformers", types_key));
  }
  std::uint64_t first = 0;
  std::uint64_t pattern = 0;
  if (family.windows == Windows::from_layer) first = reader.count("max_window_layers", 28, max_layer + 1);
  if (family.windows == Windows::alternating) pattern = 2;
  if (family.windows == Windows::pattern) {
    const char* key =
        reader.is_absent("_sliding_window_pattern") ? "sliding_window_pattern" : "_sliding_window_pattern";
    pattern = reader.size(key, 6, max_layer + 1);
  }
  for (std::uint64_t layer = 0; layer < layers; ++layer) {
    windowed[layer] = layer >= first && (pattern == 0 || (layer + 1) % pattern != 0);
  }
  return windowed;
}

/// The rotated share of a head, if the rotation's settings give it.
std::optional<double> share_in(const ConfigReader& reader, const char* key) {
  if (reader.is_absent(key) || reader.is_null(key)) return std::nullopt;
  const json& settings = reader.file().root().at(key);
  if (!settings.is_object()) throw reader.error(key, "must be an object or null");
  const auto& keys = settings.get_ref<const json::object_t&>();
  const auto found = keys.find("partial_rotary_factor");
  if (found == keys.end() || found->second.is_null()) return std::nullopt;
  if (!found->second.is_number()) throw reader.error(key, "partial_rotary_factor must be a number above 0, at most 1");
  return found->second.get<double>();
}

}  // namespace

void read_heads(ConfigReader& reader, const Family& family, ModelShape& shape) {
  shape.kv_heads = kv_heads_of(reader, family, shape.heads);
  if (shape.heads % shape.kv_heads != 0) {
    throw reader.error(
        kv_key,
        fmt::format("{} heads cannot share {} key/value heads evenly{}", shape.heads, shape.kv_heads,
                    reader.is_absent(kv_key) ? fmt::format("; the file has none, and {} is the default of type {}",
                                                           shape.kv_heads, family.type)
                                             : ""));
  }
  if (family.heads == HeadKeys::latent) {
    read_latent(reader, shape);
  } else {
    shape.head_dim = head_dim_of(reader, family, shape);
  }
}

void read_windows(ConfigReader& reader, const Family& family, ModelShape& shape) {
  const std::optional<std::vector<bool>> stated = stated_windows(reader, shape.layers);
  shape.window = window_of(reader, family);
  if (shape.window == 0) {
    if (stated && std::count(stated->begin(), stated->end(), true) > 0) {
      throw reader.error(types_key, "has layers of sliding_attention, but the model has no sliding window");
    }
    return;
  }
  shape.windowed = stated ? *stated : usual_windows(reader, family, shape.layers);
  const auto number = static_cast<std::size_t>(std::count(shape.windowed.begin(), shape.windowed.end(), true));
  if (number == 0) shape.window = 0;
  if (number == 0 || number == shape.windowed.size()) shape.windowed.clear();
}

void read_rotary(ConfigReader& reader, ModelShape& shape, const char* key, double of_family) {
  double share = reader.file().positive(key, of_family);
  for (const char* settings : {"rope_scaling", "rope_parameters"}) share = share_in(reader, settings).value_or(share);
  const std::uint64_t whole = shape.latent ? shape.latent.rope_dim : shape.head_dim;
  if (shape.latent || share == 1) {
    if (whole % 2 == 0) return;
    throw reader.error(shape.latent ? "qk_rope_head_dim" : "head_dim",
                       fmt::format("{} must be even for rotary positions", whole));
  }
  if (!(share > 0 && share < 1)) throw reader.error(key, fmt::format("{} must be above 0 and at most 1", share));
  shape.rotary_dim = static_cast<std::uint64_t>(static_cast<double>(shape.head_dim) * share);
  if (shape.rotary_dim == 0 || shape.rotary_dim % 2 != 0) {
    throw reader.error(key, fmt::format("{} of a head of {} are {} elements; rotary positions need an even number",
                                        share, shape.head_dim, shape.rotary_dim));
  }
}

}  // namespace anda::sim
