// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/compressor_lanes.h>

#include <catch2/catch.hpp>
#include <vector>

using namespace anda;

namespace {

/// What leaves the lanes, with its clock.
class LanePackager : public ResultPort {
 public:
  struct Plane {
    std::uint64_t clock;
    std::uint64_t block;
    std::uint32_t plane;
  };
  std::uint64_t clock = 0;
  std::vector<Plane> planes;

  void open(const ArrayTile&, const ActivationFormat&) override {}
  void plane(std::uint64_t block, std::uint64_t, std::uint32_t plane) override {
    planes.push_back({clock, block, plane});
  }
  void values(std::uint64_t, std::uint64_t, bool) override {}
};

/// Lanes that take 64 values a clock, behind an array of 16 × 16; results have 6 mantissa bits, 7 planes a group. A
/// block is of 16 × 64 values: 4 tiles, which come in 4 clocks each, and 16 groups.
struct LanesBench {
  CompressorConfig config;
  std::uint64_t groups = 0;
  LanePackager packager;
  CompressorLanes lanes;
  MachineShape shape{{}, {}, {}, {}};
  StepPlan plan{{64, 64, 64, {8, 64}, {6, 64}, {4, 128}}, {64, 64, 128, LoopOrder::nkm}, {}, shape};
  Step step;
  std::uint64_t given = 0;  ///< values that have been taken, tile after tile

  explicit LanesBench(std::uint32_t lanes_) : config{lanes_, 64}, lanes(config, groups) {
    lanes.bind(packager);
    plan.next(step);
    lanes.begin(plan);
  }

  /// One clock, in which 64 values are offered if there is `more`; how many were taken.
  std::uint64_t clock(bool more) {
    lanes.tick();
    std::uint64_t taken = 0;
    if (more) {
      const std::uint64_t tile = given / 256;
      taken = lanes.accept(plan.tile(step, tile / 4, tile % 4), given % 256,
                           std::min<std::uint64_t>(64, 256 - given % 256));
      given += taken;
    }
    ++packager.clock;
    return taken;
  }
  /// A whole block, and then clocks until all lanes are idle.
  void run() {
    while (given < 1024) clock(true);
    while (lanes.busy()) clock(false);
  }
};

}  // namespace

TEST_CASE("A lane takes a group in the clock after its last value and emits a plane per clock, the sign plane first") {
  LanesBench bench(16);
  bench.run();
  // The fourth tile comes in the clocks 12 … 15, four rows, and so four groups, in each. Those of clock 12 go out from
  // clock 13 on, those of clock 15 from 16 to 22.
  REQUIRE(bench.packager.planes.size() == 16 * 7);
  CHECK(bench.packager.planes.front().clock == 13);
  CHECK(bench.packager.planes.front().plane == 0);
  CHECK(bench.packager.planes.back().clock == 22);
  CHECK(bench.packager.planes.back().plane == 6);
  CHECK(bench.groups == 16);
}

TEST_CASE("Groups wait for a lane in their order") {
  LanesBench bench(4);
  bench.run();
  // Four lanes, each with 4 groups one after another, from clock 13 on: 13 + 4 · 7 − 1.
  CHECK(bench.packager.planes.front().clock == 13);
  CHECK(bench.packager.planes.back().clock == 40);
}

TEST_CASE("The registers of two blocks hold values until a lane has taken their group") {
  LanesBench bench(1);
  // Blocks 0 and 1 fill their registers in 32 clocks. The one lane takes the groups of block 0 in the clocks 13, 20, 27
  // and 34: in clock 32 there is room for the first three rows of block 2, 16 values each, in 34 for one more.
  for (int clock = 0; clock < 32; ++clock) CHECK(bench.clock(true) == 64);
  CHECK(bench.clock(true) == 48);
  CHECK(bench.clock(true) == 0);
  CHECK(bench.clock(true) == 16);
  CHECK(bench.clock(true) == 0);
}
