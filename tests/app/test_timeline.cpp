// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "timeline/bounded_list.h"
#include "timeline/event_writer.h"
#include "timeline/overview.h"

using anda::sim::BoundedList;
using anda::sim::Overview;

namespace {

struct Thing {
  std::uint64_t from_ticks = 0;
  std::uint64_t number = 0;
};

}  // namespace

TEST_CASE("A bounded list is complete before its horizon, whatever the order") {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    const std::size_t limit = 2 + random() % 100;
    const std::uint64_t range = 1 + random() % 2000;
    BoundedList<Thing> list(limit);
    std::vector<Thing> all;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      all.push_back({random() % range, i});
      list.add(all.back());
    }
    CAPTURE(seed, limit, range);
    CHECK(list.list().size() <= limit);
    std::vector<std::uint64_t> expected;
    for (const Thing& thing : all) {
      if (thing.from_ticks < list.horizon()) expected.push_back(thing.number);
    }
    std::vector<std::uint64_t> kept;
    for (const Thing& thing : list.list()) kept.push_back(thing.number);
    std::sort(kept.begin(), kept.end());
    CHECK(kept == expected);
  }
}

TEST_CASE("A bounded list that is not full omits nothing") {
  BoundedList<Thing> list(10);
  for (std::uint64_t i = 0; i < 10; ++i) list.add({i, i});
  CHECK(list.list().size() == 10);
  CHECK(list.horizon() == BoundedList<Thing>::everything);
}

TEST_CASE("An overview adds up exactly, in each series, however often it became coarser") {
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    Overview<2> overview(2 + random() % 60);
    std::uint64_t sums[2] = {};
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < 500; ++i) {
      const std::uint64_t from = random() % (std::uint64_t{1} << (21 + random() % 20));
      const std::uint64_t to = from + random() % (std::uint64_t{1} << (1 + random() % 30));
      const std::uint64_t amount = random() % 1'000'000;
      overview.add(i % 2, from, to, amount);
      sums[i % 2] += amount;
      end = std::max(end, to);
    }
    CAPTURE(seed);
    for (const std::size_t of : {0u, 1u}) {
      std::uint64_t sum = 0;
      for (const auto& amounts : overview.intervals()) sum += amounts[of];
      CHECK(sum == sums[of]);
    }
    CHECK(overview.intervals().size() * overview.interval_ticks() >= end);
  }
}

TEST_CASE("An overview puts amounts where they are") {
  Overview<1> overview(8);
  const std::uint64_t length = overview.interval_ticks();
  overview.add(0, length / 2, 2 * length + length / 2, 400);
  REQUIRE(overview.intervals().size() == 3);
  CHECK(overview.intervals()[0][0] == 100);
  CHECK(overview.intervals()[1][0] == 200);
  CHECK(overview.intervals()[2][0] == 100);
  overview.add(0, 15 * length, 16 * length, 7);  // the sixteenth interval: they become twice as long
  CHECK(overview.interval_ticks() == 2 * length);
  REQUIRE(overview.intervals().size() == 8);
  CHECK(overview.intervals()[0][0] == 300);
  CHECK(overview.intervals()[1][0] == 100);
  CHECK(overview.intervals()[7][0] == 7);
}

TEST_CASE("Ticks become microseconds without rounding") {
  // The kernel's resolution is 1 ps.
  CHECK(anda::sim::exact_us(0) == "0.000000");
  CHECK(anda::sim::exact_us(1) == "0.000001");
  CHECK(anda::sim::exact_us(1'234'567) == "1.234567");
  CHECK(anda::sim::exact_us(89'037'015'999'960) == "89037015.999960");
}

TEST_CASE("Names of GeMMs are legal JSON whatever they hold") {
  CHECK(anda::sim::json_text("a \"b\"\n\\") == R"("a \"b\"\n\\")");
  CHECK(anda::sim::json_text("\xFF") == "\"\xEF\xBF\xBD\"");
}
