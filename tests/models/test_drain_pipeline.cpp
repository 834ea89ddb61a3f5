// SPDX-License-Identifier: Apache-2.0
#include <anda/vector_unit/drain_pipeline.h>

#include <catch2/catch.hpp>
#include <functional>
#include <vector>

using namespace anda;

namespace {

/// A full bank of accumulators.
class Bank : public AccumulatorPort {
 public:
  explicit Bank(std::uint64_t rows, std::uint64_t columns) {
    tile_.rows = rows;
    tile_.columns = columns;
    left_ = tile_.values();
  }
  bool holds_results() const override { return left_ > 0; }
  const ArrayTile& tile() const override { return tile_; }
  std::uint64_t left() const override { return left_; }
  void take(std::uint64_t values, std::uint64_t) override { left_ -= values; }

 private:
  ArrayTile tile_;
  std::uint64_t left_ = 0;
};

/// Takes results as the test says, and notes what it is offered.
class Sink : public ResultSink {
 public:
  std::function<std::uint64_t(std::uint64_t count)> takes = [](std::uint64_t count) { return count; };
  std::vector<std::uint64_t> offered;  ///< number of the first result of each offer

  void begin(const StepPlan&) override {}
  std::uint64_t accept(const ArrayTile&, std::uint64_t first, std::uint64_t count) override {
    offered.push_back(first);
    return takes(count);
  }
  void tick() override {}
  bool busy() const override { return false; }
};

/// A pipeline of 64 lanes, clock by clock.
struct DrainBench {
  VectorUnitConfig config;
  Bank bank{16, 16};
  Sink sink;
  DrainPipeline pipeline;
  std::uint64_t cycle = 0;
  std::uint64_t tiles = 0;  ///< that have left

  explicit DrainBench(std::uint32_t latency) {
    config.fpus = 64;
    config.latency_cycles = latency;
    pipeline.begin();
  }
  std::uint64_t tick() { return pipeline.tick(config, bank, sink, cycle++, tiles); }
  /// The clock in which the last result leaves.
  std::uint64_t run() {
    while (tiles == 0 && cycle < 1000) tick();
    return cycle - 1;
  }
};

}  // namespace

TEST_CASE("Results enter fpus per clock and leave a latency later") {
  DrainBench bench(4);
  // 256 results in the clocks 0 … 3; the first leave in clock 4, the last in clock 7.
  for (int clock = 0; clock < 4; ++clock) CHECK(bench.tick() == 64);
  CHECK(bench.sink.offered.empty());
  CHECK(bench.tick() == 0);
  CHECK(bench.sink.offered == std::vector<std::uint64_t>{0});
  CHECK(bench.run() == 7);
  CHECK(bench.sink.offered == std::vector<std::uint64_t>{0, 64, 128, 192});
  CHECK(bench.pipeline.empty());
}

TEST_CASE("Without latency results leave in the clock in which they arrive") { CHECK(DrainBench(0).run() == 3); }

TEST_CASE("A sink that is not ready stalls the whole pipeline") {
  DrainBench bench(4);
  bench.sink.takes = [&](std::uint64_t count) { return bench.cycle == 5 ? 0 : count; };  // not in clock 4
  for (int clock = 0; clock < 5; ++clock) bench.tick();
  CHECK(bench.pipeline.held_up());
  CHECK(bench.run() == 8);  // one clock later than without
}

TEST_CASE("Partly accepted results are offered again from the remainder on") {
  DrainBench bench(0);
  bench.sink.takes = [](std::uint64_t count) { return std::min<std::uint64_t>(count, 48); };
  // 64 results go in two clocks, of 48 and 16; the next come in when they are gone: 4 · 2 clocks.
  CHECK(bench.run() == 7);
  CHECK(bench.sink.offered == std::vector<std::uint64_t>{0, 48, 64, 112, 128, 176, 192, 240});
}
