// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/anda_group.h>

#include <catch2/catch.hpp>

#include "numeric/real_numbers.h"

using anda::AndaGroup;
using anda::Fp16;
using anda::NonFinite;
using Catch::Matchers::Contains;

namespace {

AndaGroup encode(const std::vector<Fp16>& values, std::uint32_t mantissa_bits) {
  anda::NonFiniteCounts counts;
  return anda::encode_group(values.data(), values.size(), {static_cast<std::uint32_t>(values.size()), mantissa_bits},
                            NonFinite::refuse, {"A", 0}, counts);
}

std::vector<Fp16> patterns(std::initializer_list<int> bits) {
  std::vector<Fp16> values;
  for (const int b : bits) values.push_back(Fp16{static_cast<std::uint16_t>(b)});
  return values;
}

}  // namespace

// By hand, M = 4: 1.0 has E = 15, S = 1024; −0.75 has E = 14, S = 1536; 0.0999756 (0x2E66) has E = 11, S = 1638;
// 0.30005 (0x34CD) has E = 13, S = 1229. E* = 15, so the significands are shifted right by 11 − 4 = 7 and by the
// exponent difference: 1024 >> 7 = 8, 1536 >> 8 = 6, 1638 >> 11 = 0, 1229 >> 9 = 2, in units of 2^(15 − 14 − 4) = 1/8.
TEST_CASE("a group worked by hand") {
  const AndaGroup group = encode(patterns({0x3C00, 0xBA00, 0x2E66, 0x34CD, 0, 0x8000, 0, 0}), 4);
  REQUIRE(group.exponent == 15);
  REQUIRE(group.mantissa == std::vector<std::uint32_t>{8, 6, 0, 2, 0, 0, 0, 0});
  REQUIRE(group.negative == std::vector<std::uint8_t>{0, 1, 0, 0, 0, 1, 0, 0});
  REQUIRE(anda::decode(group, 1) == -0.75F);
  REQUIRE(anda::decode_group(group) == patterns({0x3C00, 0xBA00, 0, 0x3400, 0, 0x8000, 0, 0}));
}

TEST_CASE("encoded groups hold the reference mantissas for every pattern beside every larger exponent") {
  Mismatches wrong;
  constexpr std::size_t size = 256;
  for (unsigned shared = 1; shared <= 30; ++shared) {
    const std::uint32_t bits = 1 + shared % 16;
    // An anchor gives the group its exponent; the other places run through all patterns up to it.
    std::vector<Fp16> group{Fp16{static_cast<std::uint16_t>(shared << 10)}};
    const auto flush = [&] {
      group.resize(size);
      const AndaGroup encoded = encode(group, bits);
      wrong.check(encoded.exponent == shared, "exponent", encoded.exponent, shared);
      for (std::size_t i = 0; i < size; ++i) {
        const double real = reference::value_of(group[i].bits);
        const double units = reference::mantissa_of(real, static_cast<int>(bits), static_cast<int>(shared));
        const double decoded = std::ldexp(units, static_cast<int>(shared) - 14 - static_cast<int>(bits));
        const float library = anda::decode(encoded, i);
        wrong.check(encoded.mantissa[i] == units && encoded.negative[i] == group[i].bits / 0x8000, "mantissa",
                    group[i].bits, bits, shared);
        wrong.check(std::fabs(library) == decoded && std::signbit(library) == std::signbit(real), "decoded",
                    group[i].bits, bits, shared);
        wrong.check(anda::to_float(anda::decode_group(encoded)[0]) == library || i != 0, "decoded anchor", shared);
      }
      group.resize(1);
    };
    for (unsigned pattern = 0; pattern < 0x10000; ++pattern) {
      if (pattern / 1024 % 32 > shared) continue;
      group.push_back(Fp16{static_cast<std::uint16_t>(pattern)});
      if (group.size() == size) flush();
    }
    flush();
  }
  REQUIRE(wrong.checks() > 65536);
  REQUIRE(wrong.report() == "");
}

TEST_CASE("M = 11 is lossless where all exponents are equal, M = 16 where they differ by at most 5") {
  Mismatches wrong;
  for (unsigned shared = 1; shared <= 30; ++shared) {
    for (unsigned pattern = 0; pattern < 0x10000; ++pattern) {
      const Fp16 value{static_cast<std::uint16_t>(pattern)};
      if (!value.is_finite() || value.effective_exponent() > shared) continue;
      const unsigned difference = shared - value.effective_exponent();
      std::vector<Fp16> group(8, Fp16{static_cast<std::uint16_t>(shared << 10)});
      group[5] = value;
      if (difference == 0) wrong.check(anda::decode_group(encode(group, 11)) == group, "M = 11, pattern", pattern);
      if (difference <= 5) wrong.check(anda::decode_group(encode(group, 16)) == group, "M = 16, pattern", pattern);
      // The bound is tight: an odd significand loses its last bit one step further.
      if (difference == 1 && value.significand() % 2 == 1) {
        wrong.check(anda::decode_group(encode(group, 11)) != group, "M = 11 and too far, pattern", pattern);
      }
      if (difference == 6 && value.significand() % 2 == 1) {
        wrong.check(anda::decode_group(encode(group, 16)) != group, "M = 16 and too far, pattern", pattern);
      }
    }
  }
  REQUIRE(wrong.checks() > 200000);
  REQUIRE(wrong.report() == "");
}

TEST_CASE("truncation goes towards zero, by less than a unit, and never grows with the mantissa") {
  const std::uint64_t seed = 7;
  CAPTURE(seed);
  Random random(seed);
  Mismatches wrong;
  for (std::uint64_t round = 0; round < 2000; ++round) {
    const std::vector<Fp16> values = random.group(8 * (1 + random.below(32)));
    std::vector<double> last(values.size(), 1e9);
    for (std::uint32_t bits = 1; bits <= 24; ++bits) {
      const AndaGroup group = encode(values, bits);
      const std::vector<Fp16> halves = anda::decode_group(group);
      const double unit = std::ldexp(1.0, static_cast<int>(group.exponent) - 14 - static_cast<int>(bits));
      for (std::size_t i = 0; i < values.size(); ++i) {
        const double magnitude = std::fabs(reference::value_of(values[i].bits));
        const double error = magnitude - std::fabs(static_cast<double>(anda::decode(group, i)));
        wrong.check(error >= 0 && error < unit, "error bound", round, bits, i);
        wrong.check(error <= last[i], "monotone", round, bits, i);
        wrong.check(halves[i].negative() == values[i].negative(), "sign", round, bits, i);
        wrong.check(anda::to_float(halves[i]) == anda::decode(group, i), "exact in FP16", round, bits, i);
        last[i] = error;
      }
    }
  }
  REQUIRE(wrong.report() == "");
}

TEST_CASE("a group of zeros and subnormals has exponent 1") {
  const AndaGroup group = encode(patterns({0, 0x8000, 0x0001, 0x83FF, 0, 0, 0, 0}), 11);
  REQUIRE(group.exponent == 1);
  REQUIRE(group.mantissa == std::vector<std::uint32_t>{0, 0, 1, 1023, 0, 0, 0, 0});
}

TEST_CASE("a row is cut into groups and its last group padded with +0") {
  Random random(3);
  const std::vector<Fp16> values = random.group(100);
  anda::NonFiniteCounts counts;
  const auto row = anda::encode_row(values.data(), 100, {64, 9}, NonFinite::refuse, {"A", 0}, counts);
  REQUIRE(row.size() == 2);
  std::vector<Fp16> padded(values.begin() + 64, values.end());
  padded.resize(64);
  REQUIRE(row[0] == encode({values.begin(), values.begin() + 64}, 9));
  REQUIRE(row[1] == encode(padded, 9));
  REQUIRE_FALSE(row[0] == row[1]);
  REQUIRE(anda::encode_row(values.data(), 0, {64, 9}, NonFinite::refuse, {"A", 0}, counts).empty());
}

TEST_CASE("refuse names the tensor and the index") {
  anda::NonFiniteCounts counts;
  std::vector<Fp16> values(100);
  const auto encode_from = [&](std::uint64_t index) {
    return anda::encode_row(values.data(), values.size(), {64, 8}, NonFinite::refuse, {"A_qkv", index}, counts);
  };
  values[70] = Fp16{0x7C00};
  REQUIRE_THROWS_WITH(encode_from(1000), Contains("tensor 'A_qkv', index 1070: +infinity"));
  values[70] = Fp16{0xFC00};
  REQUIRE_THROWS_WITH(encode_from(0), Contains("index 70: -infinity"));
  values[3] = Fp16{0x7C01};
  REQUIRE_THROWS_WITH(encode_from(0), Contains("index 3: NaN"));
  try {
    encode_from(0);
    FAIL("not refused");
  } catch (const anda::Error& error) {
    REQUIRE(error.kind() == anda::Error::Kind::input);
  }
}

TEST_CASE("saturate replaces and counts") {
  anda::NonFiniteCounts counts;
  const auto values = patterns({0x7C00, 0xFC00, 0x7E00, 0xFFFF, 0x3C00, 0, 0, 0});
  const AndaGroup group = anda::encode_group(values.data(), 8, {8, 16}, NonFinite::saturate, {"A", 0}, counts);
  REQUIRE(counts.infinities == 2);
  REQUIRE(counts.nans == 2);
  REQUIRE(anda::decode_group(group) == patterns({0x7BFF, 0xFBFF, 0, 0, 0x3C00, 0, 0, 0}));
}

TEST_CASE("groups of illegal formats and of too many values are refused") {
  anda::NonFiniteCounts counts;
  const std::vector<Fp16> values(9);
  REQUIRE_THROWS_WITH(anda::encode_group(values.data(), 9, {8, 4}, NonFinite::refuse, {"A_o", 0}, counts),
                      Contains("tensor 'A_o': 9 values for a group of 8"));
  REQUIRE_THROWS_AS(anda::encode_group(values.data(), 8, {8, 25}, NonFinite::refuse, {"A_o", 0}, counts), anda::Error);
}
