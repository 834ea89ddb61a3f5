// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/block_layout.h>

#include <catch2/catch.hpp>

#include <anda/base/error.h>

TEST_CASE("a full block takes (M + 1) · 128 + 10 bytes") {
  for (std::uint32_t bits = 1; bits <= 16; ++bits) {
    REQUIRE(anda::block_bytes(16, {64, bits}) == (bits + 1) * 128 + 10);
  }
  REQUIRE(anda::block_bytes(1, {64, 16}) == 17 * 8 + 1);
  REQUIRE(anda::block_bytes(3, {8, 5}) == 6 * 3 + 2);
  REQUIRE(anda::block_bytes(16, {256, 4}) == 5 * 512 + 10);
}

TEST_CASE("blocks of an illegal format or without rows are refused") {
  REQUIRE_THROWS_WITH(anda::block_bytes(16, {64, 17}), Catch::Contains("must be 1 … 16"));
  REQUIRE_THROWS_WITH(anda::block_bytes(0, {64, 6}), Catch::Contains("at least one row"));
}
