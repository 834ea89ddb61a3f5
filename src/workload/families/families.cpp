// SPDX-License-Identifier: Apache-2.0
#include <string_view>
#include <vector>

#include "workload/families/family.h"

namespace anda::sim {
namespace {

using Keys = std::vector<std::string_view>;

const SizeKeys opt_keys{
    "hidden_size",        "ffn_dim", "num_hidden_layers", "num_attention_heads", "max_position_embeddings",
    "activation_function"};
const SizeKeys gpt2_keys{"n_embd", "n_inner", "n_layer", "n_head", "n_positions", "activation_function"};
const SizeKeys gemma_keys{"hidden_size",         "intermediate_size",       "num_hidden_layers",
                          "num_attention_heads", "max_position_embeddings", "hidden_activation"};

const Keys qwen_moe_keys{"num_experts",     "num_local_experts",   "n_routed_experts",     "num_experts_per_tok",
                         "mlp_only_layers", "decoder_sparse_step", "moe_intermediate_size"};
const Keys deepseek_keys{
    "q_lora_rank",       "kv_lora_rank",          "qk_rope_head_dim",        "qk_nope_head_dim",
    "v_head_dim",        "attention_bias",        "n_routed_experts",        "num_experts",
    "num_local_experts", "n_shared_experts",      "num_experts_per_tok",     "moe_intermediate_size",
    "moe_layer_freq",    "first_k_dense_replace", "num_nextn_predict_layers"};

Keys with(Keys keys, std::initializer_list<std::string_view> others) {
  keys.insert(keys.end(), others);
  return keys;
}

/// Gated, RMS norm, rotary positions, no biases.
ModelShape gated(Activation activation = Activation::silu) {
  ModelShape shape;
  shape.gated = true;
  shape.activation = activation;
  return shape;
}

ModelShape gemma(std::uint64_t norms, bool head_norms) {
  ModelShape shape = gated(Activation::gelu);
  shape.tied_embeddings = true;
  shape.norms_per_layer = norms;
  shape.head_norms = head_norms;
  return shape;
}

ModelShape qwen2() {
  ModelShape shape = gated();
  shape.attention_bias = true;
  return shape;
}

ModelShape qwen3() {
  ModelShape shape = gated();
  shape.head_norms = true;
  return shape;
}

/// The style of 2020: a two-layer feed-forward part, with biases and layer norms.
ModelShape classic(Activation activation, Positions positions) {
  ModelShape shape;
  shape.norm = Norm::layer_norm;
  shape.activation = activation;
  shape.position_kind = positions;
  shape.tied_embeddings = positions == Positions::learned;
  shape.attention_bias = shape.output_bias = shape.feed_forward_bias = true;
  return shape;
}

std::vector<Family> dense_families() {
  const ModelShape opt = classic(Activation::relu, Positions::learned);
  const ModelShape gpt2 = classic(Activation::gelu, Positions::learned);
  const ModelShape neox = classic(Activation::gelu, Positions::rotary);
  return {
      {"opt", opt_keys, {768, 3072, 12, 12, 0, 0, 50272, 2048}, HeadKeys::none, Windows::none, 0, opt, read_opt},
      {"llama",
       {},
       {4096, 11008, 32, 32, 0, 0, 32000, 2048},
       HeadKeys::all,
       Windows::none,
       0,
       gated(),
       read_llama,
       {"attention_bias", "mlp_bias"}},
      {"mistral",
       {},
       {4096, 14336, 32, 32, 8, 0, 32000, 131072},
       HeadKeys::all,
       Windows::all,
       4096,
       gated(),
       read_plain},
      {"qwen2",
       {},
       {4096, 22016, 32, 32, 32, 0, 151936, 32768},
       HeadKeys::all,
       Windows::from_layer,
       4096,
       qwen2(),
       read_plain},
      {"qwen3",
       {},
       {4096, 22016, 32, 32, 32, 128, 151936, 32768},
       HeadKeys::all,
       Windows::from_layer,
       4096,
       qwen3(),
       read_biased,
       {"attention_bias"}},
      {"gemma",
       gemma_keys,
       {3072, 24576, 28, 16, 16, 256, 256000, 8192},
       HeadKeys::all,
       Windows::none,
       0,
       gemma(2, false),
       read_biased,
       {"attention_bias"}},
      {"gemma2",
       gemma_keys,
       {2304, 9216, 26, 8, 4, 256, 256000, 8192},
       HeadKeys::all,
       Windows::alternating,
       4096,
       gemma(4, false),
       read_biased,
       {"attention_bias"}},
      {"gemma3_text",
       gemma_keys,
       {2304, 9216, 26, 8, 4, 256, 262208, 131072},
       HeadKeys::all,
       Windows::pattern,
       4096,
       gemma(4, true),
       read_biased,
       {"attention_bias"}},
      {"gemma3",
       gemma_keys,
       {},
       HeadKeys::all,
       Windows::pattern,
       4096,
       {},
       read_biased,
       {"text_config", "vision_config"},
       "text_config",
       "gemma3_text"},
      {"phi3", {}, {3072, 8192, 32, 32, 0, 0, 32064, 4096}, HeadKeys::all, Windows::all, 0, gated(), read_plain},
      {"phi", {}, {2048, 8192, 24, 32, 0, 0, 51200, 2048}, HeadKeys::kv_heads, Windows::none, 0, neox, read_phi},
      {"gpt2", gpt2_keys, {768, 0, 12, 12, 0, 0, 50257, 1024}, HeadKeys::none, Windows::none, 0, gpt2, read_gpt2},
      {"gpt_neox",
       {},
       {6144, 24576, 44, 64, 0, 0, 50432, 2048},
       HeadKeys::none,
       Windows::none,
       0,
       neox,
       read_gpt_neox,
       {"attention_bias"}},
  };
}

std::vector<Family> families_with_experts() {
  return {
      {"mixtral",
       {},
       {4096, 14336, 32, 32, 8, 0, 32000, 131072},
       HeadKeys::all,
       Windows::all,
       0,
       gated(),
       read_mixtral,
       {"num_local_experts", "num_experts", "n_routed_experts", "num_experts_per_tok"}},
      {"qwen2_moe",
       {},
       {2048, 5632, 24, 16, 16, 0, 151936, 32768},
       HeadKeys::all,
       Windows::stated,
       4096,
       qwen2(),
       read_qwen2_moe,
       with(qwen_moe_keys, {"shared_expert_intermediate_size", "qkv_bias"})},
      {"qwen3_moe",
       {},
       {2048, 6144, 24, 32, 4, 0, 151936, 32768},
       HeadKeys::all,
       Windows::stated,
       4096,
       qwen3(),
       read_qwen3_moe,
       with(qwen_moe_keys, {"attention_bias"})},
      {"deepseek_v2",
       {},
       {4096, 11008, 32, 32, 0, 0, 32000, 2048},
       HeadKeys::latent,
       Windows::none,
       0,
       gated(),
       read_deepseek_v2,
       deepseek_keys},
      {"deepseek_v3",
       {},
       {7168, 18432, 61, 128, 0, 0, 129280, 4096},
       HeadKeys::latent,
       Windows::none,
       0,
       gated(),
       read_deepseek_v3,
       deepseek_keys},
  };
}

}  // namespace

const std::vector<Family>& families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> list = dense_families();
    for (Family& family : families_with_experts()) list.push_back(std::move(family));
    return list;
  }();
  return all;
}

}  // namespace anda::sim
