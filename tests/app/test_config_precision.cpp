// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <array>

#include "app/config_test.h"

using anda::sim::parse_run_config;
using anda::sim::PrecisionConfig;

namespace {

PrecisionConfig precision(const std::string& text) {
  return parse_run_config("workload: {model: OPT-30B}\nprecision: " + text + "\n", "f.yaml").precision;
}

std::array<std::uint32_t, 4> lengths(const PrecisionConfig& config, std::uint32_t layer = 0) {
  return {config.mantissa_bits(layer, "A_qkv"), config.mantissa_bits(layer, "A_o"), config.mantissa_bits(layer, "A_u"),
          config.mantissa_bits(layer, "A_d")};
}

using Lengths = std::array<std::uint32_t, 4>;

}  // namespace

TEST_CASE("mantissa lengths as list, number and map", "[config]") {
  CHECK(lengths(PrecisionConfig{}) == Lengths{11, 11, 11, 11});
  CHECK(lengths(precision("{}")) == Lengths{11, 11, 11, 11});
  CHECK(lengths(precision("[7, 5, 6, 4]")) == Lengths{7, 5, 6, 4});
  CHECK(lengths(precision("9")) == Lengths{9, 9, 9, 9});
  CHECK(lengths(precision("{A_qkv: 7, A_o: 5, A_u: 6, A_d: 4}")) == Lengths{7, 5, 6, 4});
  CHECK(lengths(precision("{A_u: 3}")) == Lengths{11, 11, 3, 11});
  CHECK(lengths(precision("[1, 16, 1, 16]")) == Lengths{1, 16, 1, 16});
}

TEST_CASE("tensors of other names and the short forms leave the other keys alone", "[config]") {
  const PrecisionConfig config =
      parse_run_config("workload: {model: OPT-30B}\nprecision: {other: 3, weight_bits: 2, output: fp16}\n", "f.yaml",
                       {"precision=6"})
          .precision;
  CHECK(config.mantissa_bits(0, "A_v") == 3);
  CHECK(config.mantissa_bits(0, "") == 3);
  CHECK(config.mantissa_bits(0, "a_qkv") == 3);
  CHECK(config.weight_bits == 2);
  CHECK(config.output == anda::sim::OutputFormat::fp16);
  CHECK(lengths(config) == Lengths{6, 6, 6, 6});
  CHECK(PrecisionConfig{}.mantissa_bits(0, "other") == 8);
}

TEST_CASE("individual layers differ in the keys of their entry", "[config]") {
  const PrecisionConfig config =
      precision("{A_qkv: 7, A_d: 6, layers: {0: {A_qkv: 10}, 2: [1, 2, 3, 4], 65535: 5, 3: {}}}");
  CHECK(lengths(config, 0) == Lengths{10, 11, 11, 6});
  CHECK(lengths(config, 1) == Lengths{7, 11, 11, 6});
  CHECK(lengths(config, 2) == Lengths{1, 2, 3, 4});
  CHECK(lengths(config, 3) == Lengths{7, 11, 11, 6});
  CHECK(lengths(config, 65535) == Lengths{5, 5, 5, 5});
  CHECK(config.mantissa_bits(2, "A_v") == 8);
}

TEST_CASE("queries and probabilities have 16 bits in a machine, and none for an evaluation, unless given", "[config]") {
  const PrecisionConfig none = precision("[7, 7, 7, 7]");
  CHECK(none.mantissa_bits(3, "A_q") == 16);
  CHECK(none.mantissa_bits(3, "A_p") == 16);
  CHECK(!none.given_bits(3, "A_q"));
  CHECK(none.given_bits(3, "A_o") == 7U);
  const PrecisionConfig given = precision("{A_q: 6, layers: {1: {A_q: 9, A_p: 4}, 2: [1, 1, 1, 1]}}");
  CHECK(given.mantissa_bits(0, "A_q") == 6);
  CHECK(given.mantissa_bits(1, "A_q") == 9);
  CHECK(given.mantissa_bits(2, "A_q") == 6);
  CHECK(given.given_bits(1, "A_p") == 4U);
  CHECK(!given.given_bits(2, "A_p"));
}

TEST_CASE("schedules and cache formats are read and checked", "[config]") {
  const auto config = parse_run_config(
      "workload: {model: OPT-30B}\nprecision: {schedule: {0: {A_u: 5}, 64: {A_q: 4, K: 3}}}\n"
      "kv_cache: {k: {format: int, group: 32, axis: channel}}\n",
      "f.yaml");
  CHECK(config.precision.schedule.at(0).a_u == 5U);
  CHECK(config.precision.schedule.at(64).k == 3U);
  CHECK(!config.precision.schedule.at(64).a_u);
  CHECK(config.kv_cache.k.number == anda::CacheNumber::integer);
  CHECK(config.kv_cache.k.axis == anda::CacheAxis::channel);
  CHECK(config.kv_cache.v.axis == anda::CacheAxis::channel);
  CHECK(config.kv_cache.v.is_fp16());
  const auto refusal = [](const std::string& text) { return error_in("workload: {model: OPT-30B}\n" + text + "\n"); };
  CHECK_THAT(refusal("kv_cache: {v: {group: 24}}"), Catch::Contains("kv_cache.v.group: is 24, must be a power of two"));
  CHECK_THAT(refusal("kv_cache: {v: {format: int, bits: 1}}"),
             Catch::Contains("kv_cache.v.bits: is 1, must be 2 … 16"));
  CHECK_THAT(refusal("kv_cache: {k: {format: int4}}"), Catch::Contains("must be one of fp16, int, anda"));
  CHECK_THAT(refusal("precision: {schedule: {3: {V: 4}}}"),
             Catch::Contains("precision.schedule.3.V: is 4, must be left out with kv_cache.v.format = fp16"));
  CHECK_THAT(refusal("precision: {schedule: {3: {A_x: 4}}}"), Catch::Contains("A_x"));
}
