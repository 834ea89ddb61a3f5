// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/dot.h>

#include <catch2/catch.hpp>

#include "numeric/real_numbers.h"

using anda::AndaGroup;
using anda::Fp16;

namespace {

AndaGroup encode_group(const std::vector<Fp16>& values, std::uint32_t bits) {
  anda::NonFiniteCounts counts;
  return anda::encode_group(values.data(), values.size(), {static_cast<std::uint32_t>(values.size()), bits},
                            anda::NonFinite::refuse, {"A", 0}, counts);
}

/// D from the real values, in units of 2^(E* − 14 − M); exact in double, as |D| < 2^53.
double reference_dot(const std::vector<Fp16>& values, const std::vector<std::int8_t>& weights, int bits) {
  int shared = 1;
  for (const Fp16 value : values) shared = std::max(shared, reference::exponent_of(reference::value_of(value.bits)));
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double value = reference::value_of(values[i].bits);
    sum += std::copysign(reference::mantissa_of(value, bits, shared), value) * weights[i];
  }
  return sum;
}

}  // namespace

// The group of the example in test_anda_group.cpp, mantissas 8, −6, 0, 2, with weights 3, −2, 5, 7:
// D = 24 + 12 + 0 + 14 = 50. By planes 1000, 0110, 0010, 0000: sums 3, −(−2) = 2, 2 + 7 = 9, 0, and
// ((3 · 2 + 2) · 2 + 9) · 2 + 0 = 50.
TEST_CASE("a dot product worked by hand") {
  const AndaGroup group = encode_group({Fp16{0x3C00}, Fp16{0xBA00}, Fp16{0x2E66}, Fp16{0x34CD}, {}, {}, {}, {}}, 4);
  const std::vector<std::int8_t> weights{3, -2, 5, 7, 1, 1, 1, 1};
  REQUIRE(anda::dot_group(group, weights.data(), 8) == 50);
  REQUIRE(anda::dot_group(group, weights.data(), 1) == 24);
  const anda::PlaneGroup planes = anda::to_planes(group);
  const anda::WeightPlanes weight_planes = anda::to_weight_planes(weights.data(), 8, 4);
  const std::int64_t sums[] = {3, 2, 9, 0};
  for (std::size_t p = 0; p < 4; ++p) REQUIRE(anda::dot_plane(planes.planes[p], planes.sign, weight_planes) == sums[p]);
  REQUIRE(anda::dot_group(planes, weight_planes) == 50);
  // Bit by bit of the weights 0011, 1110, 0101, 0111: 8 + 0 + 2 = 10, 8 − 6 + 2 = 4, −6 + 0 + 2 = −4, −6, and
  // 10 + 2 · 4 + 4 · −4 − 8 · −6 = 50.
  REQUIRE(anda::dot_group(group, weight_planes) == 50);
}

TEST_CASE("all dot product algorithms equal the sum of real products") {
  const std::uint64_t seed = 23;
  CAPTURE(seed);
  Random random(seed);
  Mismatches wrong;
  for (std::uint32_t bits = 1; bits <= 24; ++bits) {
    for (std::uint32_t weight_bits = 1; weight_bits <= 8; ++weight_bits) {
      for (const std::size_t size : {8u, 40u, 64u, 128u, 200u, 256u}) {
        for (int round = 0; round < 6; ++round) {
          const std::vector<Fp16> values = random.group(size);
          const std::vector<std::int8_t> weights = random.weights(size - random.below(8), weight_bits);
          const double expected = reference_dot(values, weights, static_cast<int>(bits));
          const AndaGroup group = encode_group(values, bits);
          const std::int64_t direct = anda::dot_group(group, weights.data(), weights.size());
          const anda::WeightPlanes planes = anda::to_weight_planes(weights.data(), weights.size(), weight_bits);
          const std::int64_t serial = anda::dot_group(anda::to_planes(group), planes);
          const std::int64_t by_weight_bits = anda::dot_group(group, planes);
          wrong.check(static_cast<double>(direct) == expected, "direct", bits, weight_bits, size);
          wrong.check(static_cast<double>(serial) == expected, "plane by plane", bits, weight_bits, size);
          wrong.check(static_cast<double>(by_weight_bits) == expected, "bit by bit", bits, weight_bits, size);
          wrong.check(std::abs(direct) <= anda::dot_bound({static_cast<std::uint32_t>(size), bits}, weight_bits),
                      "bound", bits, weight_bits, size);
        }
      }
    }
  }
  REQUIRE(wrong.report() == "");
}

TEST_CASE("the largest dot products are reached, and INT32 holds them for the Anda format") {
  for (std::uint32_t bits = 1; bits <= 24; ++bits) {
    for (std::uint32_t weight_bits = 1; weight_bits <= 8; ++weight_bits) {
      const std::vector<Fp16> values(256, Fp16{0xFBFF});  // −65504: all ones in the significand
      const std::vector<std::int8_t> weights(256, static_cast<std::int8_t>(-(1 << (weight_bits - 1))));
      const AndaGroup group = encode_group(values, bits);
      const std::int64_t bound = anda::dot_bound({256, bits}, weight_bits);
      CAPTURE(bits, weight_bits);
      REQUIRE(anda::dot_group(group, weights.data(), 256) == bound);
      const anda::WeightPlanes planes = anda::to_weight_planes(weights.data(), 256, weight_bits);
      REQUIRE(anda::dot_group(anda::to_planes(group), planes) == bound);
      REQUIRE(anda::dot_group(group, planes) == bound);
      if (bits <= 16) REQUIRE(bound <= INT32_MAX);
    }
  }
}

TEST_CASE("dot products of the wrong sizes are refused") {
  const std::vector<std::int8_t> weights(257, 1);
  const AndaGroup group = encode_group(std::vector<Fp16>(8), 4);
  REQUIRE_THROWS_WITH(anda::dot_group(group, weights.data(), 9), Catch::Contains("9 weights for a group of 8"));
  REQUIRE_THROWS_WITH(anda::dot_group(group, anda::to_weight_planes(weights.data(), 9, 4)),
                      Catch::Contains("weights beyond a group of 8"));
  REQUIRE_THROWS_WITH(anda::to_weight_planes(weights.data(), 257, 4), Catch::Contains("257 weights"));
  REQUIRE_THROWS_WITH(anda::to_weight_planes(weights.data(), 8, 1), Catch::Contains("weight 1 does not fit in 1 bits"));
  REQUIRE_THROWS_WITH(anda::to_weight_planes(weights.data(), 8, 9), Catch::Contains("weight_bits is 9"));
}
