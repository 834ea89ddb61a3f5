// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/block.h>

#include <catch2/catch.hpp>

#include <anda/numeric/block_layout.h>

#include "numeric/real_numbers.h"

using anda::Fp16;
using anda::PlaneGroup;

namespace {

using Bytes = std::vector<std::uint8_t>;

PlaneGroup random_group(Random& random, std::uint32_t size, std::uint32_t bits) {
  const std::vector<Fp16> values = random.group(size);
  anda::NonFiniteCounts counts;
  return anda::to_planes(
      anda::encode_group(values.data(), size, {size, bits}, anda::NonFinite::refuse, {"A", 0}, counts));
}

bool bit_of(const Bytes& bytes, std::size_t bit) { return bytes[bit / 8] >> (bit % 8) & 1; }

}  // namespace

// The group of the example in test_anda_group.cpp: 1.0, −0.75, 0.1, 0.3 with M = 4 have the mantissas 1000, 0110, 0000,
// 0010 and E* = 15. Sign plane: element 1 → 0x02. Planes: 1000… → element 0 → 0x01; element 1 → 0x02; elements 1
// and 3 → 0x0A; none → 0x00. The second row is 1.0 in element 7 with exponent 15 → 0x80 in the first mantissa plane.
// Exponents: 01111 and 01111 from the low end: 01111'01111 = 0x1EF → 0xEF, 0x01.
TEST_CASE("a block worked by hand") {
  std::vector<Fp16> first(8), second(8);
  first[0] = Fp16{0x3C00};
  first[1] = Fp16{0xBA00};
  first[2] = Fp16{0x2E66};
  first[3] = Fp16{0x34CD};
  second[7] = Fp16{0x3C00};
  anda::NonFiniteCounts counts;
  std::vector<PlaneGroup> rows;
  for (const auto* row : {&first, &second}) {
    rows.push_back(
        anda::to_planes(anda::encode_group(row->data(), 8, {8, 4}, anda::NonFinite::refuse, {"A", 0}, counts)));
  }
  REQUIRE(anda::pack_block(rows) == Bytes{0x02, 0x00, 0x01, 0x80, 0x02, 0x00, 0x0A, 0x00, 0x00, 0x00, 0xEF, 0x01});
  REQUIRE(anda::pack_block({rows[0]}) == Bytes{0x02, 0x01, 0x02, 0x0A, 0x00, 0x0F});
}

TEST_CASE("every bit of a block is where the layout says, and blocks come back") {
  const std::uint64_t seed = 13;
  CAPTURE(seed);
  Random random(seed);
  Mismatches wrong;
  for (const std::uint32_t size : {8u, 24u, 64u, 128u, 256u}) {
    for (const std::uint32_t bits : {1u, 2u, 4u, 7u, 11u, 16u}) {
      for (const std::size_t count : {1u, 2u, 3u, 8u, 13u, 16u, 21u}) {
        std::vector<PlaneGroup> rows;
        for (std::size_t r = 0; r < count; ++r) rows.push_back(random_group(random, size, bits));
        const Bytes bytes = anda::pack_block(rows);
        wrong.check(bytes.size() == anda::block_bytes(count, {size, bits}), "size", size, bits, count);
        for (std::size_t r = 0; r < count; ++r) {
          for (std::uint32_t i = 0; i < size; ++i) {
            wrong.check(bit_of(bytes, r * size + i) == rows[r].sign.test(i), "sign bit", r, i);
            for (std::uint32_t p = 0; p < bits; ++p) {
              const std::size_t bit = (p + 1) * count * size + r * size + i;
              wrong.check(bit_of(bytes, bit) == rows[r].planes[p].test(i), "mantissa bit", r, p, i);
            }
          }
          std::uint32_t exponent = 0;
          for (std::uint32_t b = 0; b < 5; ++b) {
            exponent += bit_of(bytes, (bits + 1) * count * size + 5 * r + b) ? 1u << b : 0;
          }
          wrong.check(exponent == rows[r].exponent, "exponent", r);
        }
        for (std::size_t bit = (bits + 1) * count * size + 5 * count; bit < bytes.size() * 8; ++bit) {
          wrong.check(!bit_of(bytes, bit), "unused bit", bit);
        }
        wrong.check(anda::unpack_block(bytes, count, {size, bits}) == rows, "round trip", size, bits, count);
      }
    }
  }
  REQUIRE(wrong.report() == "");
}

TEST_CASE("invalid blocks are refused") {
  Random random(1);
  const PlaneGroup group = random_group(random, 64, 6);
  REQUIRE_THROWS_WITH(anda::pack_block({}), Catch::Contains("at least one row"));
  REQUIRE_THROWS_WITH(anda::pack_block({group, random_group(random, 64, 7)}), Catch::Contains("one mantissa length"));
  REQUIRE_THROWS_WITH(anda::pack_block({group, random_group(random, 72, 6)}), Catch::Contains("one group size"));
  REQUIRE_THROWS_WITH(anda::pack_block({random_group(random, 64, 17)}), Catch::Contains("must be 1 … 16"));
  PlaneGroup wide = group;
  wide.exponent = 32;
  REQUIRE_THROWS_WITH(anda::pack_block({group, wide}), Catch::Contains("does not fit in 5 bits"));
  REQUIRE_THROWS_WITH(anda::unpack_block(Bytes(905), 16, {64, 6}), Catch::Contains("takes 906 bytes, not 905"));
  REQUIRE_THROWS_WITH(anda::unpack_block(Bytes(), 0, {64, 6}), Catch::Contains("at least one row"));
}
