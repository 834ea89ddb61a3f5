// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/array_pace.h>

#include <catch2/catch.hpp>

using anda::ArrayPace;
using anda::TileTiming;

namespace {

/// Two groups of four planes, of which the weights of the second take the port 6 cycles.
TileTiming tile_of_two_groups() {
  TileTiming timing;
  timing.groups = 2;
  timing.busy_cycles = 8;
  timing.plane_cycles = {1, 1, 1, 1};
  timing.words_of_group = {1, 6};
  timing.group_starts = {0, 6};
  timing.inner_cycles = 6;
  timing.last_cycles = 4;
  timing.weights_slower = true;
  return timing;
}

/// One plane.
TileTiming one_plane() {
  TileTiming timing;
  timing.groups = timing.busy_cycles = timing.last_cycles = 1;
  timing.plane_cycles = {1};
  timing.words_of_group = {1};
  timing.group_starts = {0};
  return timing;
}

struct ArrayPaceBench {
  ArrayPace pace;

  explicit ArrayPaceBench(std::uint64_t fill) { pace.fill = fill; }
  /// Computes a tile whose operands are there. Returns the cycle from which on its sums are in their bank.
  std::uint64_t tile(const TileTiming& timing) {
    const std::uint64_t started = pace.start(0, pace.done, pace.done);
    pace.take_in(timing, started, timing.inner_cycles, timing.busy_cycles);
    return pace.drain();
  }
};

}  // namespace

TEST_CASE("With a bank that is free the array waits for the slower port only") {
  ArrayPaceBench bench(3);
  bench.pace.drained[0] = 3;  // the first sums come out of the pipeline in this cycle
  // Planes enter in 0 … 3 and 6 … 9; the last is in its bank at the end of 9 + 3.
  CHECK(bench.tile(tile_of_two_groups()) == 13);
  CHECK(bench.pace.done == 10);
  CHECK(bench.pace.port[1] == 2);
  CHECK(bench.pace.out[0] == 0);
}

TEST_CASE("A bank that is not free stalls the pipeline while the ports continue") {
  ArrayPaceBench bench(3);
  bench.pace.drained[0] = 12;
  // Planes enter in 0, 1 and 2. The first has come through in 3, when the pipeline stands still, until 12. The weights
  // of the second group come meanwhile: planes enter in 12 and 13 … 16.
  CHECK(bench.tile(tile_of_two_groups()) == 20);
  CHECK(bench.pace.done == 17);
  CHECK(bench.pace.last_group == 13);
  CHECK(bench.pace.port[1] == 0);
  CHECK(bench.pace.out[0] == 9);
}

TEST_CASE("Without a pipeline the array waits for the bank before it starts") {
  ArrayPaceBench bench(0);
  bench.pace.drained[0] = 12;
  CHECK(bench.tile(tile_of_two_groups()) == 22);
  CHECK(bench.pace.port[1] == 2);
  CHECK(bench.pace.out[0] == 12);
}

TEST_CASE("Tiles shorter than the pipeline enter it before it stalls for one of them") {
  ArrayPaceBench bench(3);
  bench.pace.drained[0] = 12;
  // They enter in 0, 1 and 2, and stand in the pipeline in 3 … 11, before the bank of the first. The fourth enters
  // in 12.
  const std::uint64_t drained[] = {14, 15, 16, 17};
  std::uint64_t sums[4];
  for (int i = 0; i < 4; ++i) {
    sums[i] = bench.tile(one_plane());
    bench.pace.drained_at(drained[i], false);
  }
  CHECK(sums[0] == 13);
  CHECK(sums[1] == 14);
  CHECK(bench.pace.out[0] == 9);
  CHECK(bench.pace.done == 13);
  // The third comes out in 14, when the first's bank is free; the fourth would in 15, when the second's is.
  CHECK(sums[2] == 15);
  CHECK(sums[3] == 16);
}

TEST_CASE("A pace recurs only after the same stalls") {
  ArrayPaceBench bench(30);
  ArrayPace later = bench.pace;
  later.stands.add(40, 50);
  CHECK(bench.pace.recurs(bench.pace));
  CHECK_FALSE(bench.pace.recurs(later));
}
