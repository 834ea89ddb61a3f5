// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/rounding.h>
#include <anda/vector_unit/vector_unit.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// A vector unit alone: 64 values a cycle, out 4 cycles later.
struct VectorUnitBench {
  Clock clock{gigahertz};
  VectorUnit unit{"vector_unit", {64, 4}, clock};
  Driver array{"array", clock, unit.sums};
  Neighbour sink{"sink"};
  ArrayTile tile;

  VectorUnitBench() {
    sink.behind(unit.out);
    elaborate();
  }

  DataflowExtension send(std::uint64_t rows, std::uint64_t columns, std::uint64_t cycle) {
    tile.rows = rows;
    tile.columns = columns;
    DataflowExtension said;
    said.tile = &tile;
    said.cycle = cycle;
    return array.call(tlm::TLM_WRITE_COMMAND, 0x1000, tile.values() * sizeof(float), said);
  }
};

}  // namespace

TEST_CASE("The vector unit takes fpus sums per cycle and emits them a latency later") {
  VectorUnitBench bench;
  // 256 sums from cycle 10 on at 64 a cycle: all taken in cycle 14, out in 14 + 4 = 18.
  const DataflowExtension whole = bench.send(16, 16, 10);
  CHECK(whole.done == 14);
  CHECK(whole.put_out == 18);
  CHECK(whole.stored == 18);
  CHECK_FALSE(whole.sink_slower);
  CHECK(bench.sink.accesses.back().said.cycle == 14);  // the first results leave: 10 + 4
  CHECK(bench.sink.accesses.back().bytes == 512);      // in FP16
  CHECK(bench.send(15, 17, 10).done == 14);            // 255: still 4 cycles
  CHECK(bench.send(257, 1, 10).done == 15);            // one more than 256: another cycle
  CHECK(bench.send(1, 1, 10).put_out == 15);
  CHECK(counted(bench.unit, "vector_unit.values") == 256 + 255 + 257 + 1);
}

TEST_CASE("A block behind the vector unit stalls it by its delay minus the latency") {
  VectorUnitBench bench;
  std::uint64_t until = 0;
  bench.sink.answer = [&](const Neighbour::Access&, DataflowExtension& said) { said.done = said.stored = until; };
  // Without a hold-up 256 sums of cycle 10 are taken in 14 and out in 18. A sink that is done with them in 18 holds
  // nothing up; one that is done in 19 makes the pipeline stand for a cycle.
  until = 18;
  CHECK(bench.send(16, 16, 10).done == 14);
  CHECK_FALSE(bench.send(16, 16, 10).sink_slower);
  until = 19;
  CHECK(bench.send(16, 16, 10).done == 15);
  CHECK(bench.send(16, 16, 10).sink_slower);
  until = 60;
  CHECK(bench.send(16, 16, 10).done == 56);
  CHECK(bench.send(16, 16, 10).stored == 60);
}

TEST_CASE("The vector unit stalls after each delayed beat") {
  VectorUnitBench bench;
  std::vector<HoldUp> held;
  std::uint64_t first_offer = 0;
  bench.sink.answer = [&](const Neighbour::Access& access, DataflowExtension& said) {
    first_offer = access.said.cycle;
    *said.hold_ups = held;
    said.done = said.stored = access.said.cycle + 4;
    for (const HoldUp& of : held) said.done = said.stored += of.cycles;
  };
  // Beats of 64 enter in 10 … 13 and are offered from 14 on. The second one is offered in 15 and taken in 25, the
  // others in 26 and 27: until then all have entered, since the pipeline stands still in 16 … 25 only.
  held = {{1, 10}};
  const DataflowExtension first = bench.send(16, 16, 10);
  CHECK(first.done == 14);
  CHECK(first.put_out == 18);
  CHECK(first.stored == 28);
  CHECK_FALSE(first.repeatable);
  // The next tile: two beats enter in 14 and 15, two in 26 and 27; the first one is offered four clocks of the pipeline
  // after it entered, in 28.
  held = {};
  const DataflowExtension second = bench.send(16, 16, 14);
  CHECK(first_offer == 28);
  CHECK(second.done == 28);
  CHECK(second.sink_slower);
  CHECK_FALSE(second.repeatable);
  CHECK(bench.send(16, 16, 32).done == 36);
  CHECK(bench.send(16, 16, 36).repeatable);
}

TEST_CASE("Tiles leave the vector unit as FP16, column after column, partial sums as they are") {
  VectorUnitBench bench;
  bench.tile.rows = 2;
  bench.tile.columns = 3;
  bench.tile.column_of_block = 8;  // of a block whose columns have 2 rows each: 8 · 2 values before
  float sums[] = {1.0F / 3, 2, -3, 1e6F, 5, -0.0F};
  DataflowExtension said;
  said.tile = &bench.tile;
  said.moves_data = true;
  bench.array.call(tlm::TLM_WRITE_COMMAND, 0x1000, sizeof sums, said, sums);
  OverflowCounts overflows;
  std::vector<std::uint8_t> expected;
  for (const std::size_t i : {0U, 3U, 1U, 4U, 2U, 5U}) {
    const std::uint16_t bits = round_output(sums[i], overflows).bits;
    expected.push_back(static_cast<std::uint8_t>(bits & 0xFF));
    expected.push_back(static_cast<std::uint8_t>(bits >> 8));
  }
  CHECK(bench.sink.accesses.back().address == 0x1000 + 8 * 2 * 2);
  CHECK(bench.sink.contents(0x1000 + 32, 12) == expected);
  CHECK(bench.unit.overflows().outputs == 1);  // 1e6

  bench.tile.partial_sums_out = true;
  bench.array.call(tlm::TLM_WRITE_COMMAND, 0x2000, sizeof sums, said, sums);
  const auto bytes = bench.sink.contents(0x2000 + 64, sizeof sums);
  float seen[6];
  std::memcpy(seen, bytes.data(), sizeof seen);
  CHECK(std::vector<float>(seen, seen + 6) == std::vector<float>{1.0F / 3, 1e6F, 2, 5, -3, -0.0F});
}

TEST_CASE("A master's FP32 values become FP16 at half the address, at the pace of the lanes") {
  VectorUnitBench bench;
  std::vector<float> values(65, 1.5F);
  sc_core::sc_time delay = ns(100);
  // 65 values: 2 cycles.
  REQUIRE(bench.array.plain(tlm::TLM_WRITE_COMMAND, 64, values.data(), 260, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(102));
  CHECK(bench.sink.accesses.back().address == 32);
  CHECK(bench.sink.accesses.back().bytes == 130);
  CHECK(bench.sink.accesses.back().at == ns(104));
  CHECK(bench.sink.contents(32, 4) == std::vector<std::uint8_t>{0, 0x3E, 0, 0x3E});
  // A sink of 3 cycles is done in 107 at the latest, when the pipeline would have been in 106: one cycle more.
  bench.sink.latency = ns(3);
  delay = ns(100);
  bench.array.plain(tlm::TLM_WRITE_COMMAND, 64, values.data(), 260, delay);
  CHECK(delay == ns(103));
  bench.sink.latency = ns(2);
  delay = ns(100);
  bench.array.plain(tlm::TLM_WRITE_COMMAND, 64, values.data(), 260, delay);
  CHECK(delay == ns(102));
}

TEST_CASE("The vector unit refuses accesses that are not FP32 values and passes on refusals of its sink") {
  VectorUnitBench bench;
  float values[2] = {};
  CHECK(bench.array.plain(tlm::TLM_READ_COMMAND, 0, values, 8) == tlm::TLM_COMMAND_ERROR_RESPONSE);
  CHECK(bench.array.plain(tlm::TLM_WRITE_COMMAND, 0, values, 6) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(IllegalAccesses(bench.array, 8).all_refused());
  CHECK(bench.sink.accesses.empty());
  bench.sink.status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  CHECK(bench.array.plain(tlm::TLM_WRITE_COMMAND, 0, values, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK_THROWS_AS(bench.send(1, 2, 0), Error);
}
