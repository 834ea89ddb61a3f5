// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "workload/gemm.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"

using namespace anda::sim;

namespace {

struct Row {
  const char* name;
  std::uint64_t total;
  std::uint64_t active;  ///< 0: all
};

void check(const ModelShape& shape, const Row& row) {
  INFO(row.name);
  CHECK(problem_of(shape).empty());
  CHECK(parameters_of(shape).total == row.total);
  CHECK(parameters_of(shape).active == (row.active == 0 ? row.total : row.active));
}

/// 4 heads of 4, 2 of keys and values, 3 layers, 10 tokens.
ModelShape small() {
  ModelShape shape{"small", 16, 8, 3, 4, 2, 4, true, 32};
  shape.vocabulary = 10;
  return shape;
}

std::uint64_t more_than_small(const std::function<void(ModelShape&)>& change) {
  ModelShape shape = small();
  change(shape);
  CHECK(problem_of(shape).empty());
  return parameters_of(shape).total - parameters_of(small()).total;
}

}  // namespace

TEST_CASE("Built-in models have their published numbers of parameters") {
  const std::vector<Row> rows = {{"OPT-1.3B", 1'315'758'080, 0},
                                 {"OPT-2.7B", 2'651'596'800, 0},
                                 {"OPT-6.7B", 6'658'473'984, 0},
                                 {"LLaMA-7B", 6'738'415'616, 0},
                                 {"LLaMA2-7B", 6'738'415'616, 0},
                                 {"OPT-13B", 12'853'473'280, 0},
                                 {"LLaMA-13B", 13'015'864'320, 0},
                                 {"LLaMA2-13B", 13'015'864'320, 0},
                                 {"OPT-30B", 29'974'540'288, 0},
                                 {"LLaMA-3-8B", 8'030'261'248, 0},
                                 {"LLaMA-3-70B", 70'553'706'496, 0},
                                 {"Mistral-7B", 7'241'732'096, 0},
                                 {"Qwen2-7B", 7'615'616'512, 0},
                                 {"Gemma-2B", 2'506'172'416, 0},
                                 {"Phi-3-mini", 3'821'079'552, 0},
                                 {"Mixtral-8x7B", 46'702'792'704, 12'879'925'248},
                                 {"DeepSeek-V2-Lite", 15'706'484'224, 2'661'150'208},
                                 {"DeepSeek-V3", 671'026'419'200, 37'552'297'472}};
  REQUIRE(built_in_models().size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(built_in_models()[i].name == rows[i].name);
    check(find_model(rows[i].name), rows[i]);
  }
}

TEST_CASE("A config.json of every family has its model's published number of parameters") {
  const std::vector<Row> rows = {{"opt-125m", 125'239'296, 0},
                                 {"opt-350m", 331'196'416, 0},
                                 {"llama-2-70b", 68'976'648'192, 0},
                                 {"llama-3.1-405b", 405'853'388'800, 0},
                                 {"llama-3.2-1b", 1'235'814'400, 0},
                                 {"mistral-7b-v0.3", 7'248'023'552, 0},
                                 {"qwen2.5-7b", 7'615'616'512, 0},
                                 {"qwen3-8b", 8'190'735'360, 0},
                                 {"gemma-2b", 2'506'172'416, 0},
                                 {"gemma-2-9b", 9'241'705'984, 0},
                                 {"gemma-3-1b", 999'885'952, 0},
                                 {"gemma-3-4b", 3'880'263'168, 0},
                                 {"phi-2", 2'779'683'840, 0},
                                 {"phi-3-mini-4k", 3'821'079'552, 0},
                                 {"phi-4", 14'659'507'200, 0},
                                 {"gpt2", 124'439'808, 0},
                                 {"pythia-70m", 70'426'624, 0},
                                 {"mixtral-8x7b", 46'702'792'704, 12'879'925'248},
                                 {"qwen1.5-moe-a2.7b", 14'315'784'192, 2'689'173'504},
                                 {"qwen3-30b-a3b", 30'532'122'624, 3'353'032'704},
                                 {"deepseek-v2-lite", 15'706'484'224, 2'661'150'208},
                                 {"deepseek-v2", 235'741'434'880, 21'375'800'320},
                                 {"deepseek-v3", 671'026'419'200, 37'552'297'472}};
  for (const Row& row : rows) {
    const std::string path = std::string(ANDA_SOURCE_DIR) + "/tests/data/model_configs/" + row.name + ".json";
    check(read_hugging_face_config(path), row);
  }
}

TEST_CASE("What each property of a model adds to its parameters, by hand") {
  // Embedding and head 2 · 10 · 16; a layer: Q and O 2 · 16 · 16, K and V 2 · 16 · 8, three of 16 · 8, two norms of 16.
  CHECK(parameters_of(small()).total == 320 + 3 * (512 + 256 + 384 + 32) + 16);

  CHECK(more_than_small([](ModelShape& s) { s.tied_embeddings = true; }) == std::uint64_t{0} - 160);
  CHECK(more_than_small([](ModelShape& s) { s.norm = Norm::layer_norm; }) == 7 * 16);
  CHECK(more_than_small([](ModelShape& s) { s.norms_per_layer = 4; }) == 3 * 2 * 16);
  CHECK(more_than_small([](ModelShape& s) { s.final_norm = false; }) == std::uint64_t{0} - 16);
  CHECK(more_than_small([](ModelShape& s) { s.head_norms = true; }) == 3 * 2 * 4);
  CHECK(more_than_small([](ModelShape& s) { s.attention_bias = true; }) == 3 * (16 + 8 + 8));
  CHECK(more_than_small([](ModelShape& s) { s.output_bias = true; }) == 3 * 16);
  CHECK(more_than_small([](ModelShape& s) { s.feed_forward_bias = true; }) == 3 * (8 + 8 + 16));
  CHECK(more_than_small([](ModelShape& s) { s.head_bias = true; }) == 10);
  CHECK(more_than_small([](ModelShape& s) { s.gated = false; }) == std::uint64_t{0} - 3 * 128);
  CHECK(more_than_small([](ModelShape& s) {
          s.position_kind = Positions::learned;
          s.unused_positions = 2;
        }) == 34 * 16);
  // Both tables 4 instead of 16 wide, and two projections.
  CHECK(more_than_small([](ModelShape& s) { s.embedding_size = 4; }) == std::uint64_t{0} - 2 * 10 * 12 + 2 * 4 * 16);
  CHECK(more_than_small([](ModelShape& s) { s.embedding_size = 16; }) == 0);
  // Neither costs a parameter.
  CHECK(more_than_small([](ModelShape& s) {
          s.window = 4;
          s.windowed = {true, false, true};
          s.rotary_dim = 2;
          s.parallel_parts = true;
        }) == 0);
}

TEST_CASE("Experts and latent attention, by hand") {
  ModelShape shape = small();
  shape.layers = 5;
  const std::uint64_t dense = parameters_of(shape).total;
  shape.experts.count = 6;
  shape.experts.per_token = 2;
  shape.experts.intermediate_size = 4;
  shape.experts.dense_layers = 1;
  shape.experts.every = 2;  // layers 1 and 3
  // A router of 16 · 6 and experts of 3 · 16 · 4 in the place of 3 · 16 · 8.
  CHECK(parameters_of(shape).total == dense + 2 * (96 + 6 * 192 - 384));
  CHECK(parameters_of(shape).active == dense + 2 * (96 + 2 * 192 - 384));
  shape.experts.shared_size = 3;
  shape.experts.shared_gate = shape.experts.router_bias = true;
  CHECK(parameters_of(shape).active == dense + 2 * (96 + 6 + 2 * 192 + 3 * 16 * 3 + 16 - 384));

  ModelShape latent = small();
  const std::uint64_t ordinary = parameters_of(latent).total - 3 * (512 + 256);
  latent.latent = {0, 5, 2, 3, 6};
  // Q 16 · 4 · 5, down to 5 + 2 with a norm of 5, up to 4 · 9, out 4 · 6 · 16
  CHECK(parameters_of(latent).total == ordinary + 3 * (320 + 112 + 5 + 180 + 384));
  latent.latent.query_rank = 7;
  CHECK(parameters_of(latent).total == ordinary + 3 * (112 + 7 + 140 + 112 + 5 + 180 + 384));
  latent.attention_bias = latent.output_bias = true;
  CHECK(parameters_of(latent).total == ordinary + 3 * (112 + 7 + 140 + 112 + 5 + 180 + 384 + 7 + 7 + 16));
}

TEST_CASE("Impossible shapes are named") {
  const auto problem = [](const std::function<void(ModelShape&)>& change) {
    ModelShape shape = small();
    change(shape);
    return problem_of(shape);
  };
  CHECK(problem([](ModelShape&) {}).empty());
  CHECK(problem([](ModelShape& s) { s.vocabulary = 0; }).empty());  // not known
  CHECK(problem([](ModelShape& s) { s.vocabulary = max_gemm_dimension + 1; }) ==
        "vocabulary is 16777217; must be 0 … 16777216");
  CHECK(problem([](ModelShape& s) { s.norms_per_layer = 5; }) == "norms_per_layer is 5; must be 0 … 4");
  CHECK(problem([](ModelShape& s) { s.rotary_dim = 5; }) == "rotary_dim is 5; must be 0 … 4");
  CHECK(problem([](ModelShape& s) { s.windowed = {true}; }) == "windows are given for 1 layers, but there are 3");
  CHECK(problem([](ModelShape& s) {
          s.windowed = {false, true, false};
        }) == "layers have a sliding window, but its size is not given");
  const auto with_experts = [&](std::uint64_t count, std::uint64_t per_token, std::uint64_t width) {
    return problem([&](ModelShape& s) {
      s.experts.count = count;
      s.experts.per_token = per_token;
      s.experts.intermediate_size = width;
    });
  };
  CHECK(with_experts(8, 8, 1).empty());
  CHECK(with_experts(8, 9, 1) == "experts per token is 9; must be 1 … 8");
  CHECK(with_experts(8, 0, 1) == "experts per token is 0; must be 1 … 8");
  CHECK(with_experts(8, 1, 0) == "the experts' intermediate_size is 0; must be 1 … 16777216");
  CHECK(with_experts(65537, 1, 1) == "experts is 65537; must be 1 … 65536");
  CHECK(problem([](ModelShape& s) {
          s.latent = {0, 1, 0, 1, 1};
        }) == "width of a head with positions is 0; must be 1 … 16777216");
  CHECK(problem([](ModelShape& s) {
          s.latent = {0, 1, 1, 1, max_gemm_dimension};
        }) == "keys and values of 4 heads of 16777217 together are wider than the largest GeMM, 16777216");
  // Too much for 64 bits: neither a wrong number nor an overflow.
  const auto huge = [](ModelShape& s) {
    s.hidden_size = s.intermediate_size = max_gemm_dimension;
    s.layers = 65536;
    s.experts.count = s.experts.per_token = 65536;
    s.experts.intermediate_size = max_gemm_dimension;
  };
  CHECK(problem(huge) == "the model has more than 72057594037927936 parameters");
  ModelShape shape = small();
  huge(shape);
  CHECK(parameters_of(shape).total == std::numeric_limits<std::uint64_t>::max());
}
