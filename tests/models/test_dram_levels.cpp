// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "models/command_checker.h"
#include "models/machine.h"

using anda::AcceleratorConfig;
using anda::DramConfig;
using anda::DramLevel;
using anda::PeKind;
using anda::Tiling;
using anda::test::CommandChecker;
using anda::test::Machine;
using anda::test::machine_of;

TEST_CASE("GeMMs take as long with the detailed memory as with the fast one, within 3 %, and move the same bytes") {
  struct Pair {
    std::unique_ptr<Machine> fast;
    std::unique_ptr<Machine> detailed;
    std::unique_ptr<CommandChecker> checker;
  };
  std::vector<Pair> pairs;
  for (const PeKind kind : {PeKind::fp_fp, PeKind::anda}) {
    DramConfig detailed;
    detailed.level = DramLevel::detailed;
    pairs.push_back({std::make_unique<Machine>(machine_of(kind)), std::make_unique<Machine>(machine_of(kind), detailed),
                     std::make_unique<CommandChecker>(detailed)});
    CommandChecker& checker = *pairs.back().checker;
    pairs.back().detailed->dram.channels()->observe(
        [&checker](const anda::dram::CommandRecord& record) { checker.see(record); });
  }
  for (const Pair& pair : pairs) {
    for (const std::uint32_t m : {1u, 64u}) {
      for (const Tiling tiling : {Tiling::paper, Tiling::automatic}) {
        const anda::GemmTask task = pair.fast->task(m, 512, 2048, 7, 7);
        const Machine::Result fast = pair.fast->run(task, tiling);
        const Machine::Result detailed = pair.detailed->run(task, tiling);
        INFO("m " << m << ", tiling " << static_cast<int>(tiling));
        const auto cycles = static_cast<double>(fast.at("controller.cycles"));
        CHECK(static_cast<double>(detailed.at("controller.cycles")) == Approx(cycles).epsilon(0.03));
        CHECK(detailed.at("dram.read_bytes") == fast.at("dram.read_bytes"));
        CHECK(detailed.at("dram.write_bursts") == fast.at("dram.write_bursts"));
        CHECK(fast.count("dram.activates") == 0);
      }
    }
    pair.checker->finish();
    CHECK(pair.checker->seen() > 10000);
    CHECK(pair.checker->first_failure().empty());
  }
}

TEST_CASE("A higher data rate costs a GeMM with equal tiles at most a tenth and one refresh at level detailed") {
  // A run of a microsecond or two meets a refresh of 260 ns or not, by when it starts.
  constexpr double clock_hz = 2e9;
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.clock_hz = clock_hz;
  std::vector<std::unique_ptr<Machine>> machines;
  DramConfig dram;
  dram.level = DramLevel::detailed;
  for (const double rate : {2e9, 3e9, 4e9, 8e9}) {
    dram.data_rate_bit_per_s = rate;
    machines.push_back(std::make_unique<Machine>(config, dram));
  }
  std::mt19937 random(5);
  for (int i = 0; i < 100; ++i) {
    const std::uint32_t m = 1 + static_cast<std::uint32_t>(random() % 200);
    const std::uint32_t n = 1 + static_cast<std::uint32_t>(random() % 200);
    const std::uint32_t k = 1 + static_cast<std::uint32_t>(random() % 400);
    const Tiling tiling = random() % 2 == 0 ? Tiling::paper : Tiling::automatic;
    INFO(m << " × " << n << " × " << k << ", tiling " << static_cast<int>(tiling));
    double before = 0;
    for (const auto& machine : machines) {
      const auto cycles =
          static_cast<double>(machine->run(machine->task(m, n, k, 7, 7), tiling).at("controller.cycles"));
      if (before > 0) CHECK(cycles <= 1.1 * before + dram.refresh_cycle_ns * 1e-9 * clock_hz);
      before = cycles;
    }
  }
}
