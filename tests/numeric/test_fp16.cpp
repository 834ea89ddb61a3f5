// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/fp16.h>

#include <catch2/catch.hpp>

#include "numeric/real_numbers.h"

using anda::Fp16;
using anda::to_float;
using anda::to_fp16;

namespace {
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
}  // namespace

TEST_CASE("every finite FP16 pattern has its value and comes back") {
  Mismatches wrong;
  for (unsigned pattern = 0; pattern < 0x10000; ++pattern) {
    const Fp16 value{static_cast<std::uint16_t>(pattern)};
    if (!value.is_finite()) continue;
    const float real = to_float(value);
    const double expected = reference::value_of(pattern);
    wrong.check(real == expected && std::signbit(real) == std::signbit(expected), "value of pattern", pattern);
    wrong.check(to_fp16(real) == value, "round trip of pattern", pattern);
    const double rebuilt = std::ldexp(value.significand(), static_cast<int>(value.effective_exponent()) - 25);
    wrong.check((value.negative() ? -rebuilt : rebuilt) == expected, "fields of pattern", pattern);
  }
  REQUIRE(wrong.checks() == 3 * 2 * 31 * 1024);
  REQUIRE(wrong.report() == "");
}

TEST_CASE("infinities and NaNs keep their kind") {
  for (unsigned fraction = 0; fraction < 1024; ++fraction) {
    for (const unsigned sign : {0x0000u, 0x8000u}) {
      const Fp16 value{static_cast<std::uint16_t>(sign + 0x7C00 + fraction)};
      REQUIRE_FALSE(value.is_finite());
      REQUIRE(value.is_nan() == (fraction != 0));
      REQUIRE(value.is_infinite() == (fraction == 0));
      if (fraction == 0) {
        REQUIRE(to_float(value) == (sign != 0 ? -infinity : infinity));
        REQUIRE(to_fp16(to_float(value)) == value);
      } else {
        REQUIRE(std::isnan(to_float(value)));
        REQUIRE(to_fp16(to_float(value)) == anda::fp16_nan);
      }
    }
  }
  REQUIRE(to_fp16(-nan_value) == anda::fp16_nan);
  REQUIRE(to_fp16(infinity) == anda::fp16_infinity);
}

TEST_CASE("rounding goes to nearest even around every tie") {
  Mismatches wrong;
  for (unsigned pattern = 0; pattern < 0x7C00; ++pattern) {
    const double low = reference::value_of(pattern);
    const double high = pattern == 0x7BFF ? 65536 : reference::value_of(pattern + 1);
    const double tie = (low + high) / 2;
    const unsigned even = pattern % 2 == 0 ? pattern : pattern + 1;
    const auto rounds_to = [&](double value, unsigned expected) {
      wrong.check(to_fp16(value).bits == expected, "rounding near pattern", pattern, expected);
      wrong.check(to_fp16(-value).bits == expected + 0x8000, "rounding near negative pattern", pattern, expected);
    };
    rounds_to(tie, even);
    rounds_to(std::nextafter(tie, 0.0), pattern);
    rounds_to(std::nextafter(tie, infinity), pattern + 1);
    const auto tie_as_float = static_cast<float>(tie);  // exact: a tie has 12 bits
    rounds_to(std::nextafter(tie_as_float, 0.0F), pattern);
    rounds_to(std::nextafter(tie_as_float, std::numeric_limits<float>::infinity()), pattern + 1);
  }
  REQUIRE(wrong.report() == "");
}

TEST_CASE("the ends of the range") {
  REQUIRE(to_fp16(65519.99).bits == 0x7BFF);
  REQUIRE(to_fp16(65520).bits == 0x7C00);
  REQUIRE(to_fp16(-65520).bits == 0xFC00);
  REQUIRE(to_fp16(std::numeric_limits<double>::max()).bits == 0x7C00);
  REQUIRE(to_fp16(std::ldexp(1.0, -24)).bits == 0x0001);
  REQUIRE(to_fp16(std::ldexp(1.0, -25)).bits == 0x0000);  // a tie with 0
  REQUIRE(to_fp16(std::ldexp(1.5, -25)).bits == 0x0001);
  REQUIRE(to_fp16(std::ldexp(1.99, -26)).bits == 0x0000);
  REQUIRE(to_fp16(-std::numeric_limits<double>::denorm_min()).bits == 0x8000);
  REQUIRE(to_fp16(-0.0).bits == 0x8000);
}

TEST_CASE("random doubles round to the nearest of all patterns") {
  const std::uint64_t seed = 20250301;
  CAPTURE(seed);
  std::mt19937_64 engine(seed);
  Mismatches wrong;
  for (int i = 0; i < 300000; ++i) {
    const double significand = 1 + std::ldexp(static_cast<double>(engine() >> 12), -52);
    const double value =
        std::ldexp(engine() % 2 == 0 ? significand : -significand, static_cast<int>(engine() % 48) - 28);
    wrong.check(to_fp16(value).bits == reference::nearest_pattern(value), "random double",
                static_cast<std::uint64_t>(i));
  }
  REQUIRE(wrong.report() == "");
}
