// SPDX-License-Identifier: Apache-2.0
#include <anda/base/activity.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/random_machines.h"

// What an observer sees against what the blocks count.

using anda::AcceleratorConfig;
using anda::ActivityObserver;
using anda::ArrayState;
using anda::CycleSpan;
using anda::DramConfig;
using anda::DramLevel;
using anda::Level;
using anda::Operand;
using anda::PeKind;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::RandomGemm;
using anda::test::RandomMachines;

namespace {

struct Recorder : ActivityObserver {
  std::array<std::uint64_t, anda::array_state_count> cycles{};
  std::uint64_t array_until = 0;
  bool gaps = false;
  std::uint64_t gemm_cycles = 0;
  std::uint64_t gemms = 0;
  std::vector<CycleSpan> steps;
  std::uint64_t values = 0;
  std::uint64_t groups = 0;
  std::uint64_t bytes[2] = {};  // loaded, stored
  std::uint64_t until[2] = {};
  bool wrong_span = false;
  struct Half {
    std::uint64_t bytes = 0;
    std::uint64_t left = 0;
  };
  Half halves[2][2];
  std::uint64_t tile_bytes[2] = {};  // of activations, weights
  bool overwritten = false;

  void begin_gemm(std::uint64_t) override { array_until = until[0] = until[1] = 0; }
  void end_gemm(std::uint64_t cycles_of_gemm) override {
    gemm_cycles += cycles_of_gemm;
    ++gemms;
    gaps = gaps || array_until != cycles_of_gemm;
  }
  void array(ArrayState state, CycleSpan span) override {
    gaps = gaps || span.from != array_until || span.to <= span.from;
    array_until = span.to;
    cycles[static_cast<std::size_t>(state)] += span.to - span.from;
  }
  void step(std::uint32_t, std::uint32_t, std::uint32_t, CycleSpan span) override {
    wrong_span = wrong_span || span.to <= span.from || (!steps.empty() && span.from < steps.back().to);
    steps.push_back(span);
  }
  void vector_unit(std::uint64_t count, CycleSpan span) override {
    wrong_span = wrong_span || span.to <= span.from;
    values += count;
  }
  void compressor(std::uint64_t count, CycleSpan span) override {
    wrong_span = wrong_span || span.to <= span.from;
    groups += count;
  }
  void transfer(Operand operand, bool store, std::uint64_t count, CycleSpan span) override {
    wrong_span = wrong_span || span.to < span.from || span.from < until[store];
    until[store] = span.to;
    bytes[store] += count;
    if (store) wrong_span = wrong_span || operand == Operand::activations || operand == Operand::weights;
    if (!store && operand != Operand::partial_sums) tile_bytes[operand == Operand::weights] -= count;
  }
  void load_half(Operand operand, std::uint32_t half, std::uint64_t count, std::uint64_t cycle) override {
    Half& one = halves[operand == Operand::weights][half];
    overwritten = overwritten || (cycle > 0 && cycle < one.left);
    one = {count, cycle};
    tile_bytes[operand == Operand::weights] += count;
  }
  void leave_half(Operand operand, std::uint32_t half, std::uint64_t cycle) override {
    halves[operand == Operand::weights][half].left = cycle;
  }
};

void check_against(const Recorder& seen, const Machine::Result& counted) {
  CHECK_FALSE(seen.gaps);
  CHECK_FALSE(seen.wrong_span);
  CHECK_FALSE(seen.overwritten);
  CHECK(seen.cycles[0] == counted.at("mxu.busy_cycles"));
  for (const anda::StallCause& cause : anda::stall_causes) {
    INFO(cause.name);
    CHECK(seen.cycles[static_cast<std::size_t>(cause.state)] == counted.at(cause.counter));
  }
  CHECK(seen.gemm_cycles == counted.at("controller.cycles"));
  CHECK(seen.gemms == 1);
  CHECK(seen.steps.size() == counted.at("controller.steps"));
  CHECK(seen.values == counted.at("vector_unit.values"));
  CHECK(seen.groups == counted.at("compressor.groups"));
  CHECK(seen.bytes[0] == counted.at("dma.read_bytes"));
  CHECK(seen.bytes[1] == counted.at("dma.write_bytes"));
  // What the tiles take up in the halves is what was loaded into them.
  CHECK(seen.tile_bytes[0] == 0);
  CHECK(seen.tile_bytes[1] == 0);
}

struct Case {
  std::unique_ptr<Machine> machine;
  RandomGemm gemm;
};

void run_random(Level level, DramLevel memory, std::uint32_t seed, std::size_t count) {
  RandomMachines random(seed);
  std::vector<Case> cases;
  std::vector<std::unique_ptr<Machine>> unused;  // nothing fits in them; the kernel runs their processes all the same
  while (cases.size() < count) {
    Case one;
    AcceleratorConfig config = random.accelerator();
    DramConfig dram = random.dram();
    one.gemm = random.gemm();
    config.level = level;
    dram.level = memory;
    if (memory == DramLevel::detailed) dram.data_rate_bit_per_s = DramConfig().data_rate_bit_per_s;
    one.machine = std::make_unique<Machine>(config, dram);
    const RandomGemm& gemm = one.gemm;
    const auto task = one.machine->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    if (gemm.tile(config, task)) {
      cases.push_back(std::move(one));
    } else {
      unused.push_back(std::move(one.machine));
    }
  }
  for (Case& one : cases) {
    Machine& machine = *one.machine;
    const RandomGemm& gemm = one.gemm;
    const auto task = machine.task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    Recorder seen;
    machine.accelerator.observe(&seen);
    std::uint64_t bursts = 0;
    machine.dram.observe([&bursts](const anda::dram::DataRecord& record) { bursts += record.bursts; });
    const auto counted = machine.run(task, *gemm.tile(machine.accelerator.config(), task));
    CAPTURE(seed, gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    check_against(seen, counted);
    std::uint64_t forwarded = 0;
    if (machine.dram.channels() != nullptr) {
      machine.dram.channels()->drain();
      forwarded = machine.dram.channels()->statistics().forwarded;
    }
    CHECK(bursts + forwarded == counted.at("dram.read_bursts") + counted.at("dram.write_bursts"));
    machine.accelerator.observe(nullptr);
  }
}

}  // namespace

TEST_CASE("An observer sees every cycle, value and byte that level fast counts") {
  run_random(Level::fast, DramLevel::fast, 11, 60);
}

TEST_CASE("Tiles that wait for nothing are skipped together with the counts of single steps") {
  // Who observes sees every tile, so that none is passed over.
  RandomMachines random(14);
  std::vector<std::unique_ptr<Machine>> machines;
  for (int i = 0; i < 100; ++i) {
    AcceleratorConfig config = random.accelerator();
    config.weight_buffer.word_bits = random.pick32({512, 1024, 2048});
    // From memories that hold the array up always to those that never do.
    DramConfig memory;
    memory.data_rate_bit_per_s = 1e7 * (1 + random.below(200));
    machines.push_back(std::make_unique<Machine>(config, memory));
  }
  for (const auto& machine : machines) {
    for (int i = 0; i < 20; ++i) {
      const RandomGemm gemm = random.gemm();
      const auto task = machine->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
      const auto tile = gemm.tile(machine->accelerator.config(), task);
      if (!tile) continue;
      CAPTURE(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
      const auto together = machine->run(task, *tile);
      Recorder seen;
      machine->accelerator.observe(&seen);
      CHECK(machine->run(task, *tile) == together);
      machine->accelerator.observe(nullptr);
    }
  }
}

TEST_CASE("An observer sees every cycle, value and byte that level cycle counts") {
  run_random(Level::cycle, DramLevel::fast, 12, 25);
}

TEST_CASE("An observer sees every burst of the channels at level detailed") {
  run_random(Level::fast, DramLevel::detailed, 13, 15);
}

TEST_CASE("A channel's data never overlaps and is as long as its data bus was busy") {
  DramConfig memory;
  memory.level = DramLevel::detailed;
  Machine machine(machine_of(PeKind::anda), memory);
  const double ticks_per_cycle = 1e12 / memory.clock_hz();
  std::vector<std::uint64_t> until(memory.channels, 0);
  std::vector<double> busy(memory.channels, 0);
  machine.dram.observe([&](const anda::dram::DataRecord& record) {
    CHECK(record.from_ticks >= until.at(record.channel));
    until[record.channel] = record.to_ticks;
    busy[record.channel] += static_cast<double>(record.to_ticks - record.from_ticks);
  });
  machine.run(machine.task(64, 512, 1024, 7, 5), anda::Tiling::paper);
  machine.dram.channels()->drain();
  for (std::uint32_t i = 0; i < memory.channels; ++i) {
    const auto counted = machine.dram.channels()->data_cycles(anda::dram::ChannelIndex{i});
    CHECK(counted > 0);
    CHECK(busy[i] == Approx(static_cast<double>(counted) * ticks_per_cycle));
  }
}

TEST_CASE("Both engines show the first GeMM of docs/timing.md alike") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  Machine fast(config);
  config.level = Level::cycle;
  Machine cycle(config);
  for (Machine* machine : {&fast, &cycle}) {
    struct : Recorder {
      std::vector<std::pair<ArrayState, std::uint64_t>> states;
      void array(ArrayState state, CycleSpan span) override {
        if (states.empty() || states.back().first != state) {
          states.emplace_back(state, span.to);
        } else {
          states.back().second = span.to;
        }
        Recorder::array(state, span);
      }
    } seen;
    machine->accelerator.observe(&seen);
    machine->run(machine->task(16, 64, 64, 7, 5), anda::StepShape{16, 64, 128, anda::LoopOrder::nkm});
    // The array computes from 17 to 49, as the page derives; then its pipeline of eight stages runs empty.
    const auto busy = std::find_if(seen.states.begin(), seen.states.end(),
                                   [](const auto& one) { return one.first == ArrayState::busy; });
    REQUIRE(busy != seen.states.begin());
    REQUIRE(busy != seen.states.end());
    CHECK((busy - 1)->second == 17);
    CHECK(busy->second == 49);
    REQUIRE(busy + 1 != seen.states.end());
    CHECK((busy + 1)->first == ArrayState::fill);
    CHECK((busy + 1)->second == 57);
    machine->accelerator.observe(nullptr);
  }
}
