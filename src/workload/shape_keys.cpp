// SPDX-License-Identifier: Apache-2.0
#include "workload/shape_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "text/text.h"

namespace anda::sim {
namespace {

using nlohmann::json;

struct ShapeKey {
  const char* key;
  const char* meaning;
};

constexpr const char* mixture = "a mixture of experts";
constexpr const char* latent = "multi-head latent attention";
constexpr const char* parts = "a model of several parts";
constexpr const char* layers = "layers that differ in shape";
constexpr const char* decoder = "attention to an encoder";
constexpr const char* biases = "biases";
constexpr const char* norms = "norms of queries and keys";

constexpr std::array<ShapeKey, 33> shape_keys{{
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
    {"mlp_only_layers", mixture},
    {"decoder_sparse_step", mixture},
    {"first_k_dense_replace", mixture},
    {"intermediate_size_mlp", mixture},
    {"interleave_moe_layer_step", mixture},
    {"pruned_heads", "pruned heads"},
    {"num_nextn_predict_layers", "layers that predict further tokens"},
    {"num_kv_shared_layers", "layers that share keys and values"},
    {"attn_output_gate", "a gate behind attention"},
    {"multi_query", "multi-query attention in the form of another family"},
    {"num_kv_heads", "key/value heads in the form of another family (num_key_value_heads)"},
    {"attention_bias", biases},
    {"mlp_bias", biases},
    {"qkv_bias", biases},
    {"qk_layernorm", norms},
    {"use_qk_norm", norms},
    {"qk_norm", norms},
    {"n_head_kv", "key/value heads in the form of another family (num_key_value_heads)"},
}};

bool is_off(const json& value, bool of_experts) {
  if (value.is_null() || value == false) return true;
  if (value.is_structured()) return value.empty();
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  // A value of 1, for one expert or a period of one layer, also occurs for dense models.
  return value.is_number() && (value == 0 || (of_experts && value == 1));
}

bool names_experts(const std::string& key) {
  return key.find("expert") != std::string::npos || key.rfind("moe_", 0) == 0 || key.find("_moe") != std::string::npos;
}

std::string value_text(const json& value) {
  return value.is_structured() ? "" : ": " + shown(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

void refuse_other_shapes(const JsonFile& config, std::string_view type,
                         const std::vector<std::string_view>& understood) {
  for (const auto& [key, value] : config.root().items()) {
    if (std::find(understood.begin(), understood.end(), key) != understood.end()) continue;
    const char* meaning = names_experts(lower_case(key)) ? mixture : nullptr;
    for (const ShapeKey& other : shape_keys) {
      if (key == other.key) meaning = other.meaning;
    }
    if (meaning == nullptr || is_off(value, meaning == mixture)) continue;
    throw config.error(fmt::format(
        "key {}{} stands for {}, which is not supported for models of type {}; give the GeMMs of this one as a trace",
        shown(config.place_of(key)), value_text(value), meaning, type));
  }
}

}  // namespace anda::sim
