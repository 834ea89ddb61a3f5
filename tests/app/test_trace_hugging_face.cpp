// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/gemm_generator.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"

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
      {"", ":1:1", "this is not JSON"},
      {"{\n  \"a\": 1,\n  \"ö\": oops\n}", ":3:8", "this is not JSON: syntax error while parsing value"},
      {"{\"a\": \"\xFF\"}", ":1:8", "this is not JSON"},
      {llama3_8b.substr(0, 100), ":", "this is not JSON"},
      {"[1]", "", "must hold a JSON object"},
      {"{}", "", "key model_type is missing"},
      {R"({"model_type": 3})", "", "key model_type: \"3\" must be a text"},
      {replaced(llama3_8b, "\"llama\"", "\"falcon\""), "",
       "key model_type: \"falcon\" is not supported; supported: opt, llama, mistral, qwen2, qwen3, gemma, "},
      {replaced(llama3_8b, "\"llama\"", "\"gpt2\""), "",
       "hidden_size: is that of another family; a model of type gpt2"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": null"), "", "key hidden_size is null"},
      {replaced(opt_125m, "\"ffn_dim\": 3072", "\"intermediate_size\": 4096"), "",
       "key intermediate_size: is that of another family; a model of type opt has ffn_dim"},
      {replaced(llama3_8b, "\"num_hidden_layers\": 32", "\"num_hidden_layers\": 65537"), "",
       "key num_hidden_layers: \"65537\" is out of range; must be a whole number 1 … 65536"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 0"), "", "\"0\" is out of range"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": -4096"), "", "\"-4096\" is negative"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 4096.0"), "", "\"4096.0\" is not a whole number"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": \"4096\""), "", "is not a whole number"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": 18446744073709551616"), "", "is out of range"},
      {replaced(llama3_8b, "\"hidden_size\": 4096", "\"hidden_size\": [[[]]]"), "", "is not a whole number"},
      {replaced(llama3_8b, "\"num_attention_heads\": 32", "\"num_attention_heads\": 24"), "",
       "key num_attention_heads: 24 heads do not divide hidden_size 4096"},
      {replaced(llama3_8b, "\"num_key_value_heads\": 8", "\"num_key_value_heads\": 5"), "",
       "key num_key_value_heads: 32 heads cannot share 5 key/value heads evenly"},
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

TEST_CASE("Omitted keys take the defaults of the file's type, unlike null") {
  const Folder folder;
  const auto read = [&](const std::string& text) { return read_hugging_face_config(folder.file("config.json", text)); };
  const ModelShape mistral = read(R"({"model_type": "mistral"})");
  CHECK(mistral.hidden_size == 4096);
  CHECK(mistral.intermediate_size == 14336);
  CHECK(mistral.layers == 32);
  CHECK(mistral.kv_heads == 8);
  CHECK(mistral.positions == 131072);
  CHECK(mistral.defaults ==
        "hidden_size = 4096, intermediate_size = 14336, num_hidden_layers = 32, num_attention_heads = 32, "
        "num_key_value_heads = 8, vocab_size = 32000, sliding_window = 4096");
  REQUIRE(notes_on_file(mistral).size() == 1);
  CHECK(notes_on_file(mistral).front() ==
        "The file of " + mistral.name + " omits keys; they take the defaults of its type: " + mistral.defaults + ".");
  CHECK(read(R"({"model_type": "mistral", "num_key_value_heads": null})").kv_heads == 32);
  CHECK(read(R"({"model_type": "llama", "num_attention_heads": 16})").kv_heads == 16);
  CHECK(read(R"({"model_type": "llama"})").intermediate_size == 11008);
  CHECK(read(R"({"model_type": "qwen2"})").intermediate_size == 22016);
  CHECK(read(R"({"model_type": "opt"})").hidden_size == 768);
  CHECK(read(llama3_8b).defaults.empty());
  CHECK_THAT(
      message_of([&] { read(R"({"model_type": "qwen2", "num_attention_heads": 14, "hidden_size": 896})"); }),
      Catch::Contains("14 heads cannot share 32 key/value heads evenly; the file has none, and 32 is the default"));
  CHECK_THAT(message_of([&] { read(R"({"model_type": "llama", "hidden_size": null})"); }),
             Catch::Contains("key hidden_size is null"));
}

TEST_CASE("Keys of models that are not dense decoders are refused for every type, unless they are off") {
  const Folder folder;
  const auto with = [&](const std::string& key) {
    return folder.file("config.json", replaced(llama3_8b, "\"vocab_size\"", key + ", \"vocab_size\""));
  };
  for (const char* key :
       {R"("num_local_experts": 8)", R"("num_experts": 60)", R"("n_routed_experts": 64)",
        R"("moe_intermediate_size": 768)", R"("num_experts_per_tok": 2)", R"("shared_expert_intermediate_size": 5632)",
        R"("kv_lora_rank": 512)", R"("text_config": {"hidden_size": 1})", R"("is_encoder_decoder": true)",
        R"("pruned_heads": {"0": [1]})", R"("block_configs": [{}])",
        R"("layer_types": ["full_attention", "linear_attention"])", R"("num_kv_heads": 1)",
        R"("num_nextn_predict_layers": 1)", R"("ffn_dim": 8192)", R"("n_head": 16)", R"("use_qk_norm": true)",
        R"("qkv_bias": true)", R"("sliding_window": 4096)"}) {
    INFO(key);
    const std::string path = with(key);
    const std::string message = message_of([&] { read_hugging_face_config(path); });
    CHECK_THAT(message, Catch::StartsWith(path + ": key "));
    CHECK_THAT(message, !Catch::Contains("did you mean"));
  }
  for (const char* key : {R"("num_local_experts": null)", R"("num_local_experts": 1)", R"("num_experts": 0)",
                          R"("pruned_heads": {})", R"("is_encoder_decoder": false)", R"("layer_types": null)",
                          R"("sliding_window": null)", R"("mlp_only_layers": [])", R"("ffn_dim": 14336)"}) {
    INFO(key);
    CHECK(read_hugging_face_config(with(key)).hidden_size == 4096);
  }
}

TEST_CASE("Hints name no other family") {
  const Folder folder;
  for (const char* type : {"falcon", "qwen4", "qwen3_next", "gpt", "llama4", "phimoe", "gemma3n", "deepseek"}) {
    const std::string path =
        folder.file("config.json", replaced(llama3_8b, "\"llama\"", '"' + std::string(type) + '"'));
    CHECK_THAT(message_of([&] { read_hugging_face_config(path); }), !Catch::Contains("did you mean"));
  }
  CHECK_THAT(message_of([&] {
               read_hugging_face_config(folder.file("config.json", replaced(llama3_8b, "\"llama\"", "\"LLaMA\"")));
             }),
             Catch::Contains("did you mean `llama`?"));
  for (const char* name : {"LLaMA4-8B", "GPT-13B", "Falcon-7B", "Qwen3-8B", "Mamba-7B"}) {
    CHECK_THAT(message_of([&] { find_model(name); }), !Catch::Contains("did you mean"));
  }
  CHECK_THAT(message_of([&] { find_model("OPT-13"); }), Catch::Contains("did you mean `OPT-13B`?"));
  CHECK_THAT(message_of([&] { find_model("LLaMA3-8B"); }), Catch::Contains("did you mean `LLaMA-3-8B`?"));
  CHECK_THAT(message_of([&] { find_model("Mixtral-7B"); }), Catch::Contains("did you mean `Mixtral-8x7B`?"));
}
