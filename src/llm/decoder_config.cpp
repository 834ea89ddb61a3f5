// SPDX-License-Identifier: Apache-2.0
#include "llm/decoder_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "files/json_file.h"
#include "llm/safetensors.h"
#include "text/text.h"
#include "workload/gemm_limits.h"
#include "workload/hugging_face.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t most_positions = 1u << 20;
constexpr double opt_norm_epsilon = 1e-5;  // PyTorch's default: the family's files don't say it
constexpr double llama_norm_epsilon = 1e-6;

void want_text(const JsonFile& file, const char* key, const std::string& only) {
  const std::string text = file.text(key);
  if (!text.empty() && text != only) {
    throw file.error(fmt::format("key {}: {} is not supported; must be {}", key, shown(text), only));
  }
}

void want_flag(const JsonFile& file, const char* key, bool only) {
  if (file.flag(key, only) != only) {
    throw file.error(fmt::format("key {}: {} is not supported; must be {}", key, !only, only));
  }
}

/// GPTQ, AWQ, compressed-tensors and others leave their settings in the model's configuration.
void refuse_quantised(const JsonFile& file) {
  for (const char* key : {"quantization_config", "compression_config"}) {
    const auto found = file.root().find(key);
    if (found == file.root().end() || found->is_null()) continue;
    std::string method = "a quantiser that it does not name";
    if (found->is_object() && found->contains("quant_method") && found->at("quant_method").is_string()) {
      method = shown(found->at("quant_method").get_ref<const std::string&>());
    }
    throw file.error(fmt::format("key {}: the weights were quantised by {}; {}", key, method, original_weights));
  }
}

void read_opt(const JsonFile& file, DecoderConfig& config) {
  want_text(file, "activation_function", "relu");
  want_flag(file, "_remove_final_layer_norm", false);
  want_flag(file, "layer_norm_elementwise_affine", true);
  const auto projected = file.optional_number("word_embed_proj_dim", max_gemm_dimension);
  if (projected && *projected != config.shape.hidden_size) {
    throw file.error(fmt::format("key word_embed_proj_dim: {} is not supported; must be hidden_size, {}", *projected,
                                 config.shape.hidden_size));
  }
  config.norm_first = file.flag("do_layer_norm_before", true);
  config.attention_bias = config.feed_forward_bias = file.flag("enable_bias", true);
  config.tied_embeddings = file.flag("tie_word_embeddings", true);
  config.norm_epsilon = static_cast<float>(opt_norm_epsilon);
}

/// Newer files keep the rotary embedding's base beside its scaling, older ones beside everything else.
void read_rotary(const JsonFile& file, DecoderConfig& config) {
  config.rope_theta = file.positive("rope_theta", config.rope_theta);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const auto found = file.root().find(key);
    if (found == file.root().end() || found->is_null()) continue;
    if (!found->is_object()) throw file.error(fmt::format("key {}: must be an object or null", key));
    for (const char* type_key : {"rope_type", "type"}) {
      const auto type = found->find(type_key);
      if (type == found->end()) continue;
      if (!type->is_string() || *type != "default") {
        throw file.error(
            fmt::format("key {}: scaled rotary embeddings are not supported; {} must be default", key, type_key));
      }
    }
    const auto theta = found->find("rope_theta");
    if (theta == found->end()) continue;
    if (!theta->is_number() || !(theta->get<double>() > 0)) {
      throw file.error(fmt::format("key {}: rope_theta must be a number above 0", key));
    }
    config.rope_theta = theta->get<double>();
  }
}

void read_llama(const JsonFile& file, DecoderConfig& config) {
  want_text(file, "hidden_act", "silu");
  read_rotary(file, config);
  config.attention_bias = file.flag("attention_bias", false);
  config.feed_forward_bias = file.flag("mlp_bias", false);
  config.tied_embeddings = file.flag("tie_word_embeddings", false);
  config.norm_epsilon = static_cast<float>(file.positive("rms_norm_eps", llama_norm_epsilon));
  if (config.shape.head_dim % 2 != 0) {
    throw file.error(fmt::format("key head_dim: {} must be even for rotary embeddings", config.shape.head_dim));
  }
}

}  // namespace

DecoderConfig read_decoder_config(const std::string& path) {
  const JsonFile file(path);
  const std::string type = file.text("model_type");
  const std::vector<std::string> read = hugging_face_types();
  if (type != "opt" && type != "llama" && std::find(read.begin(), read.end(), type) != read.end()) {
    throw file.error(
        fmt::format("key model_type: {} can be simulated, but not evaluated; must be opt or llama", shown(type)));
  }
  DecoderConfig config;
  config.shape = read_hugging_face_config(path);
  refuse_quantised(file);
  config.vocabulary = file.number("vocab_size", max_gemm_dimension);
  config.positions = file.number("max_position_embeddings", most_positions);
  if (type == "opt") {
    read_opt(file, config);
  } else {
    read_llama(file, config);
  }
  return config;
}

}  // namespace anda::sim
