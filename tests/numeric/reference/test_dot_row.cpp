// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/dot_row.h>

#include <catch2/catch.hpp>

#include <algorithm>

#include <anda/numeric/reference/weight_column.h>

#include "numeric/real_numbers.h"

using anda::AndaGroup;
using anda::DotFormat;
using anda::Fp16;
using anda::WeightColumn;

namespace {

std::vector<AndaGroup> encode(const std::vector<Fp16>& values, const anda::GroupFormat& format) {
  anda::NonFiniteCounts counts;
  return anda::encode_row(values.data(), values.size(), format, anda::NonFinite::refuse, {"A", 0}, counts);
}

WeightColumn random_column(Random& random, std::size_t k, const anda::WeightFormat& format, std::uint64_t lowest,
                           std::uint64_t span) {
  WeightColumn column{format, random.weights(k, format.bits), {}};
  for (std::size_t i = 0; i < k; i += format.scale_group) column.scales.push_back(random.near(lowest, span));
  return column;
}

/// The row once more in real numbers. A float sum of two floats is the rounded double sum: a double has more than
/// twice the bits, so rounding twice is rounding once.
anda::DotResult reference_row(const std::vector<Fp16>& values, const WeightColumn& column, std::size_t group_size,
                              int bits, DotFormat format, anda::OverflowCounts& counts) {
  anda::DotResult result;
  for (std::size_t first = 0; first < values.size(); first += group_size) {
    const std::size_t last = std::min(first + group_size, values.size());
    int shared = 1;
    for (std::size_t i = first; i < last; ++i) {
      shared = std::max(shared, reference::exponent_of(reference::value_of(values[i].bits)));
    }
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) {
      const double value = reference::value_of(values[i].bits);
      sum += std::copysign(reference::mantissa_of(value, bits, shared), value) * column.values[i];
    }
    double v = std::ldexp(sum, shared - 14 - bits);
    if (format == DotFormat::fp16) {
      const unsigned pattern = reference::nearest_pattern(v);
      const bool overflow = pattern % 0x8000 == 0x7C00;
      counts.group_dots += overflow ? 1u : 0u;
      v = overflow ? std::copysign(std::numeric_limits<double>::infinity(), v) : reference::value_of(pattern);
    } else {
      v = static_cast<float>(v);
    }
    const double scale = reference::value_of(column.scales[first / column.format.scale_group].bits);
    result.sum =
        static_cast<float>(static_cast<double>(result.sum) + static_cast<double>(static_cast<float>(v * scale)));
  }
  if (std::isnan(result.sum)) {
    result.output = anda::fp16_nan;
  } else {
    result.output.bits = static_cast<std::uint16_t>(reference::nearest_pattern(result.sum));
    counts.outputs += std::isfinite(result.sum) && result.output.is_infinite() ? 1u : 0u;
  }
  return result;
}

bool same(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

}  // namespace

// The example of test_dot.cpp: D = 50 with E* = 15, M = 4 is 50 · 2^(15 − 14 − 4) = 6.25; times the scale 0.5 is 3.125.
TEST_CASE("an output element worked by hand") {
  const auto row = encode({Fp16{0x3C00}, Fp16{0xBA00}, Fp16{0x2E66}, Fp16{0x34CD}}, {8, 4});
  const WeightColumn column{{4, 128}, {3, -2, 5, 7}, {Fp16{0x3800}}};
  anda::OverflowCounts counts;
  REQUIRE(anda::scaled_dot(50, 15, 4, DotFormat::fp16, counts) == 6.25F);
  const anda::DotResult result = anda::dot_row(row, column, DotFormat::fp16, counts);
  REQUIRE(result.sum == 3.125F);
  REQUIRE(result.output == Fp16{0x4240});
}

TEST_CASE("the product is rounded before it is added") {
  // v · scale = (1 + 2^−23)(1 + 2^−10) = 1 + 2^−10 + 2^−23 + 2^−33, in FP32 without the last term. A fused
  // multiply-add would keep it and leave 2^−33 after the subtraction.
  const float v = 1 + std::ldexp(1.0F, -23);
  const float rounded = 1 + std::ldexp(1.0F, -10) + std::ldexp(1.0F, -23);
  REQUIRE(anda::accumulate(-rounded, v, Fp16{0x3C01}) == 0);
}

TEST_CASE("rows equal the reference in real numbers") {
  const std::uint64_t seed = 29;
  CAPTURE(seed);
  Random random(seed);
  Mismatches wrong;
  anda::OverflowCounts counts, expected_counts;
  std::uint64_t nans = 0;
  for (std::uint64_t round = 0; round < 4000; ++round) {
    const std::uint32_t mantissas[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24};
    const std::uint32_t bits = mantissas[random.below(17)];
    const std::uint32_t group_size = 8u << random.below(6);
    const anda::WeightFormat weight_format{static_cast<std::uint32_t>(1 + random.below(8)), 256};
    const std::size_t k = 1 + random.below(700);
    const DotFormat format = random.below(2) == 0 ? DotFormat::fp16 : DotFormat::fp32;
    // Ordinary magnitudes most of the time; the whole range, with overflows, in the rest.
    const bool wild = random.below(4) == 0;
    std::vector<Fp16> values(k);
    for (Fp16& value : values) value = wild ? random.finite() : random.near(3, 12);
    const WeightColumn column = random_column(random, k, weight_format, wild ? 0 : 2, wild ? 31 : 12);

    const auto result = anda::dot_row(encode(values, {group_size, bits}), column, format, counts);
    const auto expected = reference_row(values, column, group_size, static_cast<int>(bits), format, expected_counts);
    nans += result.output.is_nan() ? 1u : 0u;
    wrong.check(same(result.sum, expected.sum), "sum of round", round, bits, k);
    wrong.check(result.output == expected.output, "output of round", round, bits, k);
    wrong.check(counts.group_dots == expected_counts.group_dots, "group overflows up to round", round);
    wrong.check(counts.outputs == expected_counts.outputs, "output overflows up to round", round);
  }
  REQUIRE(wrong.report() == "");
  // The odd paths were taken.
  REQUIRE(counts.group_dots > 10);
  REQUIRE(counts.outputs > 10);
  REQUIRE(nans > 0);
}

TEST_CASE("each group is scaled by its own scale group") {
  // Two scale groups of 128, groups of 64, activations 1 and weights 1: 64 · (1 + 1 + 2 + 2).
  const std::vector<Fp16> ones(256, Fp16{0x3C00});
  const WeightColumn column{{4, 128}, std::vector<std::int8_t>(256, 1), {Fp16{0x3C00}, Fp16{0x4000}}};
  anda::OverflowCounts counts;
  REQUIRE(anda::dot_row(encode(ones, {64, 8}), column, DotFormat::fp16, counts).sum == 384);
}

TEST_CASE("FP-FP sums exact products in K order") {
  const std::uint64_t seed = 31;
  CAPTURE(seed);
  Random random(seed);
  anda::OverflowCounts counts;
  for (int round = 0; round < 300; ++round) {
    const std::size_t k = 1 + random.below(600);
    std::vector<Fp16> values(k);
    for (Fp16& value : values) value = random.near(1, 18);
    const std::vector<Fp16> weights = anda::dequantise(random_column(random, k, {4, 128}, 1, 18));
    float sum = 0;
    for (std::size_t i = 0; i < k; ++i) {
      const double product = reference::value_of(values[i].bits) * reference::value_of(weights[i].bits);
      sum = static_cast<float>(static_cast<double>(sum) + product);
    }
    const anda::DotResult result = anda::dot_row_fp16(values.data(), weights.data(), k, counts);
    CAPTURE(round, k);
    REQUIRE(same(result.sum, sum));
    REQUIRE(result.output.bits == reference::nearest_pattern(sum));
  }
  // Order matters: 2^24 + 1 − 2^24 is 0 in FP32, 2^24 − 2^24 + 1 is 1.
  const std::vector<Fp16> a{Fp16{0x6C00}, Fp16{0x3C00}, Fp16{0xEC00}}, w{Fp16{0x6C00}, Fp16{0x3C00}, Fp16{0x6C00}};
  REQUIRE(anda::dot_row_fp16(a.data(), w.data(), 3, counts).sum == 0);
  const std::vector<Fp16> b{Fp16{0x6C00}, Fp16{0xEC00}, Fp16{0x3C00}}, x{Fp16{0x6C00}, Fp16{0x6C00}, Fp16{0x3C00}};
  REQUIRE(anda::dot_row_fp16(b.data(), x.data(), 3, counts).sum == 1);
  const std::vector<Fp16> infinite{anda::fp16_infinity}, zero{Fp16{}};
  REQUIRE(anda::dot_row_fp16(infinite.data(), zero.data(), 1, counts).output == anda::fp16_nan);
}

TEST_CASE("FP-INT sums exact products of a scale group in K order, then scales") {
  const std::uint64_t seed = 37;
  CAPTURE(seed);
  Random random(seed);
  Mismatches wrong;
  anda::OverflowCounts counts;
  std::uint64_t overflows = 0;
  std::uint64_t differs = 0;
  for (std::uint64_t round = 0; round < 1000; ++round) {
    const std::size_t k = 1 + random.below(600);
    const bool wild = random.below(4) == 0;
    std::vector<Fp16> values(k);
    for (Fp16& value : values) value = wild ? random.finite() : random.near(1, 18);
    const anda::WeightFormat format{static_cast<std::uint32_t>(1 + random.below(8)), 8u << random.below(6)};
    const WeightColumn column = random_column(random, k, format, wild ? 0 : 1, wild ? 31 : 18);
    float sum = 0;
    for (std::size_t first = 0; first < k; first += format.scale_group) {
      float part = 0;
      for (std::size_t i = first; i < std::min<std::size_t>(first + format.scale_group, k); ++i) {
        part = static_cast<float>(part + reference::value_of(values[i].bits) * column.values[i]);
      }
      const double scale = reference::value_of(column.scales[first / format.scale_group].bits);
      sum = static_cast<float>(static_cast<double>(sum) + static_cast<double>(static_cast<float>(part * scale)));
    }
    const unsigned output = reference::nearest_pattern(sum);
    overflows += output % 0x8000 == 0x7C00 ? 1u : 0u;
    const anda::DotResult result = anda::dot_row_codes(values.data(), column, counts);
    wrong.check(same(result.sum, sum), "sum of round", round, k);
    wrong.check(result.output.bits == output, "output of round", round, k);
    wrong.check(counts.outputs == overflows, "overflows up to round", round);
    const std::vector<Fp16> weights = wild ? std::vector<Fp16>(k) : anda::dequantise(column);
    differs += anda::dot_row_fp16(values.data(), weights.data(), k, counts).output != result.output && !wild ? 1u : 0u;
    counts.outputs = overflows;
  }
  REQUIRE(wrong.report() == "");
  REQUIRE(counts.group_dots == 0);
  REQUIRE(overflows > 10);
  REQUIRE(differs > 10);  // it is no other way to write FP-FP
}

TEST_CASE("FP-INT by hand: order, infinities and what is refused") {
  anda::OverflowCounts counts;
  const auto dot = [&](const std::vector<Fp16>& a, const std::vector<std::int8_t>& w, std::uint32_t scale_group,
                       const std::vector<Fp16>& scales) {
    return anda::dot_row_codes(a.data(), {{8, scale_group}, w, scales}, counts);
  };
  const Fp16 one{0x3C00};
  const Fp16 large{0x7800};  // 2^15
  const Fp16 small{0x0400};  // 2^-14
  // 2^22 + 2^-14 loses its end in FP32 and cancels; in scale groups of their own they are summed later.
  REQUIRE(dot({large, small, large}, {127, 1, -127}, 8, {one}).sum == 0);
  REQUIRE(dot({large, large, small}, {127, -127, 1}, 8, {one}).sum == std::ldexp(1.0F, -14));
  // 3 · 0.5 + 5 · 2.
  REQUIRE(
      dot({one, one, one, one, one, one, one, one, one}, {1, 1, 1, 0, 0, 0, 0, 0, 5}, 8, {Fp16{0x3800}, Fp16{0x4000}})
          .output == Fp16{0x49C0});
  REQUIRE(dot({anda::fp16_infinity}, {-1}, 8, {one}).output == Fp16{0xFC00});
  REQUIRE(dot({anda::fp16_infinity}, {0}, 8, {one}).output == anda::fp16_nan);
  REQUIRE(dot({}, {}, 8, {}).output == Fp16{});
  REQUIRE_THROWS_WITH(dot({one, one}, {1, 1}, 1, {one}), Catch::Contains("2 weights have 1 scales only"));
  REQUIRE_THROWS_WITH(dot({one}, {1}, 0, {one}), Catch::Contains("scale_group"));
}

TEST_CASE("rows that do not match their column are refused") {
  const auto row = encode(std::vector<Fp16>(128), {64, 8});
  anda::OverflowCounts counts;
  const auto dot = [&](std::size_t k, std::uint32_t scale_group) {
    const std::vector<Fp16> scales((k + scale_group - 1) / scale_group);
    return anda::dot_row(row, {{4, scale_group}, std::vector<std::int8_t>(k, 1), scales}, DotFormat::fp16, counts);
  };
  REQUIRE_NOTHROW(dot(128, 128));
  REQUIRE_NOTHROW(dot(65, 64));
  REQUIRE_NOTHROW(dot(128, 200));
  REQUIRE_THROWS_WITH(dot(129, 128), Catch::Contains("2 activation groups of 64 do not match 129 weights"));
  REQUIRE_THROWS_WITH(dot(64, 128), Catch::Contains("do not match 64 weights"));
  REQUIRE_THROWS_WITH(dot(128, 96), Catch::Contains("scale_group 96 is not a multiple of group_size 64"));
  REQUIRE_THROWS_WITH(dot(128, 32), Catch::Contains("two weight scales"));
  REQUIRE_THROWS_WITH(
      anda::dot_row(row, {{4, 64}, std::vector<std::int8_t>(128, 1), {Fp16{}}}, DotFormat::fp16, counts),
      Catch::Contains("128 weights have 1 scales only"));
  REQUIRE(anda::dot_row({}, {{4, 128}, {}, {}}, DotFormat::fp16, counts).output == Fp16{});
}
