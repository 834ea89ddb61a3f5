// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/weight.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "app/llm_test_files.h"
#include "app/trace_test_files.h"
#include "llm/layer_math.h"
#include "search/builtin_evaluator.h"
#include "search/config_rounding.h"

using namespace anda;
using namespace anda::sim;
using namespace llm_test;
using trace_test::Folder;

namespace {

/// llama_config with 3 windows of 8 made-up tokens, and one token more.
struct Model {
  Folder folder;
  BuiltinEvaluatorConfig config;

  Model() {
    folder.file("config.json", llama_config);
    folder.file("model.safetensors", safetensors(llama_tensors()));
    std::string tokens;
    for (int i = 0; i < 25; ++i) tokens += static_cast<char>(i * i % 40);
    config.model = folder.path();
    config.tokens = folder.file("tokens.bin", tokens);
    config.token_type = TokenType::uint8;
    config.length = 8;
    config.threads = 1;
  }

  void replace(const std::string& from, const std::string& to) const {
    std::string text = llama_config;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    folder.file("config.json", text.replace(at, from.size(), to));
  }
  std::string refusal() const {
    return llm_test::refusal([this] { const BuiltinEvaluator evaluator(config); });
  }
};

}  // namespace

TEST_CASE("layer_norm and rms_norm of a row worked by hand") {
  const std::vector<float> x = {1, 3, 5, 7};
  std::vector<float> y(4);
  layer_norm(x.data(), 1, {1, 1, 2, 1}, {0, 0, 0, 10}, 0, y.data());  // mean 4, variance 5
  const double deviation = std::sqrt(5.0);
  CHECK(y[0] == Approx(-3 / deviation));
  CHECK(y[2] == Approx(2 / deviation));
  CHECK(y[3] == Approx(10 + 3 / deviation));
  rms_norm(x.data(), 1, {1, 1, 2, 1}, 0, y.data());  // mean square 21
  CHECK(y[0] == Approx(1 / std::sqrt(21.0)));
  CHECK(y[2] == Approx(10 / std::sqrt(21.0)));
}

TEST_CASE("rotate turns the halves of a head by position times frequency") {
  const RotaryTable table(3, 4, 100);  // frequencies 1 and 1/10
  std::vector<float> x(3 * 4, 0);
  x[2 * 4] = 1;      // position 2: element 0 of the first half
  x[2 * 4 + 3] = 1;  // and element 1 of the second
  rotate(x.data(), 1, 3, 1, 4, table);
  CHECK(x[8] == Approx(std::cos(2.0)));
  CHECK(x[10] == Approx(std::sin(2.0)));
  CHECK(x[9] == Approx(-std::sin(0.2)));
  CHECK(x[11] == Approx(std::cos(0.2)));
}

TEST_CASE("attention ignores later tokens and shares keys among heads in order") {
  // One sequence of 2, 4 heads of size 1 on 2 key/value heads; v tells which of them was read.
  const std::vector<float> q = {1, 1, 1, 1, 1, 1, 1, 1};
  const std::vector<float> k = {0, 0, 0, std::log(3.0F)};
  const std::vector<float> v = {10, 20, 30, 60};
  std::vector<float> scores;
  std::vector<float> y(8);
  attention(q.data(), k.data(), v.data(), {1, 2, 4, 2, 1}, scores, y.data());
  CHECK(y[0] == Approx(10));
  CHECK(y[1] == Approx(10));
  CHECK(y[2] == Approx(20));
  CHECK(y[3] == Approx(20));
  CHECK(y[4] == Approx(20));  // equal scores: the mean of 10 and 30
  CHECK(y[5] == Approx(20));
  CHECK(y[6] == Approx(50));  // scores 0 and ln 3: a quarter of 20 and three of 60
  CHECK(y[7] == Approx(50));
}

TEST_CASE("perplexity is that of the logits, whatever the threads") {
  Model model;
  BuiltinEvaluator evaluator(model.config);
  CHECK(evaluator.windows() == 3);
  const std::vector<float> logits = evaluator.logits(evaluator.fp16());
  REQUIRE(logits.size() == 3 * 8 * 40);
  double total = 0;
  for (std::size_t i = 0; i < 24; ++i) {
    if (i % 8 == 7) continue;
    double sum = 0;
    for (std::size_t token = 0; token < 40; ++token) sum += std::exp(static_cast<double>(logits[i * 40 + token]));
    total += std::log(sum) - logits[i * 40 + (i + 1) * (i + 1) % 40];
  }
  CHECK(evaluator.baseline() == Approx(std::exp(total / 21)).epsilon(1e-6));

  model.config.threads = 5;
  BuiltinEvaluator threaded(model.config);
  CHECK(threaded.baseline() == Approx(evaluator.baseline()).epsilon(1e-6));
}

TEST_CASE("layers with their own precision") {
  const Model model;
  BuiltinEvaluator evaluator(model.config);
  const Combination coarse = {3, 3, 3, 3};
  const Combination fine = {9, 8, 7, 6};
  const double all = evaluator.perplexity({fine, {}});
  CHECK(evaluator.perplexity({coarse, {fine, fine}}) == all);
  const double mixed = evaluator.perplexity({coarse, {fine, coarse}});
  CHECK(mixed != all);
  CHECK(mixed != evaluator.perplexity({coarse, {}}));
  CHECK_THROWS_WITH(evaluator.perplexity({fine, {fine}}),
                    Catch::Contains("1 layers have a precision, the model has 2"));
  CHECK_THROWS_WITH(evaluator.perplexity({{17, 8, 8, 8}, {}}), Catch::Contains("mantissa_bits is 17"));
}

TEST_CASE("the attention is rounded where it has formats") {
  Model model;
  BuiltinEvaluator plain(model.config);
  const Combination bits = {9, 8, 7, 6};
  CHECK_THROWS_WITH(plain.perplexity({bits, {}, {0, 0, 4, 0}}),
                    Catch::Contains("K has 4 bits, but no int or anda format; set kv_cache.k.format to int or anda"));
  CHECK_THROWS_WITH(plain.perplexity({bits, {}, {17, 0, 0, 0}}), Catch::Contains("mantissa_bits is 17"));
  CHECK(plain.perplexity({bits, {}, {3, 0, 0, 0}}) != plain.perplexity({bits, {}}));

  model.config.attention.k = CacheFormat{CacheNumber::integer, 4, 8, CacheAxis::token};
  model.config.attention.p_bits = 3;
  BuiltinEvaluator rounding(model.config);
  CHECK(rounding.baseline() == plain.baseline());
  const double both = rounding.perplexity({bits, {}});
  CHECK(both != plain.perplexity({bits, {}}));
  CHECK(rounding.perplexity({bits, {}, {0, 3, 4, 0}}) == both);
  CHECK(rounding.perplexity({bits, {}, {0, 3, 3, 0}}) != both);

  // A layer of its own, and the second half of each window.
  PrecisionConfig precision;
  precision.layers[1].a_q = 2;
  const KvCacheConfig cache;
  const ActivationRounding by_layer = rounding_of(precision, cache, 2, 64);
  CHECK(!by_layer.at(0)[0].q);
  CHECK(by_layer.at(0)[1].q->mantissa_bits == 2);
  CHECK(!by_layer.at(0)[0].k);
  precision.schedule[4].a_qkv = 2;
  const Measurement changed = plain.measure(rounding_of(precision, cache, 2, 64));
  precision.schedule.clear();
  const Measurement before = plain.measure(rounding_of(precision, cache, 2, 64));
  // What is predicted from positions 0 … 3 is as before.
  CHECK(changed.perplexity_of(0, 5) == before.perplexity_of(0, 5));
  CHECK(changed.perplexity_of(5, 8) != before.perplexity_of(5, 8));
}

TEST_CASE("a number of the attention beyond FP16 is a failed run that names layer, tensor and token") {
  Model model;
  model.config.weights.reset();
  Tensors tensors = llama_tensors();
  for (float& weight : tensors["model.layers.1.self_attn.v_proj.weight"].second) weight *= 1e7F;
  model.folder.file("model.safetensors", safetensors(tensors));
  model.config.attention.v = CacheFormat{};
  BuiltinEvaluator evaluator(model.config);
  CHECK_THROWS_WITH(evaluator.measure(evaluator.with_attention(evaluator.fp32())),
                    Catch::Contains("layer 1, V: element") && Catch::Contains("of token"));
}

TEST_CASE("weights are rounded by quantise() along k, the embeddings are not") {
  Model model;
  Tensors tensors = llama_tensors();
  for (auto& [name, tensor] : tensors) {
    if (name.find("proj") == std::string::npos) continue;
    const std::size_t k = tensor.first[1];
    for (std::size_t row = 0; row < tensor.first[0]; ++row) {
      float* weights = tensor.second.data() + row * k;
      const WeightColumn column = quantise({weights, weights + k}, {4, 32});
      for (std::size_t i = 0; i < k; ++i)
        weights[i] = static_cast<float>(column.values[i]) * to_float(column.scale_of(i));
    }
  }
  model.config.weights = WeightFormat{4, 32};
  BuiltinEvaluator rounding(model.config);
  model.folder.file("model.safetensors", safetensors(tensors));
  model.config.weights.reset();
  BuiltinEvaluator rounded(model.config);
  CHECK(rounding.logits({}) == rounded.logits({}));
}

TEST_CASE("a model whose activations leave FP16 is a failed run that names layer and tensor") {
  Model model;
  model.config.weights.reset();
  Tensors tensors = llama_tensors();
  for (float& weight : tensors["model.layers.1.mlp.up_proj.weight"].second) weight *= 1e6F;
  model.folder.file("model.safetensors", safetensors(tensors));
  BuiltinEvaluator evaluator(model.config);
  try {
    evaluator.baseline();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::run);
    CHECK_THAT(error.what(), Catch::Contains("layer 1, A_d"));
  }
}

TEST_CASE("models that cannot be evaluated are refused with file, key and tensor") {
  Model model;
  struct Case {
    std::string from;
    std::string to;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"\"llama\"", "\"gpt2\"", "model_type"},
      {"\"llama\"", "\"mixtral\"", "\"mixtral\" can be simulated, but not evaluated; must be opt, llama, mistral"},
      {"\"silu\"", "\"gelu\"", "key hidden_act: \"gelu\" is not supported; must be silu"},
      {"\"rope_theta\": 10000.0", "\"rope_theta\": 0", "key rope_theta"},
      {"\"rope_theta\": 10000.0", "\"rope_scaling\": {\"rope_type\": \"llama3\"}",
       "key rope_scaling: factor must be a number above 0"},
      {"\"rope_theta\": 10000.0", "\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}",
       "rotary embeddings scaled by \"dynamic\" are not supported"},
      {"\"rope_theta\": 10000.0", "\"rope_parameters\": []", "key rope_parameters: must be an object"},
      {"\"rope_theta\": 10000.0", "\"attention_bias\": 1", "key attention_bias: \"1\" must be true or false"},
      {"\"rope_theta\": 10000.0", "\"attention_bias\": true",
       "tensor \"model.layers.0.self_attn.q_proj.bias\" is missing"},
      {"\"vocab_size\": 40,", "", "key vocab_size is missing"},
      {"\"vocab_size\": 40", "\"vocab_size\": 41",
       "\"model.embed_tokens.weight\" has the shape 40 × 64, must be 41 × 64"},
      {"\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
       "tensor \"model.layers.2.self_attn.q_proj.weight\" is missing"},
      {"\"num_key_value_heads\": 2", "\"num_key_value_heads\": 4",
       "\"model.layers.0.self_attn.k_proj.weight\" has the shape"},
      {"\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", "tensor \"lm_head.weight\" is missing"},
      {"\"max_position_embeddings\": 32", "\"max_position_embeddings\": 4", "has 4 positions"},
  };
  for (const Case& wrong : cases) {
    INFO(wrong.to);
    model.replace(wrong.from, wrong.to);
    CHECK_THAT(model.refusal(), Catch::Contains(wrong.message));
  }
  model.folder.file("config.json", llama_config);

  Tensors tensors = llama_tensors();
  tensors["model.layers.1.mlp.up_proj.weight"].second[7] = std::numeric_limits<float>::quiet_NaN();
  model.folder.file("model.safetensors", safetensors(tensors));
  CHECK_THAT(model.refusal(), Catch::Contains("\"model.layers.1.mlp.up_proj.weight\": element 7 is nan"));
  tensors["model.layers.1.mlp.up_proj.weight"].second[7] = 1e9F;
  model.folder.file("model.safetensors", safetensors(tensors));
  CHECK_THAT(model.refusal(),
             Catch::Contains("\"model.layers.1.mlp.up_proj.weight\", row 0: weights 0 … 63 are too large"));
}

TEST_CASE("OPT models that cannot be evaluated") {
  const Model model;
  const std::string opt = R"({"model_type": "opt", "vocab_size": 40, "hidden_size": 64, "ffn_dim": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32)";
  const auto with = [&](const std::string& more) {
    model.folder.file("config.json", opt + more + "}");
    return model.refusal();
  };
  CHECK_THAT(with(R"(, "activation_function": "gelu")"), Catch::Contains("key activation_function: \"gelu\""));
  CHECK_THAT(with(R"(, "word_embed_proj_dim": 32)"), Catch::Contains("key word_embed_proj_dim: 32 is not supported"));
  CHECK_THAT(with(R"(, "_remove_final_layer_norm": true)"), Catch::Contains("key _remove_final_layer_norm: true"));
  CHECK_THAT(with(""), Catch::Contains("tensor \"model.decoder.embed_tokens.weight\" is missing"));
}

TEST_CASE("token files: .npy of any integers, raw ones, and wrong ones") {
  const Folder folder;
  const auto npy = [&](const std::string& type, const std::string& shape, const std::string& data) {
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(118, ' ');
    return folder.file("t.npy", std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + data);
  };
  using Tokens = std::vector<std::uint32_t>;
  CHECK(read_tokens(npy("|u1", "(3,)", "\x01\x02\x03"), TokenType::int32, 10) == Tokens{1, 2, 3});
  CHECK(read_tokens(npy("<i8", "(1, 2)", std::string("\x05\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0", 16)), TokenType::int32,
                    10) == Tokens{5, 9});
  const std::string raw = folder.file("t.bin", std::string("\x05\0\x09\0", 4));
  CHECK(read_tokens(raw, TokenType::uint16, 10) == Tokens{5, 9});
  CHECK(read_tokens(raw, TokenType::uint8, 10) == Tokens{5, 0, 9, 0});
  CHECK(read_tokens(raw, TokenType::int32, 0x90006) == Tokens{0x90005});

  const auto refused = [&](const std::string& path, TokenType type = TokenType::uint16) {
    const std::string message = refusal([&] { read_tokens(path, type, 9); });
    CHECK(message.find(path) == 0);
    return message;
  };
  CHECK_THAT(refused(raw), Catch::Contains("token 1 is 9, must be 0 … 8"));
  CHECK_THAT(refused(npy("<i2", "(1,)", "\xFF\xFF")), Catch::Contains("token 0 is negative"));
  CHECK_THAT(refused(npy("<i8", "(1,)", std::string("\0\0\0\0\0\0\0\x80", 8))), Catch::Contains("token 0 is negative"));
  CHECK_THAT(refused(npy("<f4", "(1,)", "\1\1\1\1")), Catch::Contains("tokens must be integers"));
  CHECK_THAT(refused(npy(">i4", "(1,)", "\1\1\1\1")), Catch::Contains("tokens must be integers, little-endian"));
  CHECK_THAT(refused(npy("<i4", "(2,)", "\1\1\1\1")), Catch::Contains("has 4 bytes of numbers, must be 8"));
  CHECK_THAT(refused(npy("<i8", "(999999999999999999, 999999999999999999)", "")), Catch::Contains("cannot hold"));
  CHECK_THAT(refused(npy("|u1", "(0,)", "")), Catch::Contains("holds no tokens"));
  CHECK_THAT(refused(folder.file("e.bin", "")), Catch::Contains("holds no tokens"));
  CHECK_THAT(refused(folder.file("o.bin", "abc")), Catch::Contains("not a whole number of tokens of 2 bytes"));
  CHECK_THAT(refused(folder.path("none.bin")), Catch::Contains("cannot open the file"));
  CHECK_THAT(refused("/dev/zero"), Catch::Contains("is a pipe or a device"));

  Model model;
  model.config.length = 26;
  CHECK_THAT(model.refusal(), Catch::Contains("holds 25 tokens, a window needs 26"));
  model.config.length = 1;
  CHECK_THAT(model.refusal(), Catch::Contains("at least 2 tokens"));
}

TEST_CASE("A separate head in a checkpoint whose configuration ties it is refused, not ignored") {
  Model model;
  Tensors tensors = llama_tensors();
  tensors["lm_head.weight"] = tensors.at("model.embed_tokens.weight");
  model.folder.file("model.safetensors", safetensors(tensors));
  const double tied = BuiltinEvaluator(model.config).baseline();  // the same numbers: nothing is left out

  tensors.at("lm_head.weight").second[7] += 1;
  model.folder.file("model.safetensors", safetensors(tensors));
  CHECK_THAT(model.refusal(),
             Catch::Contains("tensor \"lm_head.weight\" is not the embedding, though config.json ties"));
  model.replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
  CHECK(BuiltinEvaluator(model.config).baseline() != tied);
}

TEST_CASE("A configuration that names a quantiser is refused where it is not read, or nothing is packed") {
  const Model model;
  const std::string unpacked = "no tensor is called …";
  for (const auto& [value, message] : std::vector<std::pair<std::string, std::string>>{
           {R"({"quant_method": "hqq", "bits": 4})", "quantised by \"hqq\", which is not supported; use the original"},
           {R"({"load_in_4bit": true})", "quantised by a quantiser that it does not name"},
           {R"({"quant_method": "gptq", "bits": 4, "group_size": 128})", unpacked + ".qweight"},
           {R"({"quant_method": "awq"})", unpacked + ".qweight"},
           {R"({"quant_method": "compressed-tensors"})", "key quantization_config.config_groups: must be an object"}}) {
    model.replace("\"model_type\"", "\"quantization_config\": " + value + ", \"model_type\"");
    CHECK_THAT(model.refusal(), Catch::Contains("quantization_config") && Catch::Contains(message));
  }
}
