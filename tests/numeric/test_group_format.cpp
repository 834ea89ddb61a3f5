// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/group_format.h>

#include <catch2/catch.hpp>

#include <anda/base/error.h>

#include "numeric/real_numbers.h"

using anda::Fp16;
using anda::GroupFormat;
using Catch::Matchers::Contains;

TEST_CASE("the mantissa formula equals floor of the real quotient for every pattern, length and exponent difference") {
  Mismatches wrong;
  for (unsigned pattern = 0; pattern < 0x10000; ++pattern) {
    const Fp16 value{static_cast<std::uint16_t>(pattern)};
    if (!value.is_finite()) continue;
    const double real = reference::value_of(pattern);
    const int own = reference::exponent_of(real);
    for (int shared = own; shared <= 30; ++shared) {
      for (int bits = 1; bits <= 16; ++bits) {
        const std::uint32_t mantissa = anda::aligned_mantissa(value.significand(), static_cast<std::uint32_t>(bits),
                                                              static_cast<std::uint32_t>(shared - own));
        wrong.check(mantissa == reference::mantissa_of(real, bits, shared), "pattern, bits, exponent", pattern,
                    static_cast<std::uint64_t>(bits), static_cast<std::uint64_t>(shared));
      }
    }
  }
  // Patterns with E ≤ E*, 2048 of them for each further exponent after the 4096 (subnormal and normal) with E = 1.
  REQUIRE(wrong.checks() == 16u * (30 * 4096 + 2048 * (29 * 30 / 2)));
  REQUIRE(wrong.report() == "");
}

TEST_CASE("a shift past the top gives 0") {
  REQUIRE(anda::aligned_mantissa(2047, 1, 29) == 0);
  REQUIRE(anda::aligned_mantissa(2047, 16, 16) == 0);
  REQUIRE(anda::aligned_mantissa(2047, 16, 15) == 1);
  REQUIRE(anda::aligned_mantissa(2047, 16, 1000) == 0);
  REQUIRE(anda::aligned_mantissa(2047, 16, 0xFFFFFFFF) == 0);
  REQUIRE(anda::aligned_mantissa(2047, 24, 0) == 2047u << 13);
}

TEST_CASE("illegal group formats are refused") {
  REQUIRE_NOTHROW(anda::check_format(GroupFormat{8, 1}, 16));
  REQUIRE_NOTHROW(anda::check_format(GroupFormat{256, 16}, 16));
  REQUIRE_THROWS_WITH(anda::check_format(GroupFormat{0, 8}, 16), Contains("group_size is 0"));
  REQUIRE_THROWS_WITH(anda::check_format(GroupFormat{12, 8}, 16), Contains("group_size is 12"));
  REQUIRE_THROWS_WITH(anda::check_format(GroupFormat{264, 8}, 16), Contains("multiple of 8 in 8 … 256"));
  REQUIRE_THROWS_WITH(anda::check_format(GroupFormat{64, 0}, 16), Contains("mantissa_bits is 0"));
  REQUIRE_THROWS_WITH(anda::check_format(GroupFormat{64, 17}, 16), Contains("must be 1 … 16"));
}
