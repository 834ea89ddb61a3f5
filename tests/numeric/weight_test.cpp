// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/weight.h>

#include <catch2/catch.hpp>

#include <algorithm>

#include <anda/base/error.h>

#include "reference.h"

using anda::Fp16;
using anda::WeightColumn;
using Catch::Matchers::Contains;

namespace {
using Bytes = std::vector<std::uint8_t>;
using Values = std::vector<std::int8_t>;
}  // namespace

TEST_CASE("INT4 weights are packed low nibble first, other widths as a little-endian bit stream") {
  REQUIRE(anda::pack_weights({1, -2, 7, -8, 3}, 4) == Bytes{0xE1, 0x87, 0x03});
  REQUIRE(anda::pack_weights({-1, 2}, 8) == Bytes{0xFF, 0x02});
  REQUIRE(anda::pack_weights({-1, 0, -1, -1, 0, 0, 0, 0, -1}, 1) == Bytes{0x0D, 0x01});
  REQUIRE(anda::pack_weights({1, -4, 3}, 3) == Bytes{0xE1, 0x00});  // 001, 100, 011 → 0 11100001
  REQUIRE(anda::packed_weight_bytes(3, 3) == 2);
  REQUIRE(anda::packed_weight_bytes(128, 4) == 64);
}

TEST_CASE("weights of every width come back, most negative code included") {
  Random random(17);
  for (std::uint32_t bits = 1; bits <= 8; ++bits) {
    for (std::size_t count = 0; count < 70; ++count) {
      const Values values = random.weights(count, bits);
      const Bytes bytes = anda::pack_weights(values, bits);
      CAPTURE(bits, count);
      REQUIRE(anda::unpack_weights(bytes, count, bits) == values);
      for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const bool is_set = bytes[bit / 8] >> (bit % 8) & 1;
        const bool expected =
            bit / bits < count &&
            (static_cast<int>(std::floor(std::ldexp(values[bit / bits], -static_cast<int>(bit % bits)))) & 1);
        REQUIRE(is_set == expected);
      }
    }
  }
}

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

TEST_CASE("wrong weights are refused") {
  REQUIRE_THROWS_WITH(anda::pack_weights({0, 8}, 4), Contains("weight 1 is 8, which does not fit in 4 bits"));
  REQUIRE_THROWS_WITH(anda::pack_weights({-9}, 4), Contains("is -9"));
  REQUIRE_THROWS_WITH(anda::pack_weights({1}, 1), Contains("does not fit in 1 bit"));
  REQUIRE_THROWS_WITH(anda::pack_weights({1}, 0), Contains("weight_bits is 0, must be 1 … 8"));
  REQUIRE_THROWS_WITH(anda::pack_weights({1}, 9), Contains("weight_bits is 9"));
  REQUIRE_THROWS_WITH(anda::unpack_weights({1, 2}, 5, 4), Contains("5 weights of 4 bits take 3 bytes, not 2"));
  REQUIRE_THROWS_WITH(anda::quantise({1}, {4, 0}), Contains("scale_group is 0"));
  REQUIRE_THROWS_WITH(anda::quantise({1, std::numeric_limits<float>::infinity()}, {4, 128}),
                      Contains("weight 1 is not finite"));
  REQUIRE_THROWS_WITH(anda::quantise({1, 1, 1e6F}, {4, 2}), Contains("weights 2 … 2 are too large"));
  // The scale 65504 / 127 rounds up to 516; the integers are fine, 127 · 516 is no FP16 number.
  REQUIRE(anda::quantise({65504}, {8, 2}).values == Values{127});
  REQUIRE_THROWS_WITH(anda::dequantise(anda::quantise({65504}, {8, 2})), Contains("weight 0 times its scale"));

  WeightColumn column{{4, 2}, {1, 2, 3}, {Fp16{0x3C00}}};
  REQUIRE_THROWS_WITH(anda::dequantise(column), Contains("need 2 scales, not 1"));
  column.scales.push_back(anda::fp16_infinity);
  REQUIRE_THROWS_WITH(anda::dequantise(column), Contains("weight scale 1 is not finite"));
  column.scales[1] = anda::fp16_max;
  REQUIRE_THROWS_WITH(anda::dequantise(column), Contains("weight 2 times its scale is beyond 65504"));
  column.values[2] = 1;
  REQUIRE_NOTHROW(anda::dequantise(column));
  column.values[0] = 9;
  REQUIRE_THROWS_WITH(anda::dequantise(column), Contains("weight 0 is 9"));
}
