// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/cache_codec.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <anda/base/error.h>
#include <anda/numeric/reference/anda_group.h>

#include "numeric/real_numbers.h"

using anda::CacheAxis;
using anda::CacheFormat;
using anda::CacheNumber;
using anda::CacheShape;
using anda::Fp16;
using Catch::Matchers::Contains;

namespace {

/// The group's elements by the definitions, in real numbers.
std::vector<float> rounded_group(const std::vector<Fp16>& group, const CacheFormat& format) {
  std::vector<float> rounded;
  if (format.number == CacheNumber::anda) {
    anda::NonFiniteCounts counts;
    const anda::AndaGroup encoded = anda::encode_group(group.data(), group.size(), {format.group, format.bits - 1},
                                                       anda::NonFinite::refuse, {"K", 0}, counts);
    for (std::size_t i = 0; i < group.size(); ++i) rounded.push_back(anda::decode(encoded, i));
    return rounded;
  }
  double largest = 0;
  for (const Fp16 x : group) largest = std::max(largest, std::fabs(reference::value_of(x.bits)));
  const int qmax = (1 << (format.bits - 1)) - 1;
  const double scale = reference::value_of(reference::nearest_pattern(largest / qmax));
  for (const Fp16 x : group) {
    const double value = reference::value_of(x.bits);
    double q = 0;
    if (scale != 0) {
      // The nearest whole number, the even one of two, without a rounding function.
      const double below = std::floor(std::fabs(value) / scale);
      const double twice = 2 * (std::fabs(value) - below * scale);
      q = twice > scale || (twice == scale && std::fmod(below, 2) == 1) ? below + 1 : below;
      q = std::min<double>(q, qmax);
    }
    rounded.push_back(static_cast<float>(value < 0 && q > 0 ? -q * scale : q * scale));
  }
  return rounded;
}

/// What is left of a head, group by group as the axis has it.
std::vector<float> rounded_head(const std::vector<Fp16>& values, const CacheShape& shape, const CacheFormat& format) {
  std::vector<float> rounded(shape.tokens * shape.head_dim);
  const auto at = [&](std::size_t token, std::size_t i) { return values[token * shape.stride + i]; };
  for (std::size_t token = 0; token < shape.tokens; ++token) {
    for (std::size_t i = 0; i < shape.head_dim; ++i) {
      std::vector<Fp16> group;
      std::size_t place = 0;
      if (format.axis == CacheAxis::token) {
        const std::size_t first = i / format.group * format.group;
        for (std::size_t j = first; j < std::min<std::size_t>(first + format.group, shape.head_dim); ++j) {
          group.push_back(at(token, j));
        }
        place = i - first;
      } else {
        const std::size_t first = token / format.group * format.group;
        for (std::size_t t = first; t < first + format.group && first + format.group <= shape.tokens; ++t) {
          group.push_back(at(t, i));
        }
        place = token - first;
      }
      const bool plain = format.is_fp16() || group.empty();
      rounded[token * shape.head_dim + i] =
          plain ? static_cast<float>(reference::value_of(at(token, i).bits)) : rounded_group(group, format)[place];
    }
  }
  return rounded;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

/// Codec and rounding against the definitions, and what lies between the elements of a head untouched.
void check_head(const std::vector<Fp16>& values, const CacheShape& shape, const CacheFormat& format) {
  const std::vector<std::uint8_t> bytes = anda::encode_cache(values.data(), shape, format);
  REQUIRE(bytes.size() == format.bytes(shape.tokens, shape.head_dim));
  const std::vector<float> decoded = anda::decode_cache(bytes, shape.tokens, shape.head_dim, format);
  REQUIRE(same_bits(decoded, rounded_head(values, shape, format)));

  std::vector<float> floats;
  for (const Fp16 x : values) floats.push_back(static_cast<float>(reference::value_of(x.bits)));
  std::vector<float> expected = floats;
  for (std::size_t token = 0; token < shape.tokens; ++token) {
    std::copy_n(decoded.begin() + static_cast<std::ptrdiff_t>(token * shape.head_dim), shape.head_dim,
                expected.begin() + static_cast<std::ptrdiff_t>(token * shape.stride));
  }
  REQUIRE(anda::round_cache(floats.data(), shape, format) == shape.tokens * shape.head_dim);
  REQUIRE(same_bits(floats, expected));
}

std::vector<CacheFormat> formats(std::uint32_t group, CacheAxis axis) {
  std::vector<CacheFormat> all{{CacheNumber::fp16, 4, group, axis}};
  for (std::uint32_t bits = 2; bits <= 16; ++bits) {
    all.push_back({CacheNumber::integer, bits, group, axis});
    all.push_back({CacheNumber::anda, bits, group, axis});
  }
  return all;
}

Fp16 random_half(Random& random) {
  for (;;) {
    const Fp16 half{static_cast<std::uint16_t>(random.below(1u << 16))};
    if (half.is_finite()) return half;
  }
}

}  // namespace

TEST_CASE("every FP16 pattern in a cache is what the definitions say") {
  std::vector<Fp16> values;
  for (unsigned pattern = 0; pattern < 0x10000; ++pattern) {
    const Fp16 half{static_cast<std::uint16_t>(pattern)};
    if (half.is_finite()) values.push_back(half);  // 63488: groups of neighbours
  }
  for (const CacheFormat& format : formats(8, CacheAxis::token)) {
    CAPTURE(format.number.name(), format.bits);
    check_head(values, {values.size() / 32, 32, 32}, format);
  }
}

TEST_CASE("heads of any shape on both axes, with values of all sizes") {
  const std::uint64_t seed = 23;
  CAPTURE(seed);
  Random random(seed);
  for (const CacheAxis axis : {CacheAxis::token, CacheAxis::channel}) {
    for (const CacheFormat& format : formats(16, axis)) {
      for (const CacheShape& shape : {CacheShape{1, 8, 8}, {16, 20, 33}, {37, 16, 16}, {15, 3, 5}, {0, 16, 16}}) {
        std::vector<Fp16> values(shape.tokens * shape.stride);
        for (Fp16& value : values) value = random_half(random);
        CAPTURE(format.number.name(), format.bits, static_cast<int>(axis), shape.tokens, shape.head_dim);
        check_head(values, shape, format);
      }
    }
  }
}

TEST_CASE("a cache worked by hand, byte for byte") {
  // 7, −3.5 → scale 1 (0x3C00), codes 7 and −4 (−3.5 is a tie), six zeros.
  const std::vector<Fp16> group{{0x4700}, {0xC300}, {0}, {0x8000}, {0}, {0}, {0}, {0}};
  const CacheFormat integer{CacheNumber::integer, 4, 8, CacheAxis::token};
  using Bytes = std::vector<std::uint8_t>;
  CHECK(anda::encode_cache(group.data(), {1, 8, 8}, integer) == Bytes{0xC7, 0, 0, 0, 0x00, 0x3C});
  CHECK(anda::decode_cache({0xC7, 0, 0, 0, 0x00, 0x3C}, 1, 8, integer) == std::vector<float>{7, -4, 0, 0, 0, 0, 0, 0});
  // E* = 17, three bits: 7 = 7 · 2^0 and 3.5 is cut off to 3; −0 keeps its sign.
  const CacheFormat anda_format{CacheNumber::anda, 4, 8, CacheAxis::token};
  CHECK(anda::encode_cache(group.data(), {1, 8, 8}, anda_format) == Bytes{0xB7, 0x80, 0, 0, 17});
  // Along tokens: of 9, eight are a group for each of two channels, the last one is FP16.
  std::vector<Fp16> tokens(18, Fp16{0x3C00});
  tokens[1] = Fp16{0xC000};
  const CacheFormat channel{CacheNumber::integer, 2, 8, CacheAxis::channel};
  CHECK(anda::encode_cache(tokens.data(), {9, 2, 2}, channel) ==
        Bytes{0x55, 0x55, 0x00, 0x3C, 0x03, 0x00, 0x00, 0x40, 0x00, 0x3C, 0x00, 0x3C});
}

TEST_CASE("groups of zeros, and of numbers too small for a scale") {
  const CacheFormat format{CacheNumber::integer, 8, 8, CacheAxis::token};
  std::vector<float> values{0, -0.0F, 5.9604645e-8F, -5.9604645e-8F, 0, 0, 0, 0};  // 2^−24 / 127 rounds to 0
  REQUIRE(anda::round_cache(values.data(), {1, 8, 8}, format) == 8);
  CHECK(same_bits(values, std::vector<float>(8)));
  // Rounded down, the scale of 6e-7 (10 · 2^−24) at 3 bits, 3.33 → 3, does not reach it: 9 · 2^−24 is what is left.
  std::vector<float> small{std::ldexp(10.0F, -24), 0, 0, 0, 0, 0, 0, 0};
  REQUIRE(anda::round_cache(small.data(), {1, 8, 8}, {CacheNumber::integer, 3, 8, CacheAxis::token}) == 8);
  CHECK(small[0] == std::ldexp(9.0F, -24));
}

TEST_CASE("values that FP16 does not hold, and illegal formats") {
  for (const float bad : {65520.0F, -std::numeric_limits<float>::infinity(), std::nanf("")}) {
    std::vector<float> values(5 * 12, 1.0F);
    values[3 * 12 + 7] = bad;
    CHECK(anda::round_cache(values.data(), {5, 10, 12}, {CacheNumber::anda, 5, 8, CacheAxis::channel}) == 37);
  }
  std::vector<Fp16> halves(4 * 8);
  halves[2 * 8 + 5] = anda::fp16_infinity;
  CHECK_THROWS_WITH(anda::encode_cache(halves.data(), {4, 8, 8}, {}), Contains("element 5 of token 2"));
  CHECK_THROWS_WITH(anda::check_format(CacheFormat{CacheNumber::integer, 1, 64, CacheAxis::token}),
                    Contains("bits of a cache format is 1, must be 2 … 16"));
  CHECK_THROWS_AS(anda::check_format(CacheFormat{CacheNumber::anda, 17, 64, CacheAxis::token}), anda::Error);
  CHECK_THROWS_WITH(anda::check_format(CacheFormat{CacheNumber::anda, 4, 12, CacheAxis::token}), Contains("12"));
  CHECK_THROWS_WITH(anda::decode_cache({1, 2, 3}, 1, 8, {}), Contains("has 3 bytes, must have 16"));
}
