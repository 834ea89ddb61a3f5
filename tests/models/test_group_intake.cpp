// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/compressor_lanes.h>
#include <anda/compressor/group_intake.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace anda;

namespace {

/// Notes when the last plane of a block is out.
class Packager : public ResultPort {
 public:
  std::uint64_t clock = 0;
  std::uint64_t end = 0;
  void open(const ArrayTile&, const ActivationFormat&) override {}
  void plane(std::uint64_t, std::uint64_t, std::uint32_t) override { end = clock + 1; }
  void values(std::uint64_t, std::uint64_t, bool) override {}
};

/// The compressor clock by clock behind a vector unit that offers a beat until all of it is taken.
class Clocked {
 public:
  Clocked(const CompressorConfig& config, std::uint64_t beat, const StepPlan& plan)
      : config_(config), lanes_(config_, groups), beat_(beat) {
    lanes_.bind(packager_);
    lanes_.begin(plan);
  }

  /// Offers a tile from a clock on. Returns the clock after its last value is taken.
  std::uint64_t offer(const ArrayTile& tile, std::uint64_t from) {
    while (packager_.clock < from) clock(tile, 0, 0);
    held.clear();
    for (std::uint64_t first = 0; first < tile.values();) {
      std::uint64_t left = std::min(beat_, tile.values() - first);
      const std::uint64_t offered = packager_.clock;
      while (left > 0) {
        const std::uint64_t taken = clock(tile, first, left);
        first += taken;
        left -= taken;
      }
      held.push_back(packager_.clock - offered - 1);
    }
    return packager_.clock;
  }
  /// The clock after that in which the last plane is out.
  std::uint64_t drain(const ArrayTile& tile) {
    while (lanes_.busy()) clock(tile, 0, 0);
    return packager_.end;
  }

  std::uint64_t groups = 0;
  std::vector<std::uint64_t> held;  ///< clocks by which each beat of the last tile was late

 private:
  std::uint64_t clock(const ArrayTile& tile, std::uint64_t first, std::uint64_t count) {
    lanes_.tick();
    const std::uint64_t taken = count > 0 ? lanes_.accept(tile, first, count) : 0;
    ++packager_.clock;
    return taken;
  }

  CompressorConfig config_;
  Packager packager_;
  CompressorLanes lanes_;
  std::uint64_t beat_;
};

/// All tiles of a GeMM in their order.
std::vector<ArrayTile> tiles_of(StepPlan plan) {
  std::vector<ArrayTile> tiles;
  for (Step step; plan.next(step);) {
    for (std::uint64_t row = 0; row < step.row_tiles; ++row) {
      for (std::uint64_t column = 0; column < step.column_tiles; ++column) {
        tiles.push_back(plan.tile(step, row, column));
      }
    }
  }
  return tiles;
}

struct RandomCase {
  std::mt19937 random;
  std::uint64_t pick(std::initializer_list<std::uint64_t> of) { return *(of.begin() + random() % of.size()); }

  StepPlan plan(std::uint32_t group) {
    MxuConfig mxu;
    mxu.rows = static_cast<std::uint32_t>(pick({1, 3, 8, 16}));
    mxu.columns = static_cast<std::uint32_t>(pick({1, 4, 7, 8, 16, 24}));
    mxu.lanes_per_pe = 8;
    FormatConfig format;
    format.group_size = group;
    const MachineShape shape(mxu, format, {}, {});
    const auto m = static_cast<std::uint32_t>(1 + random() % 100);
    const auto n = static_cast<std::uint32_t>(1 + random() % 100);
    const ActivationFormat out{static_cast<std::uint32_t>(1 + random() % 16), group};
    // Steps of all columns: the least common multiple of any array and group is below 200 · 8.
    const GemmTask task{m, n, 8, {8, group}, out, {4, 128}};
    return StepPlan(task, {mxu.rows * 2, mxu.columns * group, 128, LoopOrder::nkm}, {}, shape);
  }
};

}  // namespace

TEST_CASE("Results come into the group registers and leave the lanes as in the compressor clock by clock") {
  RandomCase cases{std::mt19937(3)};
  std::uint64_t waited = 0;
  std::uint64_t unhindered = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const auto group = static_cast<std::uint32_t>(cases.pick({8, 16, 64}));
    const StepPlan plan = cases.plan(group);
    const CompressorConfig config{static_cast<std::uint32_t>(cases.pick({1, 2, 5, 16, 40})),
                                  static_cast<std::uint32_t>(cases.pick({1, 3, 16, 64}))};
    const std::uint64_t beat = cases.pick({1, 2, 7, 16, 64});
    const std::uint64_t slack = cases.pick({1, 10, 200});
    Clocked clocked(config, beat, plan);
    GroupIntake intake;
    intake.begin({config.lanes, plan.task().output.mantissa_bits + 1, group, beat, config.values_per_cycle});
    std::uint64_t from = 0;
    std::uint64_t groups = 0;
    for (const ArrayTile& tile : tiles_of(plan)) {
      from += cases.random() % slack;
      std::vector<HoldUp> hold_ups;
      const GroupIntake::Taken taken = intake.take(tile, from, &hold_ups);
      const std::uint64_t done = clocked.offer(tile, from);
      std::vector<std::uint64_t> held(clocked.held.size(), 0);
      for (const HoldUp& of : hold_ups) held.at(of.beat) = of.cycles;
      INFO("trial " << trial << " block " << tile.block << " column " << tile.column);
      REQUIRE(taken.done == done);
      REQUIRE(held == clocked.held);
      groups += taken.groups;
      (hold_ups.empty() ? unhindered : waited) += 1;
      from = done;
    }
    REQUIRE(intake.end() == clocked.drain(tiles_of(plan).back()));
    CHECK(groups == clocked.groups);
  }
  CHECK(waited > 1000);
  CHECK(unhindered > 1000);
}

namespace {

/// 2 × 8 results in a beat: two groups of 7 planes.
ArrayTile two_groups(std::uint64_t block) {
  ArrayTile tile;
  tile.rows = 2;
  tile.columns = tile.block_columns = 8;
  tile.compress = tile.last_of_block = tile.last_of_row = true;
  tile.block = block;
  return tile;
}

}  // namespace

TEST_CASE("A tile is alone if nothing in the compressor delays it or its first group") {
  GroupIntake intake;
  intake.begin({2, 7, 8, 16, 16});
  CHECK(intake.take(two_groups(0), 10, nullptr).alone);  // complete in 11, out 7 cycles later
  CHECK(intake.end() == 18);
  CHECK(intake.take(two_groups(1), 17, nullptr).alone);  // complete in 18, when the lanes are free
  CHECK(intake.end() == 25);
  CHECK_FALSE(intake.take(two_groups(2), 23, nullptr).alone);  // complete in 24, the lanes are free in 25
  CHECK(intake.end() == 32);
}

TEST_CASE("Tiles that came again leave the registers of the last of their blocks taken") {
  GroupIntake intake;
  intake.begin({1, 7, 8, 16, 16});
  CHECK(intake.take(two_groups(0), 10, nullptr).done == 11);
  CHECK(intake.take_alone(two_groups(14), 263).done == 264);
  CHECK(intake.end() == 264 + 14);  // the lane takes its groups in 264 and 271
  std::vector<HoldUp> hold_ups;
  CHECK(intake.take(two_groups(15), 264, &hold_ups).done == 265);  // the other set of registers
  CHECK(hold_ups.empty());
  CHECK(intake.take(two_groups(16), 265, &hold_ups).done == 272);  // half of it waits for the second group of block 14
  REQUIRE(hold_ups.size() == 1);
  CHECK(hold_ups[0].beat == 0);
  CHECK(hold_ups[0].cycles == 6);
}
