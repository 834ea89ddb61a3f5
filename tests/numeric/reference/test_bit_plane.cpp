// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/bit_plane.h>

#include <catch2/catch.hpp>

#include "numeric/real_numbers.h"

using anda::AndaGroup;
using anda::BitPlane;
using anda::Fp16;
using anda::PlaneGroup;

TEST_CASE("element i is bit i and the first plane is the most significant") {
  AndaGroup group;
  group.mantissa_bits = 3;
  group.exponent = 20;
  group.negative.assign(72, 0);
  group.mantissa.assign(72, 0);
  group.mantissa[0] = 4;   // 100
  group.mantissa[9] = 3;   // 011
  group.mantissa[71] = 1;  // 001
  group.negative[71] = 1;
  const PlaneGroup planes = anda::to_planes(group);
  REQUIRE(planes.mantissa_bits() == 3);
  REQUIRE(planes.exponent == 20);
  REQUIRE(planes.planes[0].word(0) == 1u);
  REQUIRE(planes.planes[1].word(0) == 1u << 9);
  REQUIRE(planes.planes[2].word(0) == 1u << 9);
  REQUIRE(planes.planes[2].word(1) == 1u << 7);
  REQUIRE(planes.sign.word(0) == 0u);
  REQUIRE(planes.sign.word(1) == 1u << 7);
  REQUIRE(planes.planes[2].byte(1) == 2);
  REQUIRE(planes.planes[2].byte(8) == 0x80);
}

TEST_CASE("planes hold the bits of the mantissas and turn back") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  Random random(seed);
  Mismatches wrong;
  for (std::uint32_t bits = 1; bits <= 24; ++bits) {
    for (std::uint32_t size = 8; size <= 256; size += 8) {
      const std::vector<Fp16> values = random.group(size);
      anda::NonFiniteCounts counts;
      const AndaGroup group =
          anda::encode_group(values.data(), size, {size, bits}, anda::NonFinite::refuse, {"A", 0}, counts);
      const PlaneGroup planes = anda::to_planes(group);
      wrong.check(anda::to_group(planes) == group, "round trip", bits, size);
      for (std::uint32_t i = 0; i < size; ++i) {
        double sum = 0;
        for (std::uint32_t p = 0; p < bits; ++p)
          sum += planes.planes[p].test(i) ? std::ldexp(1, static_cast<int>(bits - 1 - p)) : 0;
        wrong.check(sum == group.mantissa[i], "weighted planes", bits, size, i);
        wrong.check(planes.sign.test(i) == (group.negative[i] != 0), "sign plane", bits, size, i);
      }
      for (std::size_t i = size; i < 256; ++i) wrong.check(!planes.sign.test(i), "bits past the group", bits, size, i);
    }
  }
  REQUIRE(wrong.report() == "");
}

TEST_CASE("planes of illegal groups are refused") {
  AndaGroup group;
  group.mantissa_bits = 4;
  group.negative.assign(7, 0);
  group.mantissa.assign(7, 0);
  REQUIRE_THROWS_AS(anda::to_planes(group), anda::Error);
  PlaneGroup planes;
  planes.group_size = 64;
  REQUIRE_THROWS_AS(anda::to_group(planes), anda::Error);  // no mantissa plane
}
