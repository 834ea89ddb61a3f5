// SPDX-License-Identifier: Apache-2.0
#include <anda/dma/dma.h>

#include <catch2/catch.hpp>
#include <numeric>

#include "models/block_bench.h"

using namespace anda;
using namespace anda::test;

namespace {

/// A DMA alone, between a memory that answers each transaction after 10 cycles and two buffers.
struct DmaBench {
  Clock clock{gigahertz};
  Dma dma;
  Neighbour memory{"memory"};
  Neighbour activations{"activations"};
  Neighbour weights{"weights"};
  BufferHalves activation_halves;
  BufferHalves weight_halves;
  std::uint64_t results_stored = 0;  ///< from when on the buffer has the results

  explicit DmaBench(std::uint32_t in_flight = 8)
      : dma("dma", {MemoryProtocol::b_transport, 64, in_flight}, clock, true) {
    memory.behind(dma.memory);
    activations.behind(dma.activation_buffer);
    weights.behind(dma.weight_buffer);
    dma.activation_credits.bind(activation_halves);
    dma.weight_credits.bind(weight_halves);
    memory.latency = ns(10);
    const auto answer = [this](const Neighbour::Access& access, DataflowExtension& said) {
      said.done = said.arrived = access.command == tlm::TLM_READ_COMMAND ? results_stored : access.said.cycle;
    };
    activations.answer = answer;
    weights.answer = answer;
  }

  /// Runs a program on the DMA, in a thread, from cycle 0 on.
  template <class Program>
  void run(Program program) {
    sc_core::sc_spawn([&] {
      clock.begin();
      dma.begin();
      program();
      dma.finish(dma.idle_from());
    });
    sc_core::sc_start();
  }
};

Transfer transfer(Operand operand, std::uint64_t memory, std::uint64_t bytes, std::uint64_t buffer) {
  Transfer transfer;
  transfer.operand = operand;
  transfer.store = operand == Operand::results;
  transfer.memory = {memory, bytes};
  transfer.address = buffer;
  transfer.words = {bytes / 8, 0};
  return transfer;
}

}  // namespace

TEST_CASE(
    "A load is requested no earlier than scheduled, and is in the buffer when memory has answered the last of it") {
  DmaBench bench;
  std::uint64_t arrival = 0;
  std::vector<std::uint8_t> bytes(100);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
  bench.memory.memory.write(40, bytes.data(), bytes.size());
  bench.run([&] { bench.dma.load(transfer(Operand::weights, 40, 100, 7), 25, &arrival); });
  // Bursts end at multiples of 64: 24, 64 and 12 bytes, all asked for in cycle 25.
  REQUIRE(bench.memory.accesses.size() == 3);
  CHECK(bench.memory.accesses[0].bytes == 24);
  CHECK(bench.memory.accesses[1].address == 64);
  CHECK(bench.memory.accesses[2].bytes == 12);
  for (const auto& access : bench.memory.accesses) CHECK(access.at == ns(25));
  CHECK(arrival == 35);
  REQUIRE(bench.weights.accesses.size() == 1);
  CHECK(bench.weights.accesses[0].said.cycle == 35);
  CHECK(bench.weights.contents(7, 100) == bytes);
  CHECK(bench.activations.accesses.empty());
  CHECK(counted(bench.dma, "dma.read_bytes") == 100);
  CHECK(counted(bench.dma, "dma.transactions") == 3);
}

TEST_CASE("Transactions in flight do not exceed the configured number") {
  DmaBench bench(2);
  std::uint64_t arrival = 0;
  bench.run([&] { bench.dma.load(transfer(Operand::activations, 0, 5 * 64, 0), 0, &arrival); });
  // Two in cycle 0, two when those have come, in 10, the fifth in 20.
  REQUIRE(bench.memory.accesses.size() == 5);
  CHECK(bench.memory.accesses[1].at == ns(0));
  CHECK(bench.memory.accesses[2].at == ns(10));
  CHECK(bench.memory.accesses[3].at == ns(10));
  CHECK(bench.memory.accesses[4].at == ns(20));
  CHECK(arrival == 30);
  CHECK(bench.activations.accesses.back().said.cycle == 30);
}

TEST_CASE("Arrival is the first clock edge at or after memory's answer") {
  DmaBench bench;
  bench.memory.latency = sc_core::sc_time(10001, sc_core::SC_PS);
  std::uint64_t arrival = 0;
  bench.run([&] { bench.dma.load(transfer(Operand::activations, 0, 64, 0), 0, &arrival); });
  CHECK(arrival == 11);
}

TEST_CASE("A store leaves when its results are in the buffer, and transfers after it no earlier") {
  DmaBench bench;
  bench.results_stored = 50;
  std::vector<std::uint8_t> bytes(64, 0xA5);
  bench.activations.memory.write(8, bytes.data(), bytes.size());
  std::uint64_t arrival = 0;
  bench.run([&] {
    bench.dma.store(transfer(Operand::results, 128, 64, 8), 0);
    bench.dma.store(transfer(Operand::results, 192, 64, 8), 51);
    bench.dma.load(transfer(Operand::activations, 0, 64, 0), 0, &arrival);
  });
  REQUIRE(bench.memory.accesses.size() == 3);
  CHECK(bench.memory.accesses[0].command == tlm::TLM_WRITE_COMMAND);
  CHECK(bench.memory.accesses[0].at == ns(50));
  CHECK(bench.memory.accesses[1].at == ns(51));  // asked for a cycle later than the results were there
  CHECK(bench.memory.accesses[2].at == ns(51));  // one queue, in order
  CHECK(arrival == 61);
  CHECK(bench.memory.contents(128, 64) == bytes);
  CHECK(counted(bench.dma, "dma.write_bytes") == 128);
}

TEST_CASE("The loads of a step wait for the halves that they fill") {
  DmaBench bench;
  const MachineShape shape{{}, {}, {}, {}};
  StepPlan plan({16, 16, 64, {8, 64}, {0, 64}, {4, 128}}, {16, 64, 128, LoopOrder::nkm}, {0, 4096, 8192, 16384}, shape);
  Step step;
  plan.next(step);
  Dma::Loads loads;
  bench.run([&] {
    bench.activation_halves.acquire(step.activation_half);
    bench.activation_halves.release(step.activation_half, 33);
    bench.weight_halves.acquire(step.weight_half);
    bench.weight_halves.release(step.weight_half, 20);
    bench.dma.load(plan, step, loads);
  });
  CHECK(loads.earliest == 33);
  CHECK(bench.memory.accesses.front().at == ns(33));
  CHECK(bench.activation_halves.free_from(step.activation_half) == HalfCredits::never);
  REQUIRE(bench.activations.accesses.size() == 1);
  CHECK(bench.activations.accesses[0].bytes == plan.task().input.bytes(16, 64));
  CHECK(bench.activations.accesses[0].address == plan.activation_address(step, 0));
  CHECK(bench.weights.accesses[0].address == plan.weight_address(step, 0));
}

TEST_CASE("A refused transaction stops the DMA with its address") {
  DmaBench bench;
  bench.memory.status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
  bench.run([&] {
    bench.dma.load(transfer(Operand::activations, 192, 128, 0), 0, nullptr);
    bench.dma.load(transfer(Operand::activations, 0, 64, 0), 0, nullptr);
  });
  CHECK(bench.dma.failed());
  CHECK(bench.dma.failed_address() == 192);
  CHECK(bench.memory.accesses.size() == 1);
  CHECK(bench.activations.accesses.empty());
}
