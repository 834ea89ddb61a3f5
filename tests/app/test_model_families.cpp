// SPDX-License-Identifier: Apache-2.0
// What the families of config.json have of their own, and what is refused there.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"

using namespace anda::sim;
using namespace trace_test;
using nlohmann::json;

namespace {

/// The config.json of a model in tests/data/model_configs with some keys changed, or "absent".
std::string changed(const std::string& name, const std::string& changes) {
  json config = json::parse(contents(std::string(ANDA_SOURCE_DIR) + "/tests/data/model_configs/" + name + ".json"));
  const json others = json::parse(changes);
  for (const auto& [key, value] : others.items()) {
    if (value == "absent") {
      config.erase(key);
    } else {
      config[key] = value;
    }
  }
  return config.dump();
}

ModelShape read(const std::string& name, const std::string& changes = "{}") {
  const Folder folder;
  return read_hugging_face_config(folder.file("config.json", changed(name, changes)));
}

std::uint64_t windows_in(const ModelShape& shape) {
  std::uint64_t number = 0;
  for (std::uint64_t layer = 0; layer < shape.layers; ++layer) number += shape.window_of(layer) != 0 ? 1U : 0U;
  return number;
}

struct Wrong {
  const char* name;
  const char* changes;
  const char* fragment;
};

void check_refused(const std::vector<Wrong>& cases) {
  for (const Wrong& wrong : cases) {
    INFO(wrong.name << ": " << wrong.changes);
    const std::string message = message_of([&] { read(wrong.name, wrong.changes); });
    CHECK_THAT(message, Catch::Contains("config.json: ") && Catch::Contains(wrong.fragment));
  }
}

}  // namespace

TEST_CASE("Sliding windows are in the layers that have them") {
  CHECK(read("mistral-7b-v0.3").window == 0);  // null
  const ModelShape mistral = read("mistral-7b-v0.3", R"({"sliding_window": "absent"})");
  CHECK(mistral.window == 4096);
  CHECK(windows_in(mistral) == 32);
  CHECK(windows_in(read("mixtral-8x7b", R"({"sliding_window": "absent"})")) == 0);
  CHECK(read("phi-3-mini-4k").window == 2047);
  CHECK(windows_in(read("qwen2.5-7b")) == 0);  // switched off, although it has a size
  const ModelShape qwen = read("qwen2.5-7b", R"({"use_sliding_window": true, "max_window_layers": 20})");
  CHECK(windows_in(qwen) == 8);
  CHECK(qwen.window_of(19) == 0);
  CHECK(qwen.window_of(20) == 131072);
  CHECK(windows_in(read("qwen2.5-7b", R"({"use_sliding_window": true, "max_window_layers": 0})")) == 28);
  CHECK(windows_in(read("qwen2.5-7b", R"({"use_sliding_window": true, "max_window_layers": 65536})")) == 0);
  const ModelShape none = read("qwen2.5-7b", R"({"use_sliding_window": true})");  // of 28 layers, from the 28th
  CHECK(none.window == 0);
  CHECK(none.windowed.empty());

  const ModelShape gemma2 = read("gemma-2-9b");
  CHECK(windows_in(gemma2) == 21);
  CHECK(gemma2.window_of(0) == 4096);
  CHECK(gemma2.window_of(1) == 0);
  CHECK(windows_in(read("gemma-2-9b", R"({"sliding_window": null})")) == 0);
  const ModelShape gemma3 = read("gemma-3-4b");
  CHECK(windows_in(gemma3) == 34 - 5);
  for (const std::uint64_t layer : {5U, 11U, 29U}) CHECK(gemma3.window_of(layer) == 0);
  CHECK(gemma3.window_of(33) == 1024);
  CHECK(windows_in(read("gemma-3-1b", R"({"sliding_window_pattern": 2})")) == 13);
  CHECK(windows_in(read("gemma-3-1b", R"({"sliding_window_pattern": "absent", "_sliding_window_pattern": 2})")) == 13);

  const std::string types = R"({"num_hidden_layers": 3, "layer_types": ["full_attention", "full_attention",
                                "sliding_attention"]})";
  const ModelShape stated = read("gemma-3-1b", types);
  CHECK(stated.windowed == std::vector<bool>{false, false, true});
  check_refused({
      {"gemma-3-1b", R"({"layer_types": ["full_attention"]})", "key layer_types: lists 1 layers, but the model has 26"},
      {"gemma-3-1b", R"({"num_hidden_layers": 1, "layer_types": ["chunked_attention"]})",
       "\"\"chunked_attention\"\" stands for layers that differ in shape"},
      {"gemma-3-1b", R"({"num_hidden_layers": 1, "layer_types": [7]})", "key layer_types: \"7\" stands for"},
      {"gemma-3-1b", R"({"layer_types": "full_attention"})", "key layer_types: must be a list"},
      {"gemma-3-1b", R"({"sliding_window": 0})", "key sliding_window: \"0\" is out of range"},
      {"gemma-3-1b", R"({"sliding_window_pattern": 0})", "key sliding_window_pattern: \"0\" is out of range"},
      {"llama-3.2-1b", R"({"sliding_window": 4096})", "models of type llama have no sliding window"},
      {"mistral-7b-v0.3", R"({"num_hidden_layers": 1, "layer_types": ["sliding_attention"]})",
       "key layer_types: has layers of sliding_attention, but the model has no sliding window"},
      {"qwen3-30b-a3b", R"({"use_sliding_window": true, "sliding_window": 4096})",
       "key use_sliding_window: true needs layer_types"},
      {"qwen2.5-7b", R"({"use_sliding_window": 1})", "key use_sliding_window: \"1\" must be true or false"},
  });
}

TEST_CASE("Heads, norms, positions and biases are those of the family") {
  const ModelShape opt = read("opt-350m");
  CHECK(opt.embedding_size == 512);
  CHECK_FALSE(opt.final_norm);
  CHECK(opt.unused_positions == 2);
  CHECK(opt.position_kind == Positions::learned);
  CHECK(opt.activation == Activation::relu);
  CHECK(read("opt-125m").embedding_size == 0);
  CHECK_FALSE(read("opt-125m", R"({"enable_bias": false})").feed_forward_bias);

  const ModelShape phi = read("phi-2");
  CHECK(phi.rotary_dim == 32);
  CHECK(phi.norms_per_layer == 1);
  CHECK((phi.parallel_parts && phi.head_bias && !phi.gated));
  CHECK(read("phi-2", R"({"partial_rotary_factor": "absent"})").rotary_dim == 40);
  const ModelShape pythia = read("pythia-70m");
  CHECK(pythia.rotary_dim == 16);
  CHECK(pythia.norms_per_layer == 2);
  CHECK(pythia.parallel_parts);
  CHECK_FALSE(read("pythia-70m", R"({"use_parallel_residual": false})").parallel_parts);
  CHECK_FALSE(read("pythia-70m", R"({"attention_bias": false})").attention_bias);
  CHECK(read("pythia-70m", R"({"rotary_pct": 1.0})").rotary_dim == 0);
  CHECK(read("phi-4", R"({"rope_scaling": {"partial_rotary_factor": 0.75}})").rotary_dim == 96);

  CHECK(read("gpt2").intermediate_size == 3072);
  CHECK(read("gpt2", R"({"n_inner": 100})").intermediate_size == 100);
  CHECK(read("gpt2").defaults.empty());
  CHECK((read("qwen2.5-7b").attention_bias && !read("qwen2.5-7b").output_bias));
  CHECK((read("qwen3-8b").head_norms && !read("qwen3-8b").attention_bias));
  CHECK((read("llama-3.2-1b", R"({"attention_bias": true})").output_bias));
  CHECK((read("llama-3.2-1b", R"({"mlp_bias": true})").feed_forward_bias));
  CHECK(read("gemma-2-9b").norms_per_layer == 4);
  CHECK(read("gemma-2b").activation == Activation::gelu);
  CHECK(read("gemma-2b", R"({"head_dim": "absent", "hidden_size": 3072})").head_dim == 256);
  // The widths of other families' heads come from the hidden size where the file has none.
  CHECK(read("qwen3-30b-a3b", R"({"head_dim": "absent"})").head_dim == 64);
  CHECK(read("qwen3-8b", R"({"head_dim": "absent", "hidden_size": 2048})").head_dim == 128);
}

TEST_CASE("Wrong heads, norms, positions and biases are refused with their key") {
  check_refused({
      {"phi-2", R"({"partial_rotary_factor": 1.5})", "key partial_rotary_factor: 1.5 must be above 0 and at most 1"},
      {"phi-4", R"({"rope_scaling": {"partial_rotary_factor": 0}})", "0 must be above 0 and at most 1"},
      {"qwen3-8b", R"({"head_dim": 127})", "key head_dim: 127 must be even for rotary positions"},
      {"deepseek-v3", R"({"qk_rope_head_dim": 63})", "key qk_rope_head_dim: 63 must be even"},
      {"phi-2", R"({"partial_rotary_factor": 0.001})", "are 0 elements; rotary positions need an even number"},
      {"phi-2", R"({"partial_rotary_factor": "x"})", "must be a finite number above 0"},
      {"phi-2", R"({"qk_layernorm": true})", "stands for norms of queries and keys"},
      {"phi-2", R"({"head_dim": 64})", "key head_dim: is that of another family"},
      {"phi-4", R"({"rope_scaling": 4})", "key rope_scaling: must be an object or null"},
      {"phi-4", R"({"rope_parameters": {"partial_rotary_factor": "1"}})", "partial_rotary_factor must be a number"},
      {"phi-4", R"({"hidden_act": "relu2"})", "key hidden_act: \"relu2\" is not supported; must be relu, gelu or silu"},
      {"opt-125m", R"({"layer_norm_elementwise_affine": false})", "key layer_norm_elementwise_affine: false"},
      {"opt-125m", R"({"num_key_value_heads": 4})", "models of type opt have as many as heads, 12"},
      {"qwen3-8b", R"({"head_dim": null})", "key head_dim is null"},
      {"gpt2", R"({"n_head": 5})", "key n_head: 5 heads do not divide n_embd 768"},
      {"gpt2", R"({"hidden_size": 769})",
       "key hidden_size: is that of another family; a model of type gpt2 has n_embd"},
      {"gpt2", R"({"add_cross_attention": true})", "stands for attention to an encoder"},
      {"mistral-7b-v0.3", R"({"attention_bias": true})", "stands for biases"},
      {"llama-3.2-1b", R"({"vocab_size": 0})", "key vocab_size: \"0\" is out of range"},
      {"llama-3.2-1b", R"({"vocab_size": 3.5})", "key vocab_size: \"3.5\" is not a whole number"},
      {"llama-3.2-1b", R"({"num_hidden_layers": 65536, "hidden_size": 16777216, "intermediate_size": 16777216})",
       "the model has more than 72057594037927936 parameters"},
  });
}

TEST_CASE("The language part of Gemma 3 is in its own object") {
  const ModelShape shape = read("gemma-3-4b");
  CHECK(shape.heads == 8);  // all of these are the family's
  CHECK(shape.kv_heads == 4);
  CHECK(shape.head_dim == 256);
  CHECK(shape.vocabulary == 262208);
  CHECK(shape.tied_embeddings);
  CHECK(shape.head_norms);
  CHECK_THAT(shape.defaults, Catch::Contains("text_config.num_attention_heads = 8"));
  CHECK(shape.left_out == "the vision part (vision_config)");
  CHECK(read("gemma-3-4b", R"({"vision_config": null})").left_out.empty());
  CHECK_FALSE(read("gemma-3-4b", R"({"tie_word_embeddings": false})").tied_embeddings);
  CHECK(read("gemma-3-4b", R"({"tie_word_embeddings": false, "text_config": {"tie_word_embeddings": true}})")
            .tied_embeddings);
  check_refused({
      {"gemma-3-4b", R"({"text_config": "absent"})", "key text_config is missing"},
      {"gemma-3-4b", R"({"text_config": null})", "key text_config: \"null\" must be an object"},
      {"gemma-3-4b", R"({"text_config": [1]})", "key text_config: \"array\" must be an object"},
      {"gemma-3-4b", R"({"text_config": {"model_type": "llama"}})", "key text_config.model_type: \"llama\""},
      {"gemma-3-4b", R"({"text_config": {"hidden_size": -1}})", "key text_config.hidden_size: \"-1\" is negative"},
      {"gemma-3-4b", R"({"text_config": {"num_key_value_heads": 3}})",
       "key text_config.num_key_value_heads: 8 heads cannot share 3"},
      {"gemma-3-4b", R"({"text_config": {"num_local_experts": 3}})", "key \"text_config.num_local_experts\""},
      {"gemma-3-4b", R"({"text_config": {"layer_types": {}}})", "key text_config.layer_types: must be a list"},
      {"gemma-3-4b", R"({"hidden_size": 2048})", "key hidden_size: is not that of text_config"},
      {"gemma-3-4b", R"({"audio_config": {"hidden_size": 1}})", "stands for a model of several parts"},
  });
}

TEST_CASE("Experts of Mixtral and Qwen") {
  const ModelShape mixtral = read("mixtral-8x7b");
  CHECK(mixtral.experts.count == 8);
  CHECK(mixtral.experts.per_token == 2);
  CHECK(mixtral.experts.intermediate_size == 14336);
  CHECK(mixtral.experts.shared_size == 0);
  const ModelShape qwen = read("qwen1.5-moe-a2.7b");
  CHECK(qwen.experts.shared_size == 5632);
  CHECK(qwen.experts.shared_gate);
  CHECK(qwen.attention_bias);
  CHECK_FALSE(read("qwen1.5-moe-a2.7b", R"({"qkv_bias": false})").attention_bias);
  const ModelShape sparse = read("qwen3-30b-a3b", R"({"decoder_sparse_step": 2, "mlp_only_layers": [1, 0]})");
  CHECK_FALSE(sparse.experts.in_layer(1));
  CHECK_FALSE(sparse.experts.in_layer(2));
  CHECK(sparse.experts.in_layer(3));
  CHECK(read("qwen3-30b-a3b", R"({"decoder_sparse_step": 49})").experts.count == 0);  // no layer has any
  check_refused({
      {"mixtral-8x7b", R"({"num_experts_per_tok": 9})", "key num_experts_per_tok: 9 is more than num_local_experts, 8"},
      {"mixtral-8x7b", R"({"num_experts_per_tok": 0})", "key num_experts_per_tok: \"0\" is out of range"},
      {"mixtral-8x7b", R"({"num_local_experts": null})", "key num_local_experts is null"},
      {"mixtral-8x7b", R"({"num_experts": 4})", "key num_experts: is that of another family"},
      {"mixtral-8x7b", R"({"shared_expert_intermediate_size": 4})", "stands for a mixture of experts"},
      {"mixtral-8x7b", R"({"kv_lora_rank": 512})", "stands for multi-head latent attention"},
      {"qwen3-30b-a3b", R"({"mlp_only_layers": [1]})", "key mlp_only_layers: lists layers other than the first"},
      {"qwen3-30b-a3b", R"({"mlp_only_layers": [48]})", "key mlp_only_layers: must list layers 0 … 47"},
      {"qwen3-30b-a3b", R"({"mlp_only_layers": [-1]})", "must list layers"},
      {"qwen3-30b-a3b", R"({"mlp_only_layers": 3})", "must be a list"},
      {"qwen3-30b-a3b", R"({"shared_expert_intermediate_size": 768})", "stands for a mixture of experts"},
      {"qwen3-30b-a3b", R"({"decoder_sparse_step": 0})", "key decoder_sparse_step: \"0\" is out of range"},
  });
}

TEST_CASE("Latent attention and experts of DeepSeek") {
  const ModelShape lite = read("deepseek-v2-lite");
  CHECK(lite.latent.query_rank == 0);
  CHECK(lite.latent.kv_rank == 512);
  CHECK(lite.latent.rope_dim == 64);
  CHECK(lite.query_width() == 16 * 192);
  CHECK(lite.rotary_dim == 64);
  CHECK(lite.experts.dense_layers == 1);
  CHECK(lite.experts.shared_size == 2816);
  CHECK_FALSE(lite.experts.router_bias);
  CHECK(lite.left_out.empty());
  CHECK(read("deepseek-v2-lite", R"({"q_lora_rank": "absent"})").latent.query_rank == 1536);
  CHECK(read("deepseek-v2-lite", R"({"head_dim": 64})").head_dim == 192);  // what re-saved files hold is another one
  CHECK(read("deepseek-v2-lite", R"({"n_shared_experts": null})").experts.shared_size == 0);
  CHECK(read("deepseek-v2-lite", R"({"n_routed_experts": null})").experts.count == 0);
  const ModelShape v3 = read("deepseek-v3");
  CHECK(v3.latent.query_rank == 1536);
  CHECK(v3.experts.router_bias);
  CHECK(v3.experts.sigmoid);
  CHECK(v3.experts.group_scores == 2);
  CHECK_FALSE(lite.experts.sigmoid);
  CHECK(lite.experts.group_scores == 0);
  CHECK_FALSE(v3.experts.in_layer(2));
  CHECK(v3.experts.in_layer(3));
  CHECK(v3.left_out == "1 layer that predicts further tokens (num_nextn_predict_layers)");
  CHECK(read("deepseek-v3", R"({"num_hidden_layers": 2})").experts.count == 0);
  check_refused({
      {"deepseek-v3", R"({"kv_lora_rank": 0})", "key kv_lora_rank: \"0\" is out of range"},
      {"deepseek-v3", R"({"q_lora_rank": 0})", "key q_lora_rank: \"0\" is out of range"},
      {"deepseek-v3", R"({"kv_lora_rank": null})", "key kv_lora_rank is null"},
      {"deepseek-v3", R"({"num_key_value_heads": 8})", "models of type deepseek_v3 have as many as heads, 128"},
      {"deepseek-v3", R"({"moe_layer_freq": 2})", "key moe_layer_freq: 2 is not supported; must be 1"},
      {"deepseek-v3", R"({"n_shared_experts": 65536})",
       "key n_shared_experts: 65536 experts of 2048 together are wider"},
      {"deepseek-v3", R"({"num_experts_per_tok": 257})", "is more than n_routed_experts, 256"},
      {"deepseek-v3", R"({"n_group": 7})", "key n_group: 7 groups do not divide 256 experts"},
      {"deepseek-v3", R"({"topk_group": 9})", "key topk_group: 9 is more than n_group, 8"},
      {"deepseek-v2", R"({"topk_group": 1, "num_experts_per_tok": 21})",
       "key topk_group: 1 groups have 20 experts, but num_experts_per_tok is 21"},
      {"deepseek-v3", R"({"v_head_dim": 16777216})", "are wider than the largest GeMM"},
      {"deepseek-v2-lite", R"({"num_experts_per_tok": "absent"})", "key num_experts_per_tok: is missing"},
      {"deepseek-v2-lite", R"({"first_k_dense_replace": -1})", "is negative; must be a whole number 0 … 65536"},
  });
}
