// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "app/llm_test_files.h"
#include "app/trace_test_files.h"
#include "llm/decoder_config.h"
#include "search/builtin_evaluator.h"

using namespace anda::sim;
using namespace llm_test;
using trace_test::Folder;

namespace {

/// llama_config with other keys in place of the rotary embedding's.
std::string config(const Folder& folder, const std::string& keys) {
  std::string text = llama_config;
  const std::string own = R"("rope_theta": 10000.0)";
  const std::size_t at = text.find(own);
  REQUIRE(at != std::string::npos);
  text.replace(at, own.size(), keys);
  return folder.file("config.json", text);
}

}  // namespace

TEST_CASE("The base of rotary embeddings is read from every place that files use") {
  const Folder folder;
  struct Case {
    std::string keys;
    double theta;
  };
  const std::vector<Case> cases = {
      {R"("rope_theta": 500)", 500},
      {R"("rope_scaling": null)", 10000},  // the family's base
      {R"("rope_scaling": {})", 10000},
      {R"("rope_theta": 500, "rope_scaling": null)", 500},
      {R"("rope_theta": 500, "rope_scaling": {"type": "default"})", 500},
      {R"("rope_theta": 500, "rope_scaling": {"rope_type": "default"})", 500},
      {R"("rope_scaling": {"rope_type": "default", "rope_theta": 500})", 500},
      {R"("rope_parameters": {"rope_type": "default", "rope_theta": 500.5})", 500.5},
      {R"("rope_parameters": {"rope_theta": 500})", 500},
      {R"("rope_theta": 20, "rope_parameters": {"rope_type": "default", "rope_theta": 500})", 500},
      {R"("rope_scaling": {"type": "default", "rope_type": "default"}, "rope_parameters": null)", 10000},
  };
  for (const Case& accepted : cases) {
    INFO(accepted.keys);
    CHECK(read_decoder_config(config(folder, accepted.keys)).rope_theta == accepted.theta);
  }
  const auto refused = [&](const std::string& keys) {
    return refusal([&] { read_decoder_config(config(folder, keys)); });
  };
  CHECK_THAT(refused(R"("rope_scaling": {"rope_theta": 0})"),
             Catch::Contains("key rope_scaling: rope_theta must be a number above 0"));
  CHECK_THAT(refused(R"("rope_parameters": {"rope_theta": "500"})"),
             Catch::Contains("key rope_parameters: rope_theta must be a number above 0"));
  CHECK_THAT(refused(R"("rope_parameters": {"rope_type": 3})"), Catch::Contains("rope_type must be default"));
}

TEST_CASE("The base of rotary embeddings is used, from wherever it was read") {
  const Folder folder;
  BuiltinEvaluatorConfig options;
  options.model = folder.path();
  options.tokens = folder.file("tokens.bin", "\1\7\2\10\2\10\1\10");
  options.token_type = TokenType::uint8;
  options.length = 8;
  options.threads = 1;
  folder.file("model.safetensors", safetensors(llama_tensors()));
  const auto logits = [&](const std::string& keys) {
    config(folder, keys);
    BuiltinEvaluator evaluator(options);
    return evaluator.logits(evaluator.fp16());
  };
  const std::vector<float> expected = logits(R"("rope_theta": 500)");
  CHECK(logits(R"("rope_parameters": {"rope_type": "default", "rope_theta": 500})") == expected);
  CHECK(logits(R"("rope_parameters": {"rope_type": "default"})") != expected);
}

TEST_CASE("Omitted keys of a decoder's configuration are its family's") {
  const Folder folder;
  const std::string common = R"("vocab_size": 40, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 32)";
  const auto read = [&](const std::string& keys) {
    return read_decoder_config(folder.file("config.json", "{" + common + ", " + keys + "}"));
  };
  const DecoderConfig opt = read(R"("model_type": "opt", "ffn_dim": 128)");
  CHECK(opt.vocabulary == 40);
  CHECK(opt.positions == 32);
  CHECK(opt.norm_first);
  CHECK(opt.attention_bias);
  CHECK(opt.feed_forward_bias);
  CHECK(opt.tied_embeddings);
  CHECK(opt.norm_epsilon == 1e-5F);
  const DecoderConfig other_opt = read(R"("model_type": "opt", "ffn_dim": 128, "do_layer_norm_before": false,
    "enable_bias": false, "tie_word_embeddings": false, "activation_function": "relu", "word_embed_proj_dim": 64,
    "_remove_final_layer_norm": false, "layer_norm_elementwise_affine": true)");
  CHECK_FALSE(other_opt.norm_first);
  CHECK_FALSE(other_opt.attention_bias);
  CHECK_FALSE(other_opt.feed_forward_bias);
  CHECK_FALSE(other_opt.tied_embeddings);

  const DecoderConfig llama = read(R"("model_type": "llama", "intermediate_size": 128)");
  CHECK_FALSE(llama.attention_bias);
  CHECK_FALSE(llama.feed_forward_bias);
  CHECK_FALSE(llama.tied_embeddings);
  CHECK(llama.norm_epsilon == 1e-6F);
  CHECK(llama.rope_theta == 10000);
  const DecoderConfig other_llama = read(R"("model_type": "llama", "intermediate_size": 128, "attention_bias": true,
    "mlp_bias": true, "tie_word_embeddings": true, "rms_norm_eps": 1e-5, "hidden_act": "silu")");
  CHECK(other_llama.attention_bias);
  CHECK(other_llama.feed_forward_bias);
  CHECK(other_llama.tied_embeddings);
  CHECK(other_llama.norm_epsilon == 1e-5F);
  CHECK_THAT(refusal([&] { read(R"("model_type": "llama", "intermediate_size": 128, "head_dim": 15)"); }),
             Catch::Contains("key head_dim: 15 must be even"));
}
