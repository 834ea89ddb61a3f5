// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/gemm_generator.h"
#include "workload/hugging_face.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

// The keys of the published files that matter here, and some of those that don't.
const std::string llama3_8b = R"({
  "architectures": ["LlamaForCausalLM"],
  "attention_bias": false,
  "hidden_act": "silu",
  "hidden_size": 4096,
  "intermediate_size": 14336,
  "max_position_embeddings": 8192,
  "model_type": "llama",
  "num_attention_heads": 32,
  "num_hidden_layers": 32,
  "num_key_value_heads": 8,
  "rms_norm_eps": 1e-05,
  "rope_scaling": null,
  "vocab_size": 128256
})";
const std::string opt_125m = R"({
  "_name_or_path": "facebook/opt-125m",
  "activation_function": "relu",
  "do_layer_norm_before": true,
  "ffn_dim": 3072,
  "hidden_size": 768,
  "model_type": "opt",
  "num_attention_heads": 12,
  "num_hidden_layers": 12,
  "vocab_size": 50272,
  "word_embed_proj_dim": 768
})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("LLaMA-3-8B from its config.json has narrow keys and values") {
  const Folder folder;
  const ModelShape shape = read_hugging_face_config(folder.file("config.json", llama3_8b));
  CHECK(shape.hidden_size == 4096);
  CHECK(shape.head_dim == 128);
  CHECK(shape.kv_heads == 8);
  CHECK(shape.gated);
  CHECK(shape.name == folder.path().substr(folder.path().rfind('/') + 1));  // the folder's: the file has none

  GemmGenerator generator(shape, {});
  const std::vector<Gemm> gemms = all_of(generator);
  REQUIRE(gemms.size() == 32 * 7);
  CHECK(gemms[0].n == 4096);
  CHECK(gemms[1].n == 1024);
  CHECK(gemms[2].n == 1024);
  CHECK(gemms[3].k == 4096);
  CHECK(gemms[4].n == 14336);
}

TEST_CASE("OPT from its config.json") {
  const Folder folder;
  const ModelShape shape = read_hugging_face_config(folder.file("config.json", opt_125m));
  CHECK(shape.name == "opt-125m");
  CHECK(shape.hidden_size == 768);
  CHECK(shape.intermediate_size == 3072);
  CHECK(shape.layers == 12);
  CHECK(shape.heads == 12);
  CHECK(shape.kv_heads == 12);
  CHECK(shape.head_dim == 64);
  CHECK_FALSE(shape.gated);
}

TEST_CASE("Missing and null keys take the family's defaults, head_dim may differ from hidden size by heads") {
  const Folder folder;
  // Older LLaMA and Mistral files.
  ModelShape shape = read_hugging_face_config(
      folder.file("config.json", replaced(llama3_8b, "\"num_key_value_heads\": 8", "\"num_key_value_heads\": null")));
  CHECK(shape.kv_heads == 32);
  shape = read_hugging_face_config(folder.file("config.json", replaced(llama3_8b, "\"num_key_value_heads\": 8,", "")));
  CHECK(shape.kv_heads == 32);
  // Mistral-Nemo: 32 heads of 128 for a hidden size of 5120.
  const std::string nemo =
      replaced(replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 5120, \"head_dim\": 128"), "\"llama\"",
               "\"mistral\"");
  shape = read_hugging_face_config(folder.file("config.json", nemo));
  CHECK(shape.query_width() == 4096);
  CHECK(shape.kv_width() == 1024);
  shape = read_hugging_face_config(folder.file("config.json", replaced(llama3_8b, "\"llama\"", "\"qwen2\"")));
  CHECK(shape.gated);
}

TEST_CASE("Every wrong config.json is refused with file and key") {
  struct Case {
    std::string text;
    std::string place;
    std::string fragment;
  };
  const std::vector<Case> cases = {
      {"", ":1:1", "this is no JSON"},
      {"{\n  \"a\": 1,\n  \"ö\": oops\n}", ":3:8", "this is no JSON: syntax error while parsing value"},
      {"{\"a\": \"\xFF\"}", ":1:8", "this is no JSON"},
      {llama3_8b.substr(0, 100), ":", "this is no JSON"},
      {"[1]", "", "must hold a JSON object"},
      {"{}", "", "key model_type is missing"},
      {R"({"model_type": 3})", "", "key model_type: \"3\" must be a text"},
      {replaced(llama3_8b, "\"llama\"", "\"gpt2\""), "",
       "key model_type: \"gpt2\" is not supported; supported: opt, llama, mistral, qwen2"},
      {replaced(llama3_8b, "\"llama\"", "\"mixtral\""), "", "\"mixtral\" is not supported; did you mean `mistral`?"},
      {replaced(llama3_8b, "\"hidden_size\"", "\"hidden\""), "", "key hidden_size is missing"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": null"), "", "key hidden_size is missing"},
      {replaced(opt_125m, "ffn_dim", "intermediate_size"), "", "key ffn_dim is missing"},
      {replaced(llama3_8b, "\"num_hidden_layers\": 32", "\"num_hidden_layers\": 65537"), "",
       "key num_hidden_layers: \"65537\" is out of range; must be a whole number 1 … 65536"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 0"), "", "\"0\" is out of range"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": -4096"), "", "\"-4096\" is negative"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 4096.0"), "", "\"4096.0\" is no whole number"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": \"4096\""), "", "is no whole number"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 18446744073709551616"), "", "is out of range"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": [[[]]]"), "", "is no whole number"},
      {replaced(llama3_8b, "\"num_attention_heads\": 32", "\"num_attention_heads\": 24"), "",
       "key num_attention_heads: 24 heads don't divide hidden_size 4096"},
      {replaced(llama3_8b, "\"num_key_value_heads\": 8", "\"num_key_value_heads\": 5"), "",
       "key num_key_value_heads: 32 heads can't share 5 key/value heads evenly"},
      {replaced(llama3_8b, "\"num_key_value_heads\": 8", "\"head_dim\": 16777216"), "", "wider than the largest GeMM"},
      {std::string(2000000, ' '), "", "is larger than 1048576 bytes"},
      {std::string(1000000, '['), ":1:65", "is nested more than 64 levels deep"},
  };
  const Folder folder;
  for (const Case& wrong : cases) {
    const std::string path = folder.file("config.json", wrong.text);
    const std::string message = message_of([&] { read_hugging_face_config(path); });
    INFO(wrong.text.substr(0, 1000));
    CHECK_THAT(message, Catch::StartsWith(path + wrong.place + (wrong.place == ":" ? "" : ": ")));
    CHECK_THAT(message, Catch::Contains(wrong.fragment));
  }
  CHECK_THAT(message_of([&] { read_hugging_face_config(folder.path("none")); }), Catch::Contains("No such file"));
}
