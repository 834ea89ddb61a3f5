// SPDX-License-Identifier: Apache-2.0
#include <anda/base/math.h>
#include <anda/compressor/lane_queue.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <deque>
#include <random>
#include <vector>

using anda::LaneQueue;

namespace {

struct Results {
  std::uint64_t from = 0;
  std::uint64_t values = 0;
  std::uint64_t groups = 0;
};

/// The lanes of a compressor clock by clock: values come, groups become complete, idle lanes take them in their order.
std::vector<std::uint64_t> clock_by_clock(const LaneQueue::Rates& rates, const std::vector<Results>& blocks) {
  std::vector<std::uint64_t> ends(blocks.size(), 0);
  std::vector<std::uint64_t> left(blocks.size());
  std::vector<std::uint64_t> come(blocks.size(), 0);
  std::vector<std::uint64_t> completed(blocks.size(), 0);
  std::uint64_t groups = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) groups += left[i] = blocks[i].groups;
  struct Lane {
    std::uint64_t planes = 0;
    std::size_t block = 0;
  };
  std::vector<Lane> busy(rates.lanes);
  std::deque<std::size_t> waiting;
  for (std::uint64_t clock = 0; groups > 0; ++clock) {
    for (Lane& lane : busy) {
      if (lane.planes == 0) {
        if (waiting.empty()) continue;
        lane = {rates.planes, waiting.front()};
        waiting.pop_front();
      }
      if (--lane.planes > 0) continue;
      --groups;
      if (--left[lane.block] == 0) ends[lane.block] = clock + 1;
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (clock < blocks[i].from || completed[i] == blocks[i].groups) continue;
      come[i] += rates.intake;
      const std::uint64_t of_group = blocks[i].values / blocks[i].groups;
      for (; completed[i] < blocks[i].groups && (completed[i] + 1) * of_group <= come[i]; ++completed[i]) {
        waiting.push_back(i);
      }
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("Blocks leave the compressor when its lanes, clock by clock, are done with their groups") {
  std::mt19937 random(3);
  const auto pick = [&](std::uint64_t most) { return 1 + random() % most; };
  int waited = 0;
  for (int trial = 0; trial < 500; ++trial) {
    const LaneQueue::Rates rates{pick(40), pick(17), pick(80)};
    std::vector<Results> results;
    std::uint64_t from = 0;
    for (int i = 0; i < 30; ++i) {
      const std::uint64_t groups = pick(50);
      results.push_back({from, groups * pick(64), groups});
      // The next one comes when this one is in, or so much later that some find lanes free and some do not.
      from += anda::ceil_div(results.back().values, rates.intake);
      from += random() % (2 * rates.planes * (1 + groups / rates.lanes));
    }
    const auto expected = clock_by_clock(rates, results);
    std::vector<LaneQueue::Block> blocks;
    for (const Results& of : results) blocks.emplace_back(rates, of.values, of.groups);
    LaneQueue queue;
    queue.begin(rates);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const std::uint64_t end = queue.add(results[i].from, blocks[i]);
      waited += end > results[i].from + blocks[i].alone_cycles ? 1 : 0;
      REQUIRE(end == expected[i]);
    }
  }
  CHECK(waited > 1000);
}
