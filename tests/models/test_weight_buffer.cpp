// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/weight_buffer.h>

#include <catch2/catch.hpp>
#include <numeric>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// A weight buffer alone: its words are 64 bits, its halves start at 0 and at 4096 / 2 + 4096 / 6 + 1 = 2731.
struct WeightBufferBench {
  Clock clock{gigahertz};
  WeightBuffer buffer{"weight_buffer", {4096, 64}, clock};
  Driver dma{"dma", clock, buffer.dma};
  Driver array{"array", clock, buffer.array};

  WeightBufferBench() { elaborate(); }

  void fill(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle) {
    DataflowExtension said;
    said.cycle = cycle;
    said.words.data = bytes / 8;
    dma.call(tlm::TLM_WRITE_COMMAND, address, bytes, said);
  }
  DataflowExtension read(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle, std::uint64_t first_words) {
    DataflowExtension said;
    said.cycle = cycle;
    said.words.data = bytes / 8;
    said.first_words = first_words;
    return array.call(tlm::TLM_READ_COMMAND, address, bytes, said);
  }
};

}  // namespace

TEST_CASE("Weights are ready one cycle per word after both the request and their arrival") {
  WeightBufferBench bench;
  bench.fill(0, 640, 100);
  bench.fill(640, 640, 130);
  // 8 first words of a port that brings one a cycle: 8 cycles from the later of request and arrival.
  CHECK(bench.read(0, 640, 40, 8).arrived == 100);
  CHECK(bench.read(0, 640, 40, 8).done == 108);   // asked for before it arrived: 100 + 8
  CHECK(bench.read(0, 640, 100, 8).done == 108);  // in the cycle of its arrival: the same
  CHECK(bench.read(0, 640, 101, 8).done == 109);  // a cycle after: 101 + 8
  CHECK(bench.read(0, 641, 40, 8).done == 138);   // its last byte arrives with the second panel: 130 + 8
  CHECK(bench.read(2000, 8, 40, 1).done == 41);   // nobody brought it: nothing to wait for
  bench.fill(0, 640, 200);                        // another panel takes the place
  CHECK(bench.read(0, 640, 140, 8).done == 208);
  bench.clock.begin();  // another operation: instants start anew
  CHECK(bench.read(0, 640, 40, 8).done == 48);
  CHECK(counted(bench.buffer, "weight_buffer.words_written") == 3 * 80);
  CHECK(counted(bench.buffer, "weight_buffer.words_read") == 7 * 80 + 1);
}

TEST_CASE("Foreign accesses take a cycle per word of the weight port, and reads see earlier writes") {
  WeightBufferBench bench;
  std::vector<unsigned char> bytes(65);
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
  sc_core::sc_time delay = ns(5);
  // 65 bytes are ⌈520 / 64⌉ = 9 words.
  REQUIRE(bench.dma.plain(tlm::TLM_WRITE_COMMAND, 3, bytes.data(), 65, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(5 + 9));
  std::vector<unsigned char> seen(65);
  delay = ns(10);  // the bytes are there in cycle 14
  REQUIRE(bench.array.plain(tlm::TLM_READ_COMMAND, 3, seen.data(), 65, delay) == tlm::TLM_OK_RESPONSE);
  CHECK(delay == ns(14 + 9));
  CHECK(seen == bytes);
  delay = ns(15);
  bench.array.plain(tlm::TLM_READ_COMMAND, 3, seen.data(), 64, delay);
  CHECK(delay == ns(15 + 8));
  std::vector<unsigned char> debugged(65);
  CHECK(debug_access(bench.array.socket, tlm::TLM_READ_COMMAND, 3, debugged.data(), 65));
  CHECK(debugged == bytes);
}

TEST_CASE("A half of the weight buffer is free from the cycle in which its last user releases it") {
  WeightBufferBench bench;
  HalfCredits& credits = bench.buffer.credits;
  CHECK(credits.free_from(0) == 0);
  credits.acquire(0);
  credits.acquire(0);
  CHECK(credits.free_from(0) == HalfCredits::never);
  CHECK(credits.free_from(1) == 0);
  credits.release(0, 70);
  CHECK(credits.free_from(0) == HalfCredits::never);
  credits.release(0, 77);
  CHECK(credits.free_from(0) == 77);
  credits.begin();
  CHECK(credits.free_from(0) == 0);
}

TEST_CASE("The weight buffer refuses accesses outside it") {
  WeightBufferBench bench;
  const std::uint64_t end = 2 * 2731;
  unsigned char byte[8] = {};
  for (Driver* const driver : {&bench.dma, &bench.array}) {
    CHECK(driver->plain(tlm::TLM_READ_COMMAND, end - 8, byte, 8) == tlm::TLM_OK_RESPONSE);
    CHECK(driver->plain(tlm::TLM_READ_COMMAND, end - 7, byte, 8) == tlm::TLM_ADDRESS_ERROR_RESPONSE);
    CHECK(IllegalAccesses(*driver, 8).all_refused());
    CHECK_THROWS_AS(driver->call(tlm::TLM_READ_COMMAND, end - 7, 8, {}), Error);
  }
}
