// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/bit_plane_compressor.h>
#include <anda/numeric/reference/anda_group.h>
#include <anda/numeric/reference/block.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// A compressor alone that takes 64 values a cycle, between an array's results and a buffer. Groups are of 64 values
/// with 6 mantissa bits: 7 planes.
struct CompressorBench {
  Clock clock{gigahertz};
  BitPlaneCompressor compressor;
  Driver vector_unit{"vector_unit", clock, compressor.in};
  Neighbour buffer{"buffer"};
  ActivationFormat format{6, 64};
  ArrayTile tile;

  explicit CompressorBench(std::uint32_t lanes, const BitPlaneCompressor::Bridge& bridge = {})
      : compressor("compressor", {lanes, 64}, clock, bridge) {
    buffer.behind(compressor.out);
    elaborate();
    clock.begin();
    tile.rows = 16;
    tile.columns = 16;
    tile.block_columns = 64;
    tile.compress = true;
  }

  /// The tile of 16 × 16 results that is number `of_block` in its block of 16 × 64.
  DataflowExtension send(std::uint64_t of_block, std::uint64_t cycle, Fp16* values = nullptr) {
    tile.column_of_block = 16 * of_block;
    tile.last_of_block = of_block == 3;
    DataflowExtension said;
    said.tile = &tile;
    said.format = &format;
    said.values_per_cycle = 64;
    said.cycle = cycle;
    said.moves_data = values != nullptr;
    return vector_unit.call(tlm::TLM_WRITE_COMMAND, 0x800, 512, said, values);
  }
};

std::vector<Fp16> some_values(std::size_t count) {
  std::mt19937 random(5);
  std::vector<Fp16> values(count);
  for (Fp16& value : values) value.bits = static_cast<std::uint16_t>(random() % 0x7C00 | random() % 2 << 15);
  return values;
}

/// Rows × 64 values, one row after another, as the reference arithmetic packs them.
std::vector<std::uint8_t> packed(const std::vector<Fp16>& values, std::uint32_t mantissa_bits) {
  NonFiniteCounts none;
  std::vector<PlaneGroup> rows;
  for (std::size_t row = 0; row < values.size(); row += 64) {
    rows.push_back(to_planes(encode_group(&values[row], 64, {64, mantissa_bits}, NonFinite::refuse, {"C", 0}, none)));
  }
  return pack_block(rows);
}

}  // namespace

TEST_CASE("A block leaves when the last values of its groups are in and the last group's planes are out") {
  CompressorBench bench(16);
  // 256 values at 64 a cycle: the compressor takes them for 4 cycles.
  CHECK(bench.send(0, 20).done == 24);
  CHECK(bench.send(1, 30).done == 34);
  CHECK(bench.send(2, 40).done == 44);
  CHECK(bench.buffer.accesses.empty());
  // The last tile completes all 16 groups by cycle 54, and each finds a lane, for 7 planes: 54 + 7.
  const DataflowExtension last = bench.send(3, 50);
  CHECK(last.done == 54);
  CHECK(last.stored == 61);
  CHECK(last.repeatable);
  REQUIRE(bench.buffer.accesses.size() == 1);
  CHECK(bench.buffer.accesses[0].said.cycle == 61);
  CHECK(bench.buffer.accesses[0].address == 0x800);
  CHECK(bench.buffer.accesses[0].bytes == 7 * 16 * 8 + 10);
  CHECK(counted(bench.compressor, "compressor.groups") == 16);
  CHECK(counted(bench.compressor, "compressor.planes") == 16 * 7);
}

TEST_CASE("Groups wait for lanes that convert others of their block") {
  CompressorBench bench(4);
  // The lanes have nothing to do before groups are complete, and the registers take 64 values a cycle.
  CHECK(bench.send(0, 20).done == 24);
  // Lane 4 converts groups 4, 8, 12 and 16, the first of which is complete a cycle after the tile came (4 groups a
  // cycle): 51 + 4 · 7.
  CHECK(bench.send(3, 50).stored == 79);
}

TEST_CASE("Groups wait for lanes that convert those of the block before") {
  CompressorBench bench(16);
  CHECK(bench.send(3, 50).stored == 61);
  // The first four lanes are free from 51 + 7 = 58 on, the next from 59, 60 and 61. Values from 55 on complete the last
  // group in 59, but its lane is free in 61: 61 + 7.
  const DataflowExtension second = bench.send(3, 55);
  CHECK(second.stored == 68);
  CHECK_FALSE(second.repeatable);
}

TEST_CASE("A block that arrives one lane time after another does not wait") {
  CompressorBench bench(16);
  CHECK(bench.send(3, 50).stored == 61);
  CHECK(bench.send(3, 57).stored == 68);
}

TEST_CASE("Tiles of FP16 values leave the compressor as the reference arithmetic packs them") {
  CompressorBench bench(16);
  const std::vector<Fp16> values = some_values(16 * 64);
  for (std::size_t tile = 0; tile < 4; ++tile) {
    std::vector<Fp16> of_tile;  // all rows of a column, then of the next
    for (std::size_t column = 16 * tile; column < 16 * tile + 16; ++column) {
      for (std::size_t row = 0; row < 16; ++row) of_tile.push_back(values[row * 64 + column]);
    }
    bench.send(tile, 10 * tile, of_tile.data());
  }
  const auto expected = packed(values, 6);
  CHECK(bench.buffer.contents(0x800, expected.size()) == expected);
}

TEST_CASE("Values that are not compressed pass through the compressor in no time") {
  CompressorBench bench(16);
  bench.tile.compress = false;
  bench.buffer.answer = [](const Neighbour::Access& access, DataflowExtension& said) {
    said.done = said.stored = access.said.cycle + 9;
  };
  std::vector<Fp16> values = some_values(256);
  const DataflowExtension answer = bench.send(0, 20, values.data());
  CHECK(answer.stored == 29);
  CHECK(bench.buffer.accesses[0].said.cycle == 20);
  std::vector<std::uint8_t> bytes(512);
  std::memcpy(bytes.data(), values.data(), 512);
  CHECK(bench.buffer.contents(0x800, 512) == bytes);
}

TEST_CASE("As a bridge it writes a master's FP16 values as Anda blocks and expands them on reads") {
  CompressorBench bench(16, {{8, 64}, 2});
  const std::vector<Fp16> values = some_values(3 * 128);
  std::vector<Fp16> copy = values;
  // Blocks of 2 × 64 values, of 9 planes each: 2 cycles for the values of each, and 9 once for the last group's planes.
  sc_core::sc_time delay = ns(100);
  REQUIRE(bench.vector_unit.plain(tlm::TLM_WRITE_COMMAND, 256, copy.data(), 768, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(100 + 3 * 2 + 9));
  const std::size_t bytes = 9 * 2 * 8 + 2;  // of a block: FP16 takes 256
  for (std::size_t block = 0; block < 3; ++block) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(128 * block);
    CHECK(bench.buffer.contents((block + 1) * bytes, bytes) == packed({first, first + 128}, 8));
  }
  std::vector<Fp16> seen(256);
  delay = ns(7);
  REQUIRE(bench.vector_unit.plain(tlm::TLM_READ_COMMAND, 512, seen.data(), 512, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(7));  // expansion takes no time of its own
  NonFiniteCounts none;
  for (std::size_t row = 0; row < 4; ++row) {
    const auto group = encode_group(&values[128 + 64 * row], 64, {64, 8}, NonFinite::refuse, {"C", 0}, none);
    const auto expected = decode_group(group);
    CHECK(std::vector<Fp16>(&seen[64 * row], &seen[64 * row] + 64) == expected);
  }
  // By debug access the same, in no time.
  std::vector<Fp16> debugged(256);
  REQUIRE(debug_access(bench.vector_unit.socket, tlm::TLM_READ_COMMAND, 512, debugged.data(), 512));
  CHECK(debugged == seen);
}

TEST_CASE("The bridge replaces values that Anda cannot represent and counts them") {
  CompressorBench bench(16, {{8, 64}, 1});
  std::vector<Fp16> values(64, to_fp16(1));
  values[3] = fp16_infinity;
  values[5] = fp16_nan;
  REQUIRE(bench.vector_unit.plain(tlm::TLM_WRITE_COMMAND, 0, values.data(), 128) == tlm::TLM_OK_RESPONSE);
  CHECK(bench.compressor.losses().saturated.infinities == 1);
  CHECK(bench.compressor.losses().saturated.nans == 1);
}

TEST_CASE("The compressor refuses parts of blocks and passes on refusals of the memory behind it") {
  CompressorBench bench(16, {{8, 64}, 1});
  std::vector<Fp16> values(128);
  CHECK(bench.vector_unit.plain(tlm::TLM_WRITE_COMMAND, 0, values.data(), 126) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(bench.vector_unit.plain(tlm::TLM_WRITE_COMMAND, 0, values.data(), 130) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(bench.vector_unit.plain(tlm::TLM_READ_COMMAND, 64, values.data(), 128) == tlm::TLM_BURST_ERROR_RESPONSE);
  CHECK(IllegalAccesses(bench.vector_unit, 128).all_refused());
  CHECK(bench.buffer.accesses.empty());
  bench.buffer.status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  CHECK(bench.vector_unit.plain(tlm::TLM_READ_COMMAND, 0, values.data(), 128) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
  CHECK_THROWS_AS(bench.send(3, 0), Error);
}
