// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/activation_buffer.h>

#include <catch2/catch.hpp>
#include <numeric>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// An activation buffer alone: words of 64 bits, two a cycle to the array.
struct ActivationBufferBench {
  Clock clock{gigahertz};
  ActivationBuffer buffer{"activation_buffer", {4096, 512, 64, 2, 10}, clock};
  Driver dma{"dma", clock, buffer.dma};
  Driver array{"array", clock, buffer.array};
  Driver results{"results", clock, buffer.results};

  ActivationBufferBench() { elaborate(); }

  void fill(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle) {
    DataflowExtension said;
    said.cycle = cycle;
    said.words = {bytes / 8, 3};
    dma.call(tlm::TLM_WRITE_COMMAND, address, bytes, said);
  }
  std::uint64_t read(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle, std::uint64_t first_words) {
    DataflowExtension said;
    said.cycle = cycle;
    said.first_words = first_words;
    return array.call(tlm::TLM_READ_COMMAND, address, bytes, said).done;
  }
  /// The cycle from which on the DMA has results that it asks for in cycle 0.
  std::uint64_t fetch(std::uint64_t address, std::uint64_t bytes) {
    return dma.call(tlm::TLM_READ_COMMAND, address, bytes, {}).done;
  }
};

}  // namespace

TEST_CASE("Activations are ready when the port has read their first words after arrival") {
  ActivationBufferBench bench;
  bench.fill(0, 800, 100);
  bench.fill(800, 800, 130);
  // 5 first words at two words a cycle: 3 cycles from the later of request and arrival; 4 words: 2 cycles.
  CHECK(bench.read(0, 800, 40, 5) == 103);
  CHECK(bench.read(0, 800, 40, 4) == 102);
  CHECK(bench.read(0, 800, 100, 5) == 103);
  CHECK(bench.read(0, 800, 101, 5) == 104);
  CHECK(bench.read(0, 801, 40, 5) == 133);
  CHECK(bench.read(0, 800, 40, 0) == 100);
  bench.clock.begin();
  CHECK(bench.read(0, 800, 40, 5) == 43);
  CHECK(counted(bench.buffer, "activation_buffer.mantissa_words_written") == 2 * 100);
  CHECK(counted(bench.buffer, "activation_buffer.exponent_words_written") == 2 * 3);
}

TEST_CASE("The DMA gets results from the cycle in which the last of them is stored") {
  ActivationBufferBench bench;
  ArrayTile tile;
  tile.rows = 16;
  tile.columns = 16;
  DataflowExtension said;
  said.tile = &tile;
  said.cycle = 50;
  // A block of the compressor is whole when it comes.
  CHECK(bench.results.call(tlm::TLM_WRITE_COMMAND, 0, 512, said).stored == 50);
  CHECK(bench.fetch(0, 512) == 50);
  // 256 values of the vector unit, 64 a cycle, come in 4 cycles: 50 + 4.
  said.values_per_cycle = 64;
  CHECK(bench.results.call(tlm::TLM_WRITE_COMMAND, 512, 512, said).stored == 54);
  CHECK(bench.fetch(512, 512) == 54);
  tile.columns = 17;  // 272 values: ⌈272 / 64⌉ = 5 cycles
  CHECK(bench.results.call(tlm::TLM_WRITE_COMMAND, 1024, 544, said).stored == 55);
  CHECK(bench.fetch(0, 1025) == 55);
  CHECK(bench.fetch(0, 1024) == 54);
  CHECK(bench.fetch(3000, 8) == 0);  // nothing there to wait for
}

TEST_CASE("Results that arrive repeatedly are stored with the last of them") {
  ActivationBufferBench bench;
  ArrayTile tile;
  tile.rows = 16;
  tile.columns = 16;
  DataflowExtension said;
  said.tile = &tile;
  said.cycle = 50;
  said.values_per_cycle = 64;
  said.along_row = {3, 10, 0};
  // In one place the third counts: 50 + 2 · 10 + 4.
  CHECK(bench.results.call(tlm::TLM_WRITE_COMMAND, 0, 512, said).stored == 74);
  CHECK(bench.fetch(0, 512) == 74);
  // Side by side each has its own cycle: 54, 64, 74.
  said.along_row.stride = 512;
  bench.results.call(tlm::TLM_WRITE_COMMAND, 1024, 512, said);
  CHECK(bench.fetch(1024, 512) == 54);
  CHECK(bench.fetch(1536, 512) == 64);
  CHECK(bench.fetch(2048, 512) == 74);
  CHECK(bench.fetch(1024, 513) == 64);
  // What takes the place of a part leaves the cycles of the others.
  DataflowExtension other;
  other.cycle = 200;
  bench.dma.call(tlm::TLM_WRITE_COMMAND, 1500, 100, other);
  CHECK(bench.fetch(1024, 476) == 54);
  CHECK(bench.fetch(1500, 100) == 200);
  CHECK(bench.fetch(1600, 448) == 64);
  CHECK(bench.fetch(1600, 449) == 74);
  // Rows of them, with a gap, 100 cycles apart: 54 + 100 · row + 10 · i.
  said.rows = {2, 100, 2048};
  CHECK(bench.results.call(tlm::TLM_WRITE_COMMAND, 1024, 512, said).stored == 174);
  CHECK(bench.fetch(1024, 1536) == 74);
  CHECK(bench.fetch(3072, 512) == 154);
  CHECK(bench.fetch(3584, 1024) == 174);
  CHECK(bench.fetch(2560, 512) == 0);
}

TEST_CASE("Foreign reads of activations take a cycle per two words, writes a cycle per word") {
  ActivationBufferBench bench;
  std::vector<unsigned char> bytes(65);
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
  sc_core::sc_time delay;
  // 65 bytes are 9 words: 9 cycles in, ⌈9 / 2⌉ = 5 out to the array.
  REQUIRE(bench.dma.plain(tlm::TLM_WRITE_COMMAND, 7, bytes.data(), 65, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(9));
  std::vector<unsigned char> seen(65);
  delay = ns(8);
  REQUIRE(bench.array.plain(tlm::TLM_READ_COMMAND, 7, seen.data(), 65, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(9 + 5));
  CHECK(seen == bytes);
  // Bytes that are not enabled stay.
  unsigned char enables[] = {TLM_BYTE_ENABLED, TLM_BYTE_DISABLED};
  std::vector<unsigned char> zeros(4);
  tlm::tlm_generic_payload payload;
  set_access(payload, tlm::TLM_WRITE_COMMAND, 7, zeros.data(), 4);
  payload.set_byte_enable_ptr(enables);
  payload.set_byte_enable_length(2);
  CHECK(bench.dma.send(payload) == tlm::TLM_OK_RESPONSE);
  CHECK(debug_access(bench.results.socket, tlm::TLM_READ_COMMAND, 7, seen.data(), 4));
  CHECK(std::vector<unsigned char>(seen.begin(), seen.begin() + 4) == std::vector<unsigned char>{0, 2, 0, 4});
}

TEST_CASE("The activation buffer refuses accesses outside it") {
  ActivationBufferBench bench;
  const std::uint64_t end = 2 * ActivationBufferConfig{4096, 512, 64, 2, 10}.half_address_bytes();
  unsigned char byte[8] = {};
  for (Driver* const driver : {&bench.dma, &bench.array, &bench.results}) {
    CHECK(driver->plain(tlm::TLM_WRITE_COMMAND, end - 8, byte, 8) == tlm::TLM_OK_RESPONSE);
    CHECK(driver->plain(tlm::TLM_WRITE_COMMAND, end - 7, byte, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(IllegalAccesses(*driver, 8).all_refused());
    CHECK_THROWS_AS(driver->call(tlm::TLM_WRITE_COMMAND, end - 7, 8, {}), Error);
  }
}

TEST_CASE("Halves of the activation buffer are counted one by one") {
  ActivationBufferBench bench;
  HalfCredits& credits = bench.buffer.credits;
  credits.acquire(1);
  CHECK(credits.free_from(1) == HalfCredits::never);
  CHECK(credits.free_from(0) == 0);
  credits.release(1, 33);
  CHECK(credits.free_from(1) == 33);
}
