// SPDX-License-Identifier: Apache-2.0
// Fast-forward of level cycle: clocks that are not gone through count as if they had been, to the last count.
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "models/random_machines.h"

using anda::AcceleratorConfig;
using anda::CounterEntry;
using anda::DramConfig;
using anda::DramLevel;
using anda::GemmDescriptor;
using anda::Level;
using anda::PeKind;
using anda::StepShape;
using anda::Tiling;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::RandomGemm;
using anda::test::RandomMachines;

namespace {

/// All that an accelerator and its memory counted.
std::vector<std::uint64_t> counts(const Machine& machine) {
  std::vector<std::uint64_t> values = machine.accelerator.counters().values();
  for (const std::uint64_t value : machine.dram.counters().values()) values.push_back(value);
  return values;
}

/// Two equal machines, one of which goes through every clock.
struct Twins {
  std::unique_ptr<Machine> forwarded;
  std::unique_ptr<Machine> simulated;

  Twins(AcceleratorConfig config, const DramConfig& dram) {
    config.level = Level::cycle;
    forwarded = std::make_unique<Machine>(config, dram);
    config.fast_forward = false;
    simulated = std::make_unique<Machine>(config, dram);
  }
};

/// A GeMM on both, at the same time, so that refreshes fall into the same clocks.
/// `most`: multiply-accumulates, so that going through every clock does not take long. Returns whether it fits.
bool compare(const Twins& twins, const RandomGemm& gemm, std::uint64_t most = 12000000) {
  Machine& machine = *twins.forwarded;
  const auto task = machine.task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
  const auto step = gemm.tile(machine.accelerator.config(), task);
  if (!step || std::uint64_t{gemm.m} * gemm.n * gemm.k > most) return false;
  CAPTURE(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits, step->m, step->n, step->k);
  for (Machine* const each : {&machine, twins.simulated.get()}) each->start(each->descriptor(task, *step));
  sc_core::sc_start();
  REQUIRE(machine.read(ANDA_REG_ERROR_CODE) == 0);
  CHECK(counts(machine) == counts(*twins.simulated));
  return true;
}

/// Ports, lanes and pipelines of every width: what holds the array up, and for how long, differs.
void vary(AcceleratorConfig& config, RandomMachines& random) {
  config.mxu.fill_cycles = random.pick32({0, 1, 8, 30, 100});
  config.mxu.lanes_per_pe = random.pick32({16, 64, 64});
  config.vector_unit.fpus = random.pick32({1, 7, 16, 64, 128});
  config.vector_unit.latency_cycles = random.pick32({0, 4, 50});
  config.compressor.lanes = random.pick32({1, 4, 16, 32});
  config.compressor.values_per_cycle = random.pick32({3, 32, 64, 128});
  config.activation_buffer.word_bits = random.pick32({256, 512, 1024, 2048});
  config.activation_buffer.read_words_per_cycle = random.pick32({1, 1, 2, 3});
  config.weight_buffer.word_bits = random.pick32({128, 256, 512, 1024, 4096});
  config.format.group_size = random.pick32({32, 64, 128});
  config.format.weight_scale_group = config.format.group_size * random.pick32({1, 2, 3});
}

/// Wide in k: there groups follow each other.
RandomGemm deep(RandomGemm gemm, RandomMachines& random) {
  gemm.m = 1 + gemm.m % 70;
  gemm.n = 1 + gemm.n % 140;
  gemm.k = 64 * (8 + random.below(32)) + random.below(3) * random.below(64);
  return gemm;
}

/// The counter registers of a machine.
std::vector<std::uint64_t> counters(Machine& machine) {
  std::vector<std::uint64_t> values;
  for (const CounterEntry& entry : anda::counter_table) {
    const std::uint64_t low = machine.read(entry.offset);
    values.push_back(low | std::uint64_t{machine.read(entry.offset + 4)} << 32);
  }
  return values;
}

}  // namespace

TEST_CASE("Level cycle counts the same with fast-forward and without") {
  RandomMachines random(31);
  std::vector<std::pair<Twins, RandomGemm>> all;
  for (int i = 0; i < 220; ++i) {
    AcceleratorConfig config = random.accelerator();
    if (i % 4 != 0) vary(config, random);
    const DramConfig dram = random.dram();
    const RandomGemm gemm = random.gemm();
    all.emplace_back(Twins(config, dram), i % 2 == 0 ? gemm : deep(gemm, random));
  }
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(20, sc_core::SC_MS));
  int compared = 0;
  for (const auto& [twins, gemm] : all) compared += compare(twins, gemm) ? 1 : 0;
  CHECK(compared > 100);
}

TEST_CASE("Fast-forward of level cycle changes nothing with short quanta or phases or the detailed memory") {
  RandomMachines random(32);
  std::vector<std::pair<Twins, RandomGemm>> all;
  for (int i = 0; i < 90; ++i) {
    AcceleratorConfig config = random.accelerator();
    vary(config, random);
    DramConfig dram = random.dram();
    if (i % 3 == 0) random.use_phases(config);
    if (i % 3 == 1) {
      dram = DramConfig();
      dram.level = DramLevel::detailed;
    }
    all.emplace_back(Twins(config, dram), deep(random.gemm(), random));
  }
  int compared = 0;
  for (const auto& [twins, gemm] : all) {
    tlm::tlm_global_quantum::instance().set(
        sc_core::sc_time(static_cast<double>(random.pick({0, 1, 50, 1000})), sc_core::SC_US));
    compared += compare(twins, gemm) ? 1 : 0;
  }
  CHECK(compared > 40);
}

TEST_CASE("Who reads counters or stops a GeMM in its middle finds no difference to every clock gone through") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  Twins twins(config, {});
  Machine& forwarded = *twins.forwarded;
  Machine& simulated = *twins.simulated;
  std::mt19937 engine(5);
  for (int turn = 0; turn < 60; ++turn) {
    const auto task = forwarded.task(48, 128, 1500, 7, 6);
    const GemmDescriptor descriptor = forwarded.descriptor(task, anda::choose_step(Tiling::paper, config, task));
    for (Machine* const machine : {&forwarded, &simulated}) machine->start(descriptor);
    bool more = true;
    for (int looks = 0; looks < 4; ++looks) {
      // At any tick, and at edges of the clock.
      const double cycles = static_cast<double>(engine() % 1500) + (engine() % 2 == 0 ? 0 : 0.37);
      sc_core::sc_start(sc_core::sc_time(cycles / config.clock_hz, sc_core::SC_SEC));
      CHECK(counters(forwarded) == counters(simulated));
      more = (simulated.read(ANDA_REG_STATUS) & ANDA_STATUS_BUSY) != 0;
      CHECK(more == ((forwarded.read(ANDA_REG_STATUS) & ANDA_STATUS_BUSY) != 0));
    }
    if (turn % 2 == 0) {
      for (Machine* const machine : {&forwarded, &simulated}) machine->write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
    }
    sc_core::sc_start();
    CHECK(forwarded.accelerator.counters().values() == simulated.accelerator.counters().values());
  }
}

TEST_CASE("A functional machine of level cycle computes the same with fast-forward and without") {
  RandomMachines random(33);
  std::vector<std::pair<Twins, RandomGemm>> all;
  for (int i = 0; i < 20; ++i) {
    AcceleratorConfig config = random.accelerator();
    config.functional.enabled = true;
    DramConfig dram;
    dram.store_data = true;
    all.emplace_back(Twins(config, dram), deep(random.gemm(), random));
  }
  int compared = 0;
  std::mt19937 engine(7);
  for (const auto& [twins, gemm] : all) {
    std::vector<std::uint8_t> operands(1u << 19);
    for (std::uint8_t& byte : operands) byte = static_cast<std::uint8_t>(engine() % 60);
    for (Machine* const machine : {twins.forwarded.get(), twins.simulated.get()}) {
      machine->place(0, operands);
      machine->place(1u << 28, operands);
    }
    compared += compare(twins, gemm, 4000000) ? 1 : 0;
    CHECK(twins.forwarded->contents(1u << 29, 40000) == twins.simulated->contents(1u << 29, 40000));
  }
  CHECK(compared > 4);
}

TEST_CASE("Fast-forward of level cycle leaves few clocks for the kernel to wait for") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  const Twins twins(config, {});
  const auto task = twins.forwarded->task(64, 256, 4096, 7, 6);
  const auto deltas = [&](Machine& machine) {
    const std::uint64_t before = sc_core::sc_delta_count();
    machine.run(task, Tiling::paper);
    return sc_core::sc_delta_count() - before;
  };
  CHECK(deltas(*twins.forwarded) * 50 < deltas(*twins.simulated));
}
