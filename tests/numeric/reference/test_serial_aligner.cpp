// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/serial_aligner.h>

#include <catch2/catch.hpp>

#include "numeric/real_numbers.h"

using anda::Fp16;
using anda::PlaneGroup;
using anda::SerialAligner;

namespace {

PlaneGroup by_formula(const std::vector<Fp16>& values, std::uint32_t mantissa_bits) {
  anda::NonFiniteCounts counts;
  return anda::to_planes(anda::encode_group(values.data(), values.size(),
                                            {static_cast<std::uint32_t>(values.size()), mantissa_bits},
                                            anda::NonFinite::refuse, {"A", 0}, counts));
}

}  // namespace

// 1.5 (E = 15, S = 11000000000) beside 0.25 (E = 13, S = 10000000000): 0.25 waits two steps.
TEST_CASE("the aligner waits, then emits the significand, then zeros") {
  std::vector<Fp16> values(8);
  values[0] = Fp16{0x3E00};
  values[1] = Fp16{0xB400};
  SerialAligner aligner(values.data(), 8);
  REQUIRE(aligner.shared_exponent() == 15);
  REQUIRE(aligner.sign().word(0) == 2u);
  const std::uint64_t expected[] = {1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const std::uint64_t plane : expected) REQUIRE(aligner.step().word(0) == plane);
}

TEST_CASE("the aligner equals the formula for every pattern beside every larger exponent") {
  Mismatches wrong;
  constexpr std::size_t size = 256;
  std::uint64_t elements = 0;
  for (unsigned shared = 1; shared <= 30; ++shared) {
    std::vector<Fp16> group{Fp16{static_cast<std::uint16_t>(shared << 10)}};
    const auto flush = [&] {
      group.resize(size);
      elements += size;
      // The planes of a shorter mantissa are the first ones of a longer: checked by comparing all lengths.
      const PlaneGroup longest = SerialAligner(group.data(), size).run(16);
      for (std::uint32_t bits = 1; bits <= 16; ++bits) {
        PlaneGroup serial = longest;
        serial.planes.resize(bits);
        wrong.check(serial == by_formula(group, bits), "group up to pattern, bits", group.back().bits, bits, shared);
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
  REQUIRE(elements >= 1013760);  // 30 · 4096 + 2048 · (29 · 30 / 2) patterns, and the anchors
  REQUIRE(wrong.report() == "");
}

TEST_CASE("the aligner equals the formula for random groups of every size") {
  const std::uint64_t seed = 5;
  CAPTURE(seed);
  Random random(seed);
  for (std::uint32_t size = 8; size <= 256; size += 8) {
    for (std::uint32_t bits = 1; bits <= 24; ++bits) {
      const std::vector<Fp16> values = random.group(size);
      CAPTURE(size, bits);
      REQUIRE(SerialAligner(values.data(), size).run(bits) == by_formula(values, bits));
    }
  }
}

TEST_CASE("the aligner refuses what it cannot align") {
  std::vector<Fp16> values(257);
  REQUIRE_THROWS_WITH(SerialAligner(values.data(), 7), Catch::Contains("8 … 256 values, not 7"));
  REQUIRE_THROWS_WITH(SerialAligner(values.data(), 257), Catch::Contains("not 257"));
  values[6] = Fp16{0xFC00};
  REQUIRE_THROWS_WITH(SerialAligner(values.data(), 8), Catch::Contains("value 6"));
}
