// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/weight_column.h>

#include <catch2/catch.hpp>

#include <anda/base/error.h>

#include "numeric/real_numbers.h"

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

TEST_CASE("weights that do not fit their format are refused") {
  REQUIRE_THROWS_WITH(anda::pack_weights({0, 8}, 4), Contains("weight 1 is 8, which does not fit in 4 bits"));
  REQUIRE_THROWS_WITH(anda::pack_weights({-9}, 4), Contains("is -9"));
  REQUIRE_THROWS_WITH(anda::pack_weights({1}, 1), Contains("does not fit in 1 bit"));
  REQUIRE_THROWS_WITH(anda::pack_weights({1}, 0), Contains("weight_bits is 0, must be 1 … 8"));
  REQUIRE_THROWS_WITH(anda::pack_weights({1}, 9), Contains("weight_bits is 9"));
  REQUIRE_THROWS_WITH(anda::unpack_weights({1, 2}, 5, 4), Contains("5 weights of 4 bits take 3 bytes, not 2"));
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
