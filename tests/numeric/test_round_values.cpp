// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/round_values.h>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <anda/base/error.h>
#include <anda/numeric/fp16.h>
#include <anda/numeric/reference/anda_group.h>

using namespace anda;

namespace {

/// Floats of every size that FP16 holds, below and at its ends, ties, and zeros of both signs.
std::vector<float> values_of(std::size_t count, std::mt19937& random) {
  const std::vector<float> edges = {0.0F,       -0.0F,    65504.0F,   -65519.9F,    6.1035156e-5F, 6.0975552e-5F,
                                    5.96e-8F,   2.98e-8F, 2.9803e-8F, 1e-40F,       -1e-9F,        1.00048828125F,
                                    1.0014648F, 2049.0F,  2051.0F,    -0.99975586F, 3.0517578e-5F, 1.0F};
  std::uniform_int_distribution<int> exponent(-26, 15);
  std::uniform_real_distribution<float> significand(-1.99F, 1.99F);
  std::vector<float> values(count);
  const int spread = exponent(random);  // of the row: groups of equal size and groups of all sizes
  for (float& value : values) {
    const auto choice = random() % 8;
    if (choice == 0) {
      value = edges[random() % edges.size()];
    } else {
      value = std::ldexp(significand(random), choice < 5 ? spread : exponent(random));
    }
  }
  return values;
}

std::vector<float> reference(const std::vector<float>& values, const ActivationFormat& format) {
  std::vector<Fp16> halves;
  for (const float value : values) halves.push_back(to_fp16(value));
  std::vector<float> rounded;
  if (format.is_fp16()) {
    for (const Fp16 half : halves) rounded.push_back(to_float(half));
    return rounded;
  }
  NonFiniteCounts counts;
  const std::vector<AndaGroup> groups = encode_row(
      halves.data(), halves.size(), {format.group_size, format.mantissa_bits}, NonFinite::refuse, {"A", 0}, counts);
  for (std::size_t i = 0; i < halves.size(); ++i) {
    rounded.push_back(decode(groups[i / format.group_size], i % format.group_size));
  }
  return rounded;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("round_values leaves what encoding and decoding leave, bit for bit") {
  std::mt19937 random(11);
  for (const Simd* simd : available_simd()) {
    for (const std::uint32_t group_size : {8u, 64u, 72u, 256u}) {
      for (std::uint32_t bits = 0; bits <= max_mantissa_bits; ++bits) {
        for (const std::size_t k : {1u, 7u, 64u, 200u, 257u}) {
          const ActivationFormat format{bits, group_size};
          const std::vector<float> values = values_of(k, random);
          const std::vector<float> expected = reference(values, format);
          std::vector<float> rounded(k);
          INFO(simd->name << ", groups of " << group_size << ", " << bits << " bits, k " << k);
          REQUIRE(round_values(values.data(), k, format, rounded.data(), *simd) == k);
          REQUIRE(same_bits(rounded, expected));
          rounded = values;
          REQUIRE(round_values(rounded.data(), k, format, rounded.data(), *simd) == k);
          REQUIRE(same_bits(rounded, expected));
        }
      }
    }
  }
}

TEST_CASE("round_values finds the first value that FP16 does not hold, in place too") {
  std::vector<float> nan_bits(1);
  const std::uint32_t longest_nan = 0xFFFFFFFF;
  std::memcpy(nan_bits.data(), &longest_nan, sizeof longest_nan);
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {65520.0F, -65520.0F, infinity, -infinity, std::nanf(""), nan_bits[0], 3e38F}) {
    for (const Simd* simd : available_simd()) {
      for (const std::uint32_t bits : {0u, 5u}) {
        for (const std::size_t at : {0u, 63u, 64u, 130u}) {
          std::vector<float> values(150, 1.5F);
          values[at] = bad;
          values[140] = bad;
          std::vector<float> rounded(values.size());
          CHECK(round_values(values.data(), values.size(), {bits, 64}, rounded.data(), *simd) == at);
          CHECK(round_values(values.data(), values.size(), {bits, 64}, values.data(), *simd) == at);
        }
      }
    }
  }
}

TEST_CASE("round_values refuses illegal formats") {
  float value = 1;
  CHECK_THROWS_AS(round_values(&value, 1, {17, 64}, &value), Error);
  CHECK_THROWS_AS(round_values(&value, 1, {8, 12}, &value), Error);
  CHECK_THROWS_AS(round_values(&value, 1, {8, 0}, &value), Error);
  CHECK(round_values(&value, 0, {8, 64}, &value) == 0);
}
