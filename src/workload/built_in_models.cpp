// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <iterator>

#include "text/nearest.h"
#include "text/text.h"
#include "workload/model_shape.h"

namespace anda::sim {
namespace {

/// OPT: biases everywhere; learned positions, with two rows that no token uses.
ModelShape opt(const char* name, std::uint64_t d, std::uint64_t f, std::uint64_t layers, std::uint64_t heads) {
  ModelShape shape{name, d, f, layers, heads, heads, d / heads, false, 2048};
  shape.vocabulary = 50272;
  shape.tied_embeddings = true;
  shape.norm = Norm::layer_norm;
  shape.activation = Activation::relu;
  shape.position_kind = Positions::learned;
  shape.unused_positions = 2;
  shape.attention_bias = shape.output_bias = shape.feed_forward_bias = true;
  return shape;
}

struct Size {
  std::uint64_t d, f, layers, heads, kv_heads;
};

/// The most common architecture: gated with SiLU, rotary positions, no biases, an untied head.
ModelShape llama(const char* name, const Size& size, std::uint64_t positions, std::uint64_t vocabulary) {
  ModelShape shape{name, size.d, size.f, size.layers, size.heads, size.kv_heads, size.d / size.heads, true, positions};
  shape.vocabulary = vocabulary;
  return shape;
}

ModelShape mistral_7b() {
  ModelShape shape = llama("Mistral-7B", {4096, 14336, 32, 32, 8}, 32768, 32000);
  shape.window = 4096;
  return shape;
}

ModelShape qwen2_7b() {
  ModelShape shape = llama("Qwen2-7B", {3584, 18944, 28, 28, 4}, 131072, 152064);
  shape.attention_bias = true;
  return shape;
}

ModelShape gemma_2b() {
  ModelShape shape = llama("Gemma-2B", {2048, 16384, 18, 8, 1}, 8192, 256000);
  shape.tied_embeddings = true;
  shape.activation = Activation::gelu;
  return shape;
}

ModelShape phi_3_mini() {
  ModelShape shape = llama("Phi-3-mini", {3072, 8192, 32, 32, 32}, 4096, 32064);
  shape.window = 2047;
  return shape;
}

ModelShape mixtral_8x7b() {
  ModelShape shape = llama("Mixtral-8x7B", {4096, 14336, 32, 32, 8}, 32768, 32000);
  shape.experts.count = 8;
  shape.experts.per_token = 2;
  shape.experts.intermediate_size = 14336;
  return shape;
}

/// DeepSeek: latent attention, and experts after some dense layers.
ModelShape deepseek(const char* name, const Size& size, std::uint64_t vocabulary, std::uint64_t query_rank,
                    const Experts& experts) {
  ModelShape shape = llama(name, size, 163840, vocabulary);
  shape.latent = {query_rank, 512, 64, 128, 128};
  shape.head_dim = shape.latent.nope_dim + shape.latent.rope_dim;
  shape.rotary_dim = shape.latent.rope_dim;
  shape.experts = experts;
  return shape;
}

ModelShape deepseek_v2_lite() {
  Experts experts;
  experts.count = 64;
  experts.per_token = 6;
  experts.intermediate_size = 1408;
  experts.shared_size = 2 * experts.intermediate_size;
  experts.dense_layers = 1;
  return deepseek("DeepSeek-V2-Lite", {2048, 10944, 27, 16, 16}, 102400, 0, experts);
}

ModelShape deepseek_v3() {
  Experts experts;
  experts.count = 256;
  experts.per_token = 8;
  experts.intermediate_size = experts.shared_size = 2048;
  experts.sigmoid = experts.router_bias = true;
  experts.group_scores = 2;
  experts.groups = 8;
  experts.groups_per_token = 4;
  experts.dense_layers = 3;
  ModelShape shape = deepseek("DeepSeek-V3", {7168, 18432, 61, 128, 128}, 129280, 1536, experts);
  shape.left_out = "1 layer that predicts further tokens (num_nextn_predict_layers)";
  return shape;
}

/// Whether a word is the name with missing or extra letters; other letters or digits mean another family.
bool is_of_family(const std::string& word, const std::string& name) {
  const auto family = [](const std::string& text) {
    std::string letters = lower_case(text.substr(0, text.rfind('-')));
    letters.erase(std::remove(letters.begin(), letters.end(), '-'), letters.end());
    return letters;
  };
  const auto digits = [](const std::string& text) {
    std::string only;
    std::copy_if(text.begin(), text.end(), std::back_inserter(only), [](char c) { return c >= '0' && c <= '9'; });
    return only;
  };
  const auto is_within = [](const std::string& part, const std::string& whole) {
    std::size_t at = 0;
    for (const char c : whole) at += at < part.size() && part[at] == c ? 1u : 0u;
    return at == part.size();
  };
  const std::string a = family(word);
  const std::string b = family(name);
  return digits(a) == digits(b) && (is_within(a, b) || is_within(b, a));
}

}  // namespace

const std::vector<ModelShape>& built_in_models() {
  static const std::vector<ModelShape> models = {
      opt("OPT-1.3B", 2048, 8192, 24, 32),
      opt("OPT-2.7B", 2560, 10240, 32, 32),
      opt("OPT-6.7B", 4096, 16384, 32, 32),
      llama("LLaMA-7B", {4096, 11008, 32, 32, 32}, 2048, 32000),
      llama("LLaMA2-7B", {4096, 11008, 32, 32, 32}, 4096, 32000),
      opt("OPT-13B", 5120, 20480, 40, 40),
      llama("LLaMA-13B", {5120, 13824, 40, 40, 40}, 2048, 32000),
      llama("LLaMA2-13B", {5120, 13824, 40, 40, 40}, 4096, 32000),
      opt("OPT-30B", 7168, 28672, 48, 56),
      llama("LLaMA-3-8B", {4096, 14336, 32, 32, 8}, 8192, 128256),
      llama("LLaMA-3-70B", {8192, 28672, 80, 64, 8}, 8192, 128256),
      mistral_7b(),
      qwen2_7b(),
      gemma_2b(),
      phi_3_mini(),
      mixtral_8x7b(),
      deepseek_v2_lite(),
      deepseek_v3(),
  };
  return models;
}

const ModelShape& find_model(const std::string& name) {
  std::vector<std::string> names;
  std::vector<std::string> likely;
  for (const ModelShape& model : built_in_models()) {
    if (lower_case(model.name) == lower_case(name)) return model;
    names.push_back(model.name);
    if (is_of_family(name, model.name)) likely.push_back(model.name);
  }
  throw Error::input(
      fmt::format("unknown model {}{}; built in: {}", shown(name), did_you_mean(name, likely), joined(names, ", ")));
}

}  // namespace anda::sim
