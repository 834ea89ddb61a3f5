// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "app/trace_test_files.h"
#include "workload/gemm_generator.h"
#include "workload/gemm_limits.h"
#include "workload/model_shape.h"

using namespace anda::sim;
using namespace trace_test;

namespace {

std::vector<Gemm> gemms_of(const ModelShape& shape, const GeneratorOptions& options = {}) {
  GemmGenerator generator(shape, options);
  return all_of(generator);
}

std::uint64_t macs_of(const std::vector<Gemm>& gemms) {
  std::uint64_t macs = 0;
  for (const Gemm& gemm : gemms) macs += gemm.m * gemm.k * gemm.n * gemm.count;
  return macs;
}

struct Expected {
  const char* name;
  const char* tensor;
  std::uint64_t m, k, n;
};

void check_gemms(const std::vector<Gemm>& gemms, const std::vector<Expected>& expected) {
  REQUIRE(gemms.size() == expected.size());
  for (std::size_t i = 0; i < gemms.size(); ++i) {
    INFO(gemms[i].name);
    CHECK(gemms[i].name == expected[i].name);
    CHECK(gemms[i].tensor == expected[i].tensor);
    CHECK(gemms[i].m == expected[i].m);
    CHECK(gemms[i].k == expected[i].k);
    CHECK(gemms[i].n == expected[i].n);
    CHECK(gemms[i].count == 1);
    CHECK(gemms[i].weight_bits == 0);
  }
}

}  // namespace

TEST_CASE("The first built-in models are those of the paper") {
  struct Row {
    const char* name;
    std::uint64_t d, f, layers, heads;
    bool gated;
  };
  const std::vector<Row> rows = {
      {"OPT-1.3B", 2048, 8192, 24, 32, false},  {"OPT-2.7B", 2560, 10240, 32, 32, false},
      {"OPT-6.7B", 4096, 16384, 32, 32, false}, {"LLaMA-7B", 4096, 11008, 32, 32, true},
      {"LLaMA2-7B", 4096, 11008, 32, 32, true}, {"OPT-13B", 5120, 20480, 40, 40, false},
      {"LLaMA-13B", 5120, 13824, 40, 40, true}, {"LLaMA2-13B", 5120, 13824, 40, 40, true},
      {"OPT-30B", 7168, 28672, 48, 56, false},
  };
  REQUIRE(built_in_models().size() > rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ModelShape& model = built_in_models()[i];
    INFO(model.name);
    CHECK(model.name == rows[i].name);
    CHECK(model.hidden_size == rows[i].d);
    CHECK(model.intermediate_size == rows[i].f);
    CHECK(model.layers == rows[i].layers);
    CHECK(model.heads == rows[i].heads);
    CHECK(model.gated == rows[i].gated);
    // None has grouped queries: queries, keys and values are all as wide as the hidden state.
    CHECK(model.query_width() == model.hidden_size);
    CHECK(model.kv_width() == model.hidden_size);
    CHECK(problem_of(model).empty());
  }
}

TEST_CASE("Models are found in any letter case, others are refused with the nearest name") {
  CHECK(find_model("LLaMA2-13B").name == "LLaMA2-13B");
  CHECK(find_model("llama2-13b").name == "LLaMA2-13B");
  CHECK(find_model("OPT-1.3b").name == "OPT-1.3B");
  const std::string message = message_of([] { find_model("lama-13b"); });
  CHECK_THAT(message, Catch::Contains("unknown model \"lama-13b\"; did you mean `LLaMA-13B`?; built in: OPT-1.3B, "));
  CHECK_THAT(message, Catch::Contains(", OPT-30B, LLaMA-3-8B, ") && Catch::EndsWith("DeepSeek-V3"));
  CHECK_THAT(message_of([] { find_model("something else"); }), !Catch::Contains("did you mean"));
  CHECK_THAT(message_of([] { find_model(""); }), Catch::Contains("unknown model \"\"; built in"));
}

TEST_CASE("A layer of LLaMA-13B in prefill, by hand") {
  GeneratorOptions options;
  options.layers = 1;
  const std::vector<Gemm> gemms = gemms_of(find_model("LLaMA-13B"), options);
  check_gemms(gemms, {{"layer0.q_proj", "A_qkv", 2048, 5120, 5120},
                      {"layer0.k_proj", "A_qkv", 2048, 5120, 5120},
                      {"layer0.v_proj", "A_qkv", 2048, 5120, 5120},
                      {"layer0.o_proj", "A_o", 2048, 5120, 5120},
                      {"layer0.gate_proj", "A_u", 2048, 5120, 13824},
                      {"layer0.up_proj", "A_u", 2048, 5120, 13824},
                      {"layer0.down_proj", "A_d", 2048, 13824, 5120}});
  // 2048 · (4 · 5120² + 3 · 5120 · 13824) = 2048 · (104,857,600 + 212,336,640)
  CHECK(macs_of(gemms) == 649'613'803'520u);
  CHECK(macs_of(gemms_of(find_model("LLaMA-13B"))) == 40 * 649'613'803'520u);
}

TEST_CASE("A layer of OPT-1.3B, by hand, with the names of its family") {
  GeneratorOptions options;
  options.layers = 1;
  options.tokens = 100;
  options.batch = 3;
  check_gemms(gemms_of(find_model("OPT-1.3B"), options), {{"layer0.q_proj", "A_qkv", 300, 2048, 2048},
                                                          {"layer0.k_proj", "A_qkv", 300, 2048, 2048},
                                                          {"layer0.v_proj", "A_qkv", 300, 2048, 2048},
                                                          {"layer0.out_proj", "A_o", 300, 2048, 2048},
                                                          {"layer0.fc1", "A_u", 300, 2048, 8192},
                                                          {"layer0.fc2", "A_d", 300, 8192, 2048}});
}

TEST_CASE("Grouped queries narrow keys and values, heads need not fill the hidden state") {
  ModelShape shape{"nemo", 5120, 14336, 1, 32, 8, 128, true};
  check_gemms(gemms_of(shape), {{"layer0.q_proj", "A_qkv", 2048, 5120, 4096},
                                {"layer0.k_proj", "A_qkv", 2048, 5120, 1024},
                                {"layer0.v_proj", "A_qkv", 2048, 5120, 1024},
                                {"layer0.o_proj", "A_o", 2048, 4096, 5120},
                                {"layer0.gate_proj", "A_u", 2048, 5120, 14336},
                                {"layer0.up_proj", "A_u", 2048, 5120, 14336},
                                {"layer0.down_proj", "A_d", 2048, 14336, 5120}});
}

TEST_CASE("Layers follow one another and only the first are made on request") {
  const ModelShape& model = find_model("OPT-2.7B");
  const std::vector<Gemm> all = gemms_of(model);
  REQUIRE(all.size() == 32 * 6);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].layer == i / 6);
    CHECK(all[i].name.rfind("layer" + std::to_string(i / 6) + ".", 0) == 0);
  }
  GeneratorOptions options;
  options.layers = 3;
  CHECK(same(gemms_of(model, options), {all.begin(), all.begin() + 18}));
  options.layers = 33;
  CHECK_THAT(message_of([&] { gemms_of(model, options); }), Catch::Contains("layers is 33, but OPT-2.7B has 32"));
}

TEST_CASE("Decode has one row per sequence, whatever the context") {
  GeneratorOptions options;
  options.phase = Phase::decode;
  options.batch = 8;
  const std::vector<Gemm> gemms = gemms_of(find_model("LLaMA-7B"), options);
  for (const Gemm& gemm : gemms) CHECK(gemm.m == 8);
  options.tokens = 1;
  CHECK(same(gemms_of(find_model("LLaMA-7B"), options), gemms));
  // No product of batch and context here.
  options.batch = max_gemm_dimension;
  options.tokens = max_gemm_dimension;
  CHECK(gemms_of(find_model("LLaMA-7B"), options).front().m == max_gemm_dimension);
}

TEST_CASE("Models with experts or latent attention have no list of GeMMs") {
  CHECK_THAT(message_of([] { gemms_of(find_model("Mixtral-8x7B")); }),
             Catch::Contains("Mixtral-8x7B has experts: only workload.scope: layer and model simulate it"));
  ModelShape shape{"mla", 512, 1024, 1, 4, 4, 96, true};
  shape.latent = {0, 128, 32, 64, 64};
  CHECK(problem_of(shape).empty());
  CHECK_THAT(message_of([&] { gemms_of(shape); }),
             Catch::Contains("model mla has latent attention: only workload.scope"));
}

TEST_CASE("Options and shapes without legal GeMMs are refused") {
  const ModelShape& model = find_model("LLaMA-7B");
  const auto refused = [](const ModelShape& shape, GeneratorOptions options) {
    return message_of([&] { gemms_of(shape, options); });
  };
  CHECK_THAT(refused(model, {Phase::prefill, 0, 1, 0}), Catch::Contains("tokens is 0; must be 1 … 16777216"));
  CHECK_THAT(refused(model, {Phase::prefill, 1, 0, 0}), Catch::Contains("batch is 0"));
  CHECK_THAT(refused(model, {Phase::decode, 16777217, 1, 0}), Catch::Contains("tokens is 16777217"));
  CHECK_THAT(refused(model, {Phase::prefill, 2048, 8193, 0}),
             Catch::Contains("batch × tokens = 8193 × 2048 = 16779264 rows; must be at most 16777216"));
  CHECK(gemms_of(model, {Phase::prefill, 2048, 8192, 1}).front().m == max_gemm_dimension);

  const std::uint64_t big = max_gemm_dimension;
  CHECK_THAT(refused({"wide", big, big, 1, 1, 1, 1, true}, {Phase::prefill, big, 1, 0}),
             Catch::Contains("gate_proj of wide is too large"));
  CHECK_THAT(refused({"x", 0, 1, 1, 1, 1, 1, true}, {}), Catch::Contains("model x: hidden_size is 0"));
  CHECK_THAT(refused({"x", 1, 1, 65537, 1, 1, 1, true}, {}), Catch::Contains("layers is 65537; must be 1 … 65536"));
  CHECK_THAT(refused({"x", 1, 1, 1, 6, 4, 1, true}, {}), Catch::Contains("6 attention heads cannot share 4"));
  CHECK_THAT(refused({"x", 1, 1, 1, big, 1, 2, true}, {}), Catch::Contains("wider than the largest GeMM"));
}
