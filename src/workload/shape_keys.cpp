// SPDX-License-Identifier: Apache-2.0
#include "workload/shape_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "text/text.h"

namespace anda::sim {
namespace {

using nlohmann::json;

struct ShapeKey {
  const char* key;
  const char* meaning;
};

constexpr const char* experts = "a mixture of experts";
constexpr const char* latent = "multi-head latent attention";
constexpr const char* parts = "a model of several parts";
constexpr const char* layers = "layers that differ in shape";
constexpr const char* decoder = "attention to an encoder";

constexpr std::array<ShapeKey, 27> shape_keys{{
    {"q_lora_rank", latent},
    {"kv_lora_rank", latent},
    {"qk_rope_head_dim", latent},
    {"qk_nope_head_dim", latent},
    {"v_head_dim", "values of another width than keys"},
    {"text_config", parts},
    {"llm_config", parts},
    {"vision_config", parts},
    {"audio_config", parts},
    {"decoder", parts},
    {"encoder", parts},
    {"is_encoder_decoder", decoder},
    {"add_cross_attention", decoder},
    {"cross_attention_layers", decoder},
    {"block_configs", layers},
    {"mlp_only_layers", experts},
    {"decoder_sparse_step", experts},
    {"first_k_dense_replace", experts},
    {"intermediate_size_mlp", experts},
    {"interleave_moe_layer_step", experts},
    {"pruned_heads", "pruned heads"},
    {"num_nextn_predict_layers", "layers that predict further tokens"},
    {"num_kv_shared_layers", "layers that share keys and values"},
    {"attn_output_gate", "a gate behind attention"},
    {"multi_query", "multi-query attention in the form of another family"},
    {"num_kv_heads", "key/value heads in the form of another family (num_key_value_heads)"},
    {"n_head_kv", "key/value heads in the form of another family (num_key_value_heads)"},
}};

/// Layers whose GeMMs are those of full attention.
constexpr std::array<std::string_view, 3> usual_layers{"full_attention", "sliding_attention", "chunked_attention"};

bool is_off(const json& value, bool of_experts) {
  if (value.is_null() || value == false) return true;
  if (value.is_structured() || value.is_string()) return value.empty() || value == "";
  // One expert, or every layer, is what a dense model has.
  return value.is_number() && (value == 0 || (of_experts && value == 1));
}

bool names_experts(const std::string& key) {
  return key.find("expert") != std::string::npos || key.rfind("moe_", 0) == 0 || key.find("_moe") != std::string::npos;
}

std::string value_text(const json& value) {
  return value.is_structured() ? "" : ": " + shown(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

[[noreturn]] void refuse(const JsonFile& config, const std::string& key, const json& value, const char* meaning) {
  throw config.error(fmt::format(
      "key {}{} stands for {}, which is not supported; only dense decoders are read, the GeMMs of others can "
      "be given as a trace",
      shown(key), value_text(value), meaning));
}

}  // namespace

void refuse_other_shapes(const JsonFile& config) {
  for (const auto& [key, value] : config.root().items()) {
    const char* meaning = names_experts(lower_case(key)) ? experts : nullptr;
    for (const ShapeKey& other : shape_keys) {
      if (key == other.key) meaning = other.meaning;
    }
    if (meaning != nullptr && !is_off(value, meaning == experts)) refuse(config, key, value, meaning);
    if (key != "layer_types" || !value.is_array()) continue;
    for (const json& layer : value) {
      const bool usual = layer.is_string() && std::any_of(usual_layers.begin(), usual_layers.end(),
                                                          [&](std::string_view name) { return layer == name; });
      if (!usual) refuse(config, key, layer, layers);
    }
  }
}

}  // namespace anda::sim
