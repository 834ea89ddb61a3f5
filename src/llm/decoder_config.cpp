// SPDX-License-Identifier: Apache-2.0
#include "llm/decoder_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "files/json_file.h"
#include "llm/rotary_config.h"
#include "text/text.h"
#include "workload/gemm_limits.h"
#include "workload/hugging_face.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t most_positions = 1u << 20;
constexpr double layer_norm_epsilon = 1e-5;  // PyTorch's default, which OPT's files omit
constexpr double usual_norm_epsilon = 1e-6;
constexpr double phi_norm_epsilon = 1e-5;

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
  config.norm_epsilon = static_cast<float>(layer_norm_epsilon);
}

/// Reads what all families except OPT and Gemma 3 have in common.
void read_rotary_family(const JsonFile& file, DecoderConfig& config, double norm_epsilon) {
  config.norm_epsilon = static_cast<float>(file.positive("rms_norm_eps", norm_epsilon));
  read_rotary(file, config.rope_theta, config.rotary_scaling);
}

void read_llama(const JsonFile& file, DecoderConfig& config) {
  want_text(file, "hidden_act", "silu");
  read_rotary_family(file, config, usual_norm_epsilon);
}

void read_phi3(const JsonFile& file, DecoderConfig& config) {
  want_text(file, "hidden_act", "silu");
  read_rotary_family(file, config, phi_norm_epsilon);
  config.fused = true;
}

/// hidden_act of older files does not match the models; hidden_activation does, and defaults to the tanh approximation.
void read_gemma(const JsonFile& file, DecoderConfig& config) {
  want_text(file, "hidden_activation", "gelu_pytorch_tanh");
  read_rotary_family(file, config, usual_norm_epsilon);
  config.norms_add_one = true;
  config.embedding_scale = std::sqrt(static_cast<float>(config.shape.hidden_size));
}

float cap_of(const JsonFile& file, const char* key, double of_family) {
  const auto found = file.root().find(key);
  if (found != file.root().end() && found->is_null()) return 0;
  if (found == file.root().end() && of_family == 0) return 0;
  return static_cast<float>(file.positive(key, of_family));
}

/// The family has keys for soft caps, but no model uses them; layers with a window have their own rotary frequencies.
void read_gemma3(const JsonFile& file, DecoderConfig& config) {
  config.rope_theta = 1e6;
  double window_theta = 1e4;
  read_rotary_by_layer(file, config.rope_theta, config.rotary_scaling, window_theta);
  config.window_rope_theta = window_theta;
  want_text(file, "hidden_activation", "gelu_pytorch_tanh");
  want_flag(file, "use_bidirectional_attention", false);
  config.norm_epsilon = static_cast<float>(file.positive("rms_norm_eps", usual_norm_epsilon));
  config.norms_add_one = true;
  config.embedding_scale = std::sqrt(static_cast<float>(config.shape.hidden_size));
  config.score_scale = static_cast<float>(1 / std::sqrt(file.positive("query_pre_attn_scalar", 256)));
  config.score_cap = cap_of(file, "attn_logit_softcapping", 0);
  config.logit_cap = cap_of(file, "final_logit_softcapping", 0);
}

void read_gemma2(const JsonFile& file, DecoderConfig& config) {
  read_gemma(file, config);
  config.score_scale = static_cast<float>(1 / std::sqrt(file.positive("query_pre_attn_scalar", 256)));
  config.score_cap = cap_of(file, "attn_logit_softcapping", 50);
  config.logit_cap = cap_of(file, "final_logit_softcapping", 30);
}

struct DecoderFamily {
  const char* type;
  void (*read_own)(const JsonFile& file, DecoderConfig& config);
  const char* part = nullptr;  ///< the object that holds the language model; nullptr: the whole file
};
constexpr std::array<DecoderFamily, 10> decoder_families{{{"opt", read_opt},
                                                          {"llama", read_llama},
                                                          {"mistral", read_llama},
                                                          {"qwen2", read_llama},
                                                          {"qwen3", read_llama},
                                                          {"gemma", read_gemma},
                                                          {"gemma2", read_gemma2},
                                                          {"gemma3", read_gemma3, "text_config"},
                                                          {"gemma3_text", read_gemma3},
                                                          {"phi3", read_phi3}}};

}  // namespace

std::vector<std::string> decoder_types() {
  std::vector<std::string> types;
  for (const DecoderFamily& family : decoder_families) types.emplace_back(family.type);
  return types;
}

DecoderConfig read_decoder_config(const std::string& path) {
  const JsonFile file(path);
  const std::string type = file.text("model_type");
  const auto* const family =
      std::find_if(decoder_families.begin(), decoder_families.end(), [&](const auto& f) { return type == f.type; });
  const std::vector<std::string> read = hugging_face_types();
  if (family == decoder_families.end() && std::find(read.begin(), read.end(), type) != read.end()) {
    throw file.error(fmt::format("key model_type: {} can be simulated, but not evaluated; must be {}", shown(type),
                                 joined(decoder_types(), ", ")));
  }
  DecoderConfig config;
  config.shape = read_hugging_face_config(path);
  if (family == decoder_families.end()) {  // a type that read_hugging_face_config() supports since the last check
    throw file.error("key model_type: must be " + joined(decoder_types(), ", "));
  }
  config.quantisation = read_quantisation(file);
  const JsonFile own = family->part == nullptr ? file : file.part(family->part);
  if (family->part == nullptr) {
    config.vocabulary = file.number("vocab_size", max_gemm_dimension);
    config.positions = file.number("max_position_embeddings", most_positions);
  } else {  // the part gives only what differs from the family
    config.vocabulary = config.shape.vocabulary;
    config.positions = own.optional_number("max_position_embeddings", most_positions).value_or(config.shape.positions);
  }
  config.attention_bias = config.shape.attention_bias;
  config.output_bias = config.shape.output_bias;
  config.feed_forward_bias = config.shape.feed_forward_bias;
  config.tied_embeddings = config.shape.tied_embeddings;
  config.score_scale = 1 / std::sqrt(static_cast<float>(config.shape.head_dim));
  family->read_own(own, config);
  return config;
}

}  // namespace anda::sim
