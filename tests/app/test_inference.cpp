// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <vector>

#include "workload/inference.h"

using namespace anda;
using namespace anda::sim;

namespace {

/// d = 128, f = 256, 4 heads of 32 of which two share keys and values, three layers.
ModelShape small_model() {
  ModelShape shape;
  shape.name = "small";
  shape.hidden_size = 128;
  shape.intermediate_size = 256;
  shape.layers = 3;
  shape.heads = 4;
  shape.kv_heads = 2;
  shape.head_dim = 32;
  shape.gated = true;
  shape.vocabulary = 1000;
  return shape;
}

InferenceOptions options_of(Phase phase, std::vector<Sequences> batch) {
  InferenceOptions options;
  options.phase = phase;
  options.batch = std::move(batch);
  return options;
}

std::vector<Gemm> operations(const ModelShape& shape, const InferenceOptions& options) {
  InferenceSource source(shape, options);
  std::vector<Gemm> list;
  for (Gemm gemm; source.next(gemm);) list.push_back(gemm);
  return list;
}

std::map<OpKind, double> macs_by_kind(const std::vector<Gemm>& list) {
  std::map<OpKind, double> macs;
  for (const Gemm& gemm : list) macs[gemm.kind] += gemm.macs();
  return macs;
}

/// Elements of results of vector operations, by kind.
std::map<OpKind, std::uint64_t> elements_by_kind(const std::vector<Gemm>& list) {
  std::map<OpKind, std::uint64_t> elements;
  for (const Gemm& gemm : list) {
    if (gemm.vector) elements[gemm.kind] += gemm.m * gemm.n * gemm.count;
  }
  return elements;
}

constexpr std::uint64_t linear_weights = 128 * (128 + 2 * 64) + 128 * 128 + 3 * 128 * 256;  // of a layer

}  // namespace

TEST_CASE("A prefill has the multiply-accumulates of its model") {
  InferenceOptions options = options_of(Phase::prefill, {{96, 5}});
  options.query_block = 1;  // exactly the triangle
  const auto macs = macs_by_kind(operations(small_model(), options));
  CHECK(macs.at(OpKind::gemm) == 3.0 * 5 * 96 * linear_weights);
  // Query i, from 1 on, sees i keys: 96 · 97 / 2 pairs, in 4 heads of 32.
  CHECK(macs.at(OpKind::attention_scores) == 3.0 * 5 * 4 * 32 * (96 * 97 / 2));
  CHECK(macs.at(OpKind::attention_values) == macs.at(OpKind::attention_scores));
  CHECK(macs.at(OpKind::output_head) == 5.0 * 128 * 1000);  // of the last token alone
}

TEST_CASE("Blocks of queries compute the part of the square that they cover") {
  InferenceOptions options = options_of(Phase::prefill, {{100, 1}});
  options.query_block = 32;  // 32, 32, 32 and 4 queries against 32, 64, 96 and 100 keys
  const double pairs = 32 * 32 + 32 * 64 + 32 * 96 + 4 * 100;
  CHECK(macs_by_kind(operations(small_model(), options)).at(OpKind::attention_scores) == 3 * 4 * 32 * pairs);
  options.causal = false;
  CHECK(macs_by_kind(operations(small_model(), options)).at(OpKind::attention_scores) == 3.0 * 4 * 32 * 100 * 100);
}

TEST_CASE("A pass has the vector operations of its model") {
  const auto list = operations(small_model(), options_of(Phase::prefill, {{64, 2}}));
  const auto elements = elements_by_kind(list);
  const std::uint64_t tokens = 128;
  CHECK(elements.at(OpKind::norm) == 3 * 2 * tokens * 128 + 2 * 128);  // and the final one, of two last tokens
  CHECK(elements.at(OpKind::residual) == 3 * 2 * tokens * 128);
  CHECK(elements.at(OpKind::rotary) == 3 * tokens * (128 + 64));
  CHECK(elements.at(OpKind::activation) == 3 * tokens * 256);
  CHECK(elements.at(OpKind::softmax) == 3 * 2 * 4 * 64 * 64);
  CHECK(elements.at(OpKind::embedding) == tokens * 128);
  CHECK(elements.count(OpKind::kv_append) == 0);  // FP16 is written by what makes it
}

TEST_CASE("Generating is a prefill and a decode at each further length") {
  InferenceOptions options = options_of(Phase::generate, {{70, 3}, {20, 1}});
  options.output_tokens = 9;
  options.values = {CacheNumber::integer, 4, 16, CacheAxis::channel};
  options.keys = {CacheNumber::integer, 4, 16, CacheAxis::token};
  std::vector<Gemm> together = operations(small_model(), options);

  std::vector<Gemm> one_by_one = operations(small_model(), [&] {
    InferenceOptions prefill = options;
    prefill.phase = Phase::prefill;
    return prefill;
  }());
  for (std::uint64_t token = 1; token < 9; ++token) {
    InferenceOptions decode = options;
    decode.phase = Phase::decode;
    for (Sequences& sequences : decode.batch) sequences.tokens += token - 1;
    for (const Gemm& gemm : operations(small_model(), decode)) one_by_one.push_back(gemm);
  }
  REQUIRE(together.size() == one_by_one.size());
  for (std::size_t i = 0; i < together.size(); ++i) {
    INFO(together[i].name);
    CHECK(together[i].m == one_by_one[i].m);
    CHECK(together[i].n == one_by_one[i].n);
    CHECK(together[i].k == one_by_one[i].k);
    CHECK(together[i].count == one_by_one[i].count);
    CHECK(together[i].kind == one_by_one[i].kind);
    CHECK(together[i].vector == one_by_one[i].vector);
    CHECK(together[i].second == one_by_one[i].second);
  }
}

TEST_CASE("A prefill in chunks has the operations' sizes of the whole, and one output head") {
  InferenceOptions whole = options_of(Phase::prefill, {{100, 2}, {40, 1}});
  whole.query_block = 1;
  InferenceOptions chunks = whole;
  chunks.prefill_chunk = 32;
  const auto list = operations(small_model(), chunks);
  CHECK(macs_by_kind(list) == macs_by_kind(operations(small_model(), whole)));
  CHECK(elements_by_kind(list).at(OpKind::softmax) ==
        elements_by_kind(operations(small_model(), whole)).at(OpKind::softmax));
  // The short prompt ends with its second chunk, the long ones with their fourth.
  std::vector<std::uint64_t> heads;
  for (const Gemm& gemm : list) {
    if (gemm.kind == OpKind::output_head) heads.push_back(gemm.m);
  }
  CHECK(heads == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("Values go into the cache a whole group at a time, the rest stays FP16") {
  InferenceOptions options = options_of(Phase::generate, {{30, 1}});
  options.scope = Scope::layer;
  options.output_tokens = 6;  // contexts of 30 to 35
  options.values = {CacheNumber::integer, 4, 16, CacheAxis::channel};
  std::vector<std::uint64_t> appended;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> read;  // tokens in groups, tokens in FP16
  for (const Gemm& gemm : operations(small_model(), options)) {
    if (gemm.kind == OpKind::kv_append) appended.push_back(gemm.n);
    if (gemm.kind != OpKind::attention_values || gemm.vector) continue;
    if (gemm.second == SecondOperand::values) read.emplace_back(gemm.k, 0);
    if (gemm.second == SecondOperand::fp16) read.back().second = gemm.k;
  }
  CHECK(appended == std::vector<std::uint64_t>{16, 16});  // with the prompt, and with token 32
  CHECK(read == decltype(read){{16, 14}, {16, 15}, {32, 0}, {32, 1}, {32, 2}, {32, 3}});
}

TEST_CASE("A sliding window drops old tokens but keeps whole groups of values") {
  ModelShape shape = small_model();
  shape.window = 40;
  shape.windowed = {true, false, true};
  InferenceOptions options = options_of(Phase::decode, {{99, 1}});
  std::vector<std::uint64_t> contexts;
  for (const Gemm& gemm : operations(shape, options)) {
    if (gemm.kind == OpKind::attention_scores) contexts.push_back(gemm.n);
  }
  CHECK(contexts == std::vector<std::uint64_t>{40, 100, 40});
  options.values = {CacheNumber::anda, 4, 16, CacheAxis::channel};
  contexts.clear();
  for (const Gemm& gemm : operations(shape, options)) {
    if (gemm.kind == OpKind::attention_scores) contexts.push_back(gemm.n);
  }
  CHECK(contexts == std::vector<std::uint64_t>{100 - 48, 100, 100 - 48});  // 60 lies in the group from 48 on
}

TEST_CASE("Equal layers are one operation with a count where folding is allowed") {
  ModelShape shape = small_model();
  shape.window = 10;
  shape.windowed = {true, false, true};
  InferenceOptions options = options_of(Phase::generate, {{50, 2}});
  options.output_tokens = 3;
  const auto single = operations(shape, options);
  options.fold = [](std::uint32_t, std::uint32_t) { return true; };
  const auto folded = operations(shape, options);
  CHECK(folded.size() < single.size());
  CHECK(macs_by_kind(folded) == macs_by_kind(single));
  CHECK(elements_by_kind(folded) == elements_by_kind(single));
  options.fold = [](std::uint32_t a, std::uint32_t b) { return a == b; };
  CHECK(operations(shape, options).size() == single.size());
}

TEST_CASE("Fused projections are fewer GeMMs with the same multiply-accumulates") {
  InferenceOptions options = options_of(Phase::prefill, {{64, 2}});
  const auto apart = operations(small_model(), options);
  options.fuse_projections = true;
  const auto fused = operations(small_model(), options);
  CHECK(fused.size() == apart.size() - 3 * 3);  // of each layer Q, K, V and gate, up
  CHECK(macs_by_kind(fused) == macs_by_kind(apart));
  CHECK(elements_by_kind(fused) == elements_by_kind(apart));
}

TEST_CASE("Experts share the tokens, evenly or by the given load") {
  ModelShape shape = small_model();
  shape.layers = 2;
  shape.experts.count = 4;
  shape.experts.per_token = 2;
  shape.experts.intermediate_size = 64;
  shape.experts.shared_size = 32;
  shape.experts.dense_layers = 1;
  InferenceOptions options = options_of(Phase::prefill, {{25, 1}});
  options.scope = Scope::layer;
  options.layers = 2;
  const auto of = [&](const std::string& name) {
    std::map<std::uint64_t, std::uint64_t> experts;
    for (const Gemm& gemm : operations(shape, options)) {
      if (gemm.name == "prefill.layer1." + name) experts[gemm.m] += gemm.count;
    }
    return experts;
  };
  CHECK(of("expert.up_proj") == std::map<std::uint64_t, std::uint64_t>{{13, 2}, {12, 2}});  // 50 choices, 4 experts
  CHECK(of("shared_expert.up_proj") == std::map<std::uint64_t, std::uint64_t>{{25, 1}});
  CHECK(of("up_proj").empty());
  options.expert_load = {3, 1, 0, 1};
  CHECK(of("expert.up_proj") == std::map<std::uint64_t, std::uint64_t>{{30, 1}, {10, 2}});
  options.expert_load = {1, 1};
  CHECK_THROWS_WITH(operations(shape, options), Catch::Contains("has 2 shares, but small has 4 experts"));
}

TEST_CASE("The cache's bytes follow from its formats") {
  InferenceOptions options = options_of(Phase::prefill, {{100, 3}});
  CHECK(cache_bytes(small_model(), options) == 3ull * 3 * 2 * 2 * 100 * 32 * 2);  // FP16
  options.keys = {CacheNumber::integer, 4, 32, CacheAxis::token};
  options.values = {CacheNumber::anda, 4, 32, CacheAxis::channel};
  // Of a head: keys 100 · (16 + 2) bytes; values of 96 tokens 96 · 16 bytes and 3 · 32 exponents of 5 bits, of 4 FP16.
  CHECK(cache_bytes(small_model(), options) == 3ull * 3 * 2 * (100 * 18 + 96 * 16 + 60 + 4 * 64));
}

TEST_CASE("Impossible inferences are refused with the reason") {
  ModelShape shape = small_model();
  shape.positions = 128;
  InferenceOptions options = options_of(Phase::generate, {{100, 1}});
  options.output_tokens = 30;  // the last context has 129 tokens
  CHECK_THROWS_WITH(operations(shape, options), Catch::Contains("129 tokens") && Catch::Contains("128 positions"));
  options.ignore_positions = true;
  CHECK_NOTHROW(operations(shape, options));
  options.ignore_positions = false;
  options.output_tokens = 29;
  CHECK_NOTHROW(operations(shape, options));
  options.layers = 4;
  CHECK_THROWS_WITH(operations(shape, options), Catch::Contains("layers is 4, but small has 3"));
  shape.vocabulary = 0;
  options.layers = 0;
  CHECK_THROWS_WITH(operations(shape, options), Catch::Contains("vocab_size is not known"));
  shape = small_model();
  CHECK_THROWS_WITH(operations(shape, options_of(Phase::prefill, {{1u << 20, 64}})), Catch::Contains("too large"));
}

TEST_CASE("A context of a million tokens does not overflow") {
  ModelShape shape = small_model();
  InferenceOptions options = options_of(Phase::decode, {{(1u << 20) - 1, 1000}});
  const auto macs = macs_by_kind(operations(shape, options));
  CHECK(macs.at(OpKind::attention_scores) == 3.0 * 1000 * 4 * 32 * (1u << 20));
  CHECK(cache_bytes(shape, options) == 3ull * 1000 * 2 * 2 * (1u << 20) * 32 * 2);
}
