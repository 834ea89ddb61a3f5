// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/rounding.h>

#include <catch2/catch.hpp>

#include "numeric/real_numbers.h"

using anda::DotFormat;
using anda::Fp16;

TEST_CASE("the INT-to-half step rounds once, to nearest even") {
  anda::OverflowCounts counts;
  // Exponent and mantissa length that make the unit 1.
  const auto half = [&](std::int64_t dot) { return anda::scaled_dot(dot, 24, 10, DotFormat::fp16, counts); };
  REQUIRE(half(2049) == 2048);  // tie to even
  REQUIRE(half(2051) == 2052);
  REQUIRE(half(-4098) == -4096);
  REQUIRE(half(65519) == 65504);
  REQUIRE(counts.group_dots == 0);
  REQUIRE(half(65520) == std::numeric_limits<float>::infinity());
  REQUIRE(half(-2146435072) == -std::numeric_limits<float>::infinity());
  REQUIRE(counts.group_dots == 2);
  // 2^30 + 2^19 + 1 in units of 2^−15 is just above the tie 32784 of 32768 and 32800. Rounding to float first would
  // drop the 1 and then round the tie to 32768.
  REQUIRE(anda::scaled_dot((1 << 30) + (1 << 19) + 1, 15, 16, DotFormat::fp16, counts) == 32800);
  REQUIRE(anda::scaled_dot((1 << 30) + (1 << 19), 15, 16, DotFormat::fp16, counts) == 32768);
  // FP32 skips the step.
  REQUIRE(anda::scaled_dot(2049, 24, 10, DotFormat::fp32, counts) == 2049);
  REQUIRE(anda::scaled_dot(65520, 24, 10, DotFormat::fp32, counts) == 65520);
  REQUIRE(anda::scaled_dot(16777217, 24, 10, DotFormat::fp32, counts) == 16777216);
  REQUIRE(counts.group_dots == 2);
}

TEST_CASE("output overflow is counted once, where it happens") {
  anda::OverflowCounts counts;
  REQUIRE(anda::round_output(65519.0F, counts) == anda::fp16_max);
  REQUIRE(counts.outputs == 0);
  REQUIRE(anda::round_output(65520.0F, counts) == anda::fp16_infinity);
  REQUIRE(anda::round_output(-1e30F, counts) == Fp16{0xFC00});
  REQUIRE(counts.outputs == 2);
  REQUIRE(anda::round_output(std::numeric_limits<float>::infinity(), counts) == anda::fp16_infinity);
  REQUIRE(anda::round_output(std::numeric_limits<float>::quiet_NaN(), counts) == anda::fp16_nan);
  REQUIRE(counts.outputs == 2);
}
