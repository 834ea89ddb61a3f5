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

/// The lanes of a compressor clock by clock: values come, groups become complete, idle lanes take them in their order.
std::vector<std::uint64_t> clock_by_clock(std::uint32_t lanes, std::uint64_t planes, std::uint64_t intake,
                                          const std::vector<LaneQueue::Block>& blocks) {
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
  std::vector<Lane> busy(lanes);
  std::deque<std::size_t> waiting;
  for (std::uint64_t clock = 0; groups > 0; ++clock) {
    for (Lane& lane : busy) {
      if (lane.planes == 0) {
        if (waiting.empty()) continue;
        lane = {planes, waiting.front()};
        waiting.pop_front();
      }
      if (--lane.planes > 0) continue;
      --groups;
      if (--left[lane.block] == 0) ends[lane.block] = clock + 1;
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (clock < blocks[i].from || completed[i] == blocks[i].groups) continue;
      come[i] += intake;
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
    const auto lanes = static_cast<std::uint32_t>(pick(40));
    const std::uint64_t planes = pick(17);
    const std::uint64_t intake = pick(80);
    std::vector<LaneQueue::Block> blocks;
    std::uint64_t from = 0;
    for (int i = 0; i < 30; ++i) {
      LaneQueue::Block block;
      block.from = from;
      block.groups = pick(50);
      block.values = block.groups * pick(64);
      blocks.push_back(block);
      // The next one comes when this one is in, or so much later that some find lanes free and some do not.
      from += anda::ceil_div(block.values, intake) + random() % (2 * planes * (1 + block.groups / lanes));
    }
    const auto expected = clock_by_clock(lanes, planes, intake, blocks);
    LaneQueue queue;
    queue.begin(lanes, planes, intake);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      LaneQueue alone;
      alone.begin(lanes, planes, intake);
      const std::uint64_t end = queue.add(blocks[i]);
      waited += end > alone.add(blocks[i]) ? 1 : 0;
      REQUIRE(end == expected[i]);
    }
  }
  CHECK(waited > 1000);
}
