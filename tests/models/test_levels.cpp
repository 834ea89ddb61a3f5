// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/random_machines.h"

// Level fast against level cycle, its yardstick. docs/levels.md names each difference that these tests allow.

using anda::AcceleratorConfig;
using anda::DramConfig;
using anda::Level;
using anda::PeKind;
using anda::Tiling;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::RandomGemm;
using anda::test::RandomMachines;
using anda::test::stalls;

namespace {

struct LevelPair {
  std::unique_ptr<Machine> fast;
  std::unique_ptr<Machine> cycle;
  RandomGemm gemm;
};

LevelPair make_pair(AcceleratorConfig config, const DramConfig& dram, const RandomGemm& gemm) {
  LevelPair pair;
  pair.gemm = gemm;
  pair.fast = std::make_unique<Machine>(config, dram);
  config.level = Level::cycle;
  pair.cycle = std::make_unique<Machine>(config, dram);
  return pair;
}

bool is_stall(const std::string& counter) { return counter.rfind("stall.", 0) == 0; }

/// |a − b| of two counts of one name, or of two names together.
std::uint64_t difference(const Machine::Result& a, const Machine::Result& b,
                         std::initializer_list<const char*> counters) {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  for (const char* counter : counters) {
    x += a.at(counter);
    y += b.at(counter);
  }
  return x > y ? x - y : y - x;
}

struct Tally {
  int checked = 0;
  int equal = 0;
};

/// `percent`: of the cycles, by which they may differ, and a cycle; `stall_percent`: the same for a cause of stalls.
void compare_levels(const LevelPair& pair, std::uint64_t percent, std::uint64_t stall_percent, Tally& tally) {
  const RandomGemm& gemm = pair.gemm;
  const auto task = pair.fast->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
  const auto tile = gemm.tile(pair.fast->accelerator.config(), task);
  if (!tile || std::uint64_t{gemm.m} * gemm.n * gemm.k > 30000000) return;
  const auto fast = pair.fast->run(task, *tile);
  const auto cycle = pair.cycle->run(task, *tile);
  INFO("m " << gemm.m << " n " << gemm.n << " k " << gemm.k << " M " << gemm.input_bits << " to " << gemm.output_bits
            << " tile " << tile->m << " × " << tile->n << " × " << tile->k << " order "
            << static_cast<int>(tile->order));
  REQUIRE(pair.cycle->read(ANDA_REG_ERROR_CODE) == 0);

  // Every clock is counted once, and everything but time agrees to the last word.
  CHECK(cycle.at("controller.cycles") == cycle.at("mxu.busy_cycles") + stalls(cycle));
  for (const auto& [counter, value] : cycle) {
    if (is_stall(counter) || counter == "controller.cycles") continue;
    INFO(counter);
    CHECK(value == fast.at(counter));
  }

  const std::uint64_t cycles = fast.at("controller.cycles");
  CHECK(difference(fast, cycle, {"controller.cycles"}) <= 1 + cycles * percent / 100);
  const std::uint64_t stalls_apart = 1 + cycles * stall_percent / 100;
  CHECK(difference(fast, cycle, {"stall.fill"}) == 0);
  CHECK(difference(fast, cycle, {"stall.drain", "stall.compressor"}) <= stalls_apart);
  CHECK(difference(fast, cycle, {"stall.weight_port", "stall.activation_port"}) <= stalls_apart);
  CHECK(difference(fast, cycle, {"stall.dram", "stall.buffer_full"}) <= stalls_apart);
  CHECK(difference(fast, cycle, {"stall.dram"}) <= stalls_apart);

  ++tally.checked;
  tally.equal += cycles == cycle.at("controller.cycles") ? 1 : 0;
}

}  // namespace

TEST_CASE("Random machines take as many cycles at level fast as at level cycle") {
  RandomMachines random(20261123);
  std::vector<LevelPair> pairs;
  for (int i = 0; i < 600; ++i) {
    const AcceleratorConfig config = random.accelerator();
    const DramConfig dram = random.dram();
    pairs.push_back(make_pair(config, dram, random.gemm()));
  }
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(100, sc_core::SC_US));
  Tally tally;
  for (const LevelPair& pair : pairs) compare_levels(pair, 1, 1, tally);
  CHECK(tally.checked > 250);
  CHECK(tally.equal * 100 >= tally.checked * 99);
}

TEST_CASE("Levels agree for machines with other ports, lanes and pipelines") {
  RandomMachines random(7);
  std::vector<LevelPair> pairs;
  for (int i = 0; i < 800; ++i) {
    AcceleratorConfig config = random.accelerator();
    config.mxu.fill_cycles = random.pick32({0, 1, 8, 30});
    config.vector_unit.fpus = random.pick32({16, 64, 128});
    config.vector_unit.latency_cycles = random.pick32({0, 4, 9});
    config.compressor.lanes = random.pick32({4, 16, 32});
    config.compressor.values_per_cycle = random.pick32({32, 64, 128});
    config.activation_buffer.word_bits = random.pick32({256, 512, 1024, 2048});
    config.format.group_size = random.pick32({32, 64, 128});
    const DramConfig dram = random.dram();
    pairs.push_back(make_pair(config, dram, random.gemm()));
  }
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(100, sc_core::SC_US));
  Tally tally;
  for (const LevelPair& pair : pairs) compare_levels(pair, 3, 16, tally);
  CHECK(tally.checked > 300);
  CHECK(tally.equal * 100 >= tally.checked * 95);
}

TEST_CASE("Levels agree for machines whose results leave slowly") {
  // Few FPUs, few lanes, a narrow way into the compressor, groups that no array divides, pipelines longer than tiles.
  RandomMachines random(5);
  std::vector<LevelPair> pairs;
  for (int i = 0; i < 120; ++i) {
    AcceleratorConfig config = random.accelerator();
    config.mxu.rows = random.pick32({1, 3, 8, 16, 20});
    config.mxu.columns = random.pick32({1, 4, 7, 8, 16, 24});
    config.mxu.lanes_per_pe = random.pick32({8, 16, 64});
    config.mxu.fill_cycles = random.pick32({0, 1, 8, 30, 100});
    config.vector_unit.fpus = random.pick32({1, 2, 7, 16, 64});
    config.vector_unit.latency_cycles = random.pick32({0, 1, 4, 50});
    config.compressor.lanes = random.pick32({1, 2, 5, 16});
    config.compressor.values_per_cycle = random.pick32({1, 3, 16, 64});
    config.activation_buffer.word_bits = random.pick32({128, 512, 1024});
    config.format.group_size = random.pick32({8, 16, 64});
    RandomGemm gemm = random.gemm();
    gemm.m = 1 + gemm.m % 120;
    gemm.n = 1 + gemm.n % 120;
    if (random.below(2) == 0) gemm.k = 1 + gemm.k % 100;
    pairs.push_back(make_pair(config, DramConfig(), gemm));
  }
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(100, sc_core::SC_US));
  Tally tally;
  for (const LevelPair& pair : pairs) compare_levels(pair, 0, 16, tally);
  CHECK(tally.checked > 40);
  CHECK(tally.equal == tally.checked);
}

TEST_CASE("Levels agree for machines that use the four phases") {
  RandomMachines random(11);
  std::vector<LevelPair> pairs;
  for (int i = 0; i < 200; ++i) {
    AcceleratorConfig config = random.accelerator();
    random.use_phases(config);
    const DramConfig dram = random.dram();
    pairs.push_back(make_pair(config, dram, random.gemm()));
  }
  Tally tally;
  for (const LevelPair& pair : pairs) compare_levels(pair, 1, 6, tally);
  CHECK(tally.checked > 80);
  CHECK(tally.equal * 100 >= tally.checked * 99);
}

TEST_CASE("Layers agree within 1 % where the array bounds them and within 3 % where memory does") {
  // Layers of a language model, cut down, on the paper's machine; the slow memory has a hundredth of its bandwidth.
  DramConfig slow;
  slow.data_rate_bit_per_s = 2e7;
  struct Layer {
    RandomGemm gemm;
    bool memory_bound;
  };
  const std::vector<Layer> layers{{{64, 1024, 1024, 7, 6, Tiling::paper}, false},
                                  {{96, 512, 4096, 4, 4, Tiling::automatic}, false},
                                  {{1, 1024, 2048, 7, 7, Tiling::paper}, true},
                                  {{16, 1024, 1024, 5, 8, Tiling::automatic}, true}};
  std::vector<std::pair<LevelPair, bool>> cases;
  for (const Layer& layer : layers) {
    for (const PeKind kind : {PeKind::fp_fp, PeKind::anda}) {
      cases.emplace_back(make_pair(machine_of(kind), layer.memory_bound ? slow : DramConfig(), layer.gemm),
                         layer.memory_bound);
    }
  }
  for (const auto& [pair, memory_bound] : cases) {
    const RandomGemm& gemm = pair.gemm;
    const auto task = pair.fast->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    const auto fast = pair.fast->run(task, gemm.tiling);
    const auto cycle = pair.cycle->run(task, gemm.tiling);
    const std::uint64_t cycles = cycle.at("controller.cycles");
    CHECK((cycle.at("stall.dram") * 2 > cycles) == memory_bound);
    CHECK(difference(fast, cycle, {"controller.cycles"}) * 100 <= cycles * (memory_bound ? 3 : 1));
  }
}

TEST_CASE("Level cycle restarts after a memory error, at any time and with any quantum") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.level = Level::cycle;
  DramConfig small;
  small.capacity_bytes = 1u << 20;
  Machine broken(config, small);
  Machine machine(config);
  const auto task = machine.task(48, 192, 640, 5, 6);
  const auto tile = anda::choose_step(Tiling::paper, config, task);

  // Weights lie beyond the end of the small memory.
  broken.run(task, tile);
  CHECK(broken.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
  auto descriptor = broken.descriptor(task, tile);
  descriptor.addresses = {0, 1u << 18, 1u << 19, 3u << 18};
  const auto after_error = broken.run(descriptor);
  CHECK(broken.read(ANDA_REG_ERROR_CODE) == 0);

  const auto first = machine.run(task, tile);
  CHECK(after_error.at("controller.cycles") == first.at("controller.cycles"));
  for (std::uint32_t k = 64; k < 700; k += 77) {
    tlm::tlm_global_quantum::instance().set(sc_core::sc_time(k % 3 == 0 ? 0 : k, sc_core::SC_US));
    machine.run(machine.task(16, 64, k, 4, 4), Tiling::automatic);  // shifts the phase of all that follows
    CHECK(machine.run(task, tile) == first);
  }
}
