// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/weight.h>

#include <catch2/catch.hpp>

#include <algorithm>

#include <anda/base/error.h>
#include <anda/numeric/reference/weight_column.h>

#include "numeric/real_numbers.h"

using anda::Fp16;
using anda::WeightColumn;
using Catch::Matchers::Contains;

namespace {
using Values = std::vector<std::int8_t>;
}  // namespace

TEST_CASE("quantised weights are the nearest of the symmetric grid") {
  const std::uint64_t seed = 19;
  CAPTURE(seed);
  Random random(seed);
  for (std::uint32_t bits = 2; bits <= 8; ++bits) {
    const int qmax = (1 << (bits - 1)) - 1;
    std::vector<float> weights(300);
    for (float& weight : weights) {
      weight = std::ldexp(static_cast<float>(static_cast<int>(random.below(1u << 24)) - (1 << 23)), -25);
    }
    const WeightColumn column = anda::quantise(weights, {bits, 128});
    REQUIRE(column.scales.size() == 3);
    REQUIRE_NOTHROW(anda::check_column(column));
    const std::vector<Fp16> halves = anda::dequantise(column);
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const std::size_t first = k / 128 * 128, last = std::min<std::size_t>(first + 128, 300);
      double largest = 0;
      for (std::size_t i = first; i < last; ++i) largest = std::max<double>(largest, std::fabs(weights[i]));
      const unsigned scale = reference::nearest_pattern(largest / qmax);
      const double step = reference::value_of(scale);
      const int q = column.values[k];
      CAPTURE(bits, k, q, step, weights[k]);
      REQUIRE(column.scale_of(k).bits == scale);
      REQUIRE(std::abs(q) <= qmax);
      // Nothing on the grid is nearer.
      const double distance = std::fabs(weights[k] - q * step);
      REQUIRE((q == qmax || distance <= std::fabs(weights[k] - (q + 1) * step)));
      REQUIRE((q == -qmax || distance <= std::fabs(weights[k] - (q - 1) * step)));
      REQUIRE(halves[k].bits == reference::nearest_pattern(q * step));
    }
  }
}

TEST_CASE("quantisation by hand") {
  // INT4: scale = 7 / 7 = 1; ties go to even.
  const WeightColumn column = anda::quantise({7, -7, 2.5F, 3.5F, -0.5F, -1.5F, 0, 0.49F}, {4, 128});
  REQUIRE(column.scales == std::vector<Fp16>{Fp16{0x3C00}});
  REQUIRE(column.values == Values{7, -7, 2, 4, 0, -2, 0, 0});
  REQUIRE(anda::dequantise(column)[3] == Fp16{0x4400});
  // 1 bit: −1 and 0 only; −0.5 of the scale is a tie and goes to 0.
  const WeightColumn bits = anda::quantise({-2, 5, -1, -1.01F, 0}, {1, 128});
  REQUIRE(bits.scales == std::vector<Fp16>{Fp16{0x4000}});
  REQUIRE(bits.values == Values{-1, 0, 0, -1, 0});
  REQUIRE(anda::quantise({1, 2}, {1, 128}).scales == std::vector<Fp16>{Fp16{}});
  // All zero, and a scale that rounds to 0: no division by it.
  REQUIRE(anda::quantise({0, 0}, {4, 1}).values == Values{0, 0});
  REQUIRE(anda::quantise({1e-9F, -1e-9F}, {4, 128}).values == Values{0, 0});
  // 10 · 2^−24 / 7 rounds down to the scale 2^−24, on which 10 is off the grid: clamped.
  REQUIRE(anda::quantise({std::ldexp(10.0F, -24), std::ldexp(-10.0F, -24)}, {4, 128}).values == Values{7, -7});
  REQUIRE(anda::quantise({}, {4, 128}).scales.empty());
}

TEST_CASE("weights and formats that cannot be quantised are refused") {
  REQUIRE_THROWS_WITH(anda::quantise({1}, {4, 0}), Contains("scale_group is 0"));
  REQUIRE_THROWS_WITH(anda::quantise({1, std::numeric_limits<float>::infinity()}, {4, 128}),
                      Contains("weight 1 is not finite"));
  REQUIRE_THROWS_WITH(anda::quantise({1, 1, 1e6F}, {4, 2}), Contains("weights 2 … 2 are too large"));
  REQUIRE_THROWS_WITH(anda::quantise({1}, {9, 128}), Contains("weight_bits is 9, must be 1 … 8"));
}
