// SPDX-License-Identifier: Apache-2.0
#include <anda/base/standstills.h>

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using anda::Standstills;

TEST_CASE("Standstills are what a pipeline's clock skips") {
  std::mt19937 random(4);
  for (int trial = 0; trial < 200; ++trial) {
    Standstills stands;
    Standstills later;
    std::vector<bool> moves(400, true);  // each cycle
    for (std::uint64_t cycle = random() % 9; cycle < 100; cycle += 1 + random() % 20) {
      const std::uint64_t until = cycle + random() % 6;
      stands.add(cycle, until);
      later.add(cycle + 50, until + 50);
      for (; cycle < until; ++cycle) moves[cycle] = false;
    }
    const std::uint64_t forgotten = random() % 60;
    stands.forget(forgotten);
    for (std::uint64_t cycle = forgotten; cycle < 130; ++cycle) {
      std::uint64_t next = cycle;
      while (!moves[next]) ++next;
      REQUIRE(stands.moves(cycle) == next);
      if (next != cycle) continue;
      for (int clocks = 0; clocks < 40; ++clocks) {
        REQUIRE(stands.advance(cycle, static_cast<std::uint64_t>(clocks)) == next);
        do ++next;
        while (!moves[next]);
      }
    }
    later.forget(forgotten + 50);
    CHECK(stands.recur(later, 50));
    CHECK((stands.empty() || !stands.recur(later, 49)));
    stands.shift(50);
    CHECK(stands.recur(later, 0));
    CHECK(stands.end() == later.end());
  }
}
