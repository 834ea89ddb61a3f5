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

TEST_CASE("single layers differ in what their entry gives", "[config]") {
  const PrecisionConfig config =
      precision("{A_qkv: 7, A_d: 6, layers: {0: {A_qkv: 10}, 2: [1, 2, 3, 4], 65535: 5, 3: {}}}");
  CHECK(lengths(config, 0) == Lengths{10, 11, 11, 6});
  CHECK(lengths(config, 1) == Lengths{7, 11, 11, 6});
  CHECK(lengths(config, 2) == Lengths{1, 2, 3, 4});
  CHECK(lengths(config, 3) == Lengths{7, 11, 11, 6});
  CHECK(lengths(config, 65535) == Lengths{5, 5, 5, 5});
  CHECK(config.mantissa_bits(2, "A_v") == 8);
}
