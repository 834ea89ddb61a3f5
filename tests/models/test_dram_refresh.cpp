// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/detailed_memory.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "models/checked_memory.h"
#include "models/machine.h"

using anda::DramConfig;
using anda::DramLevel;
using anda::DramRefresh;
using anda::DramRefreshPhase;
using anda::PeKind;
using anda::Tiling;
using anda::dram::Command;
using anda::dram::CommandRecord;
using anda::dram::DetailedMemory;
using anda::dram::MemoryRequest;
using anda::test::Checked;
using anda::test::CommandChecker;
using anda::test::detailed;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

/// The commands of each channel as numbers: cycle, command, bank, row, column.
using Commands = std::map<std::uint32_t, std::vector<std::vector<std::uint64_t>>>;

Commands record(DetailedMemory& memory, CommandChecker& checker, const std::function<void()>& run) {
  Commands commands;
  memory.observe([&](const CommandRecord& one) {
    checker.see(one);
    commands[raw(one.channel)].push_back(
        {one.cycle, static_cast<std::uint64_t>(one.command), raw(one.bank), raw(one.row), raw(one.column)});
  });
  run();
  memory.observe({});
  return commands;
}

/// Cycles at which each channel refreshes, without any request.
std::map<std::uint32_t, std::vector<std::uint64_t>> idle_refreshes(const DramConfig& config, std::uint64_t until) {
  std::map<std::uint32_t, std::vector<std::uint64_t>> cycles;
  Checked checked(config);
  checked.memory.run_until(until);
  for (const CommandRecord& one : checked.commands) {
    if (one.command == Command::refresh || one.command == Command::refresh_bank) {
      cycles[raw(one.channel)].push_back(one.cycle);
    }
  }
  return cycles;
}

}  // namespace

TEST_CASE("The phase of refresh: all channels together, pseudo-channels half an interval apart, or all apart") {
  DramConfig config = detailed();
  // tREFI = 3900 cycles. A refresh waits for its channel's turn on the row bus, at most 2 cycles.
  CHECK(config.policy.refresh_phase == DramRefreshPhase::together);
  CHECK(idle_refreshes(config, 8000).size() == 16);
  for (const auto& [channel, cycles] : idle_refreshes(config, 8000)) {
    CHECK(cycles == std::vector<std::uint64_t>{3900 + channel % 2 * 2, 7800 + channel % 2 * 2});
  }
  config.policy.refresh_phase = DramRefreshPhase::pseudo_channels_apart;
  for (const auto& [channel, cycles] : idle_refreshes(config, 8000)) {
    CHECK(cycles.front() == (channel % 2 == 0 ? 1952u : 3902u));
  }
  config.policy.refresh_phase = DramRefreshPhase::apart;
  for (const auto& [channel, cycles] : idle_refreshes(config, 8000)) {
    CHECK(cycles.front() >= 3900 * (channel + 1) / 16);
    CHECK(cycles.front() <= 3900 * (channel + 1) / 16 + 2);
  }
  // A bank at a time: a turn is tREFI / 16.
  config.policy.refresh = DramRefresh::per_bank;
  config.policy.refresh_phase = DramRefreshPhase::together;
  for (const auto& [channel, cycles] : idle_refreshes(config, 3910)) {
    CHECK(cycles.front() >= 3900 / 16);
    CHECK(cycles.front() <= 3900 / 16 + 2);
    CHECK(cycles.size() == 16);
  }
}

TEST_CASE("Refreshes are postponed while requests wait, up to the limit, and made up for when none waits") {
  // Reads without a pause for six refresh intervals, then none.
  const auto refreshes = [](std::uint32_t postponed, std::uint64_t until) {
    DramConfig config = detailed();
    config.channels = 2;
    config.policy.refreshes_postponed = postponed;
    Checked checked(config);
    const std::uint64_t bursts = 6 * 3900 / 2;
    checked.memory.push({0, bursts * 2 * 32, false, 0, 0});
    checked.memory.run_until(until);
    return checked.memory.statistics().refreshes;
  };
  const std::uint64_t fifth = 5 * 3900 - 100;
  CHECK(refreshes(0, fifth) == 4 * 2);
  CHECK(refreshes(8, fifth) == 0);
  CHECK(refreshes(3, fifth) == 1 * 2);
  // The reads end after 6 · 3900 cycles or little more; each of six refreshes takes tRFC = 260.
  CHECK(refreshes(8, 7 * 3900 - 100) == 6 * 2);
}

TEST_CASE("Refreshes postponed to the limit are never more than nine intervals apart") {
  // Writes and reads at random without a pause: rows are open, and written to, when the ninth interval ends.
  const auto seed = GENERATE(range(1u, 7u));
  DramConfig config = detailed();
  config.channels = 4;
  config.policy.refreshes_postponed = 8;
  std::mt19937 random(seed);
  DetailedMemory memory(config);
  std::map<std::uint32_t, std::uint64_t> last;
  std::uint64_t furthest = 0;
  memory.observe([&](const CommandRecord& one) {
    if (one.command != Command::refresh) return;
    std::uint64_t& before = last[raw(one.channel)];
    furthest = std::max(furthest, one.cycle - before);
    before = one.cycle;
  });
  for (std::uint64_t i = 0; i < 60000; ++i) {
    memory.push({random() % (1u << 22), 1 + random() % 200, random() % 2 == 0, 0, i});
  }
  memory.run_until(25 * 3900);
  CHECK_FALSE(memory.idle());
  CHECK(last.size() == 4);
  CHECK(furthest > 8 * 3900);
  CHECK(furthest <= 9 * 3900);
}

TEST_CASE("A channel run request by request issues the same commands as one that knows all requests") {
  const auto seed = GENERATE(range(1u, 13u));
  const auto refresh = GENERATE(DramRefresh::all_bank, DramRefresh::per_bank);
  INFO("seed " << seed);
  std::mt19937 random(seed);
  DramConfig config = detailed();
  config.channels = 4;
  config.policy.refresh = refresh;
  config.policy.refreshes_postponed = seed % 3 * 4;
  std::vector<MemoryRequest> requests;
  std::uint64_t arrival = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    requests.push_back({random() % (1u << 22), 1 + random() % 700, random() % 3 == 0, arrival, i});
    arrival += random() % 3 == 0 ? random() % 1500 : random() % 8;
  }
  const std::uint64_t end = arrival + 20000;

  std::vector<CommandChecker> checkers(3, CommandChecker(config));
  DetailedMemory together(config);
  const Commands expected = record(together, checkers[0], [&] {
    for (const MemoryRequest& request : requests) together.push(request);
    together.run_until(end);
  });
  DetailedMemory stepped(config);
  const Commands one_by_one = record(stepped, checkers[1], [&] {
    for (const MemoryRequest& request : requests) {
      if (request.arrival > 3) stepped.run_until(request.arrival - 3);
      stepped.run_until(request.arrival);
      stepped.push(request);
    }
    stepped.run_until(end);
  });
  CHECK(stepped.completions().size() == requests.size());
  CHECK((one_by_one == expected));
  CHECK(stepped.statistics().read_latency.mean() == together.statistics().read_latency.mean());
  CHECK(stepped.statistics().turnarounds == together.statistics().turnarounds);
  DetailedMemory served(config);
  const Commands by_serving = record(served, checkers[2], [&] {
    for (const MemoryRequest& request : requests) served.serve(request);
    served.run_until(end);
  });
  CHECK((by_serving == expected));
  for (CommandChecker& checker : checkers) {
    checker.finish();
    CHECK(checker.first_failure().empty());
  }
}

TEST_CASE("Unobserved refreshes are counted without being issued, in the same number") {
  for (const DramRefresh refresh : {DramRefresh::all_bank, DramRefresh::per_bank}) {
    DramConfig config = detailed();
    config.policy.refresh = refresh;
    Checked watched(config);
    DetailedMemory alone(config);
    for (DetailedMemory* memory : {&watched.memory, &alone}) {
      memory->push({0, 4096, false, 0, 0});
      memory->push({0, 4096, false, 1000000, 0});
      memory->run_until(2000000);
    }
    CHECK(watched.memory.statistics().refreshes == alone.statistics().refreshes);
    CHECK(watched.memory.statistics().bank_refreshes == alone.statistics().bank_refreshes);
    CHECK(alone.statistics().refreshes + alone.statistics().bank_refreshes / 16 ==
          Approx(16 * 2000000 / 3900.0).margin(16));
  }
}

TEST_CASE("Refresh at the default phase does not delay short transfers over all channels") {
  // A GeMM with k = 27: steps of about a kilobyte. Refresh of one channel after another holds up every one of them.
  const auto memory = [](DramLevel level, DramRefreshPhase phase) {
    DramConfig dram;
    dram.level = level;
    dram.policy.refresh_phase = phase;
    return dram;
  };
  std::vector<std::unique_ptr<Machine>> machines;
  for (const DramConfig& dram : {memory(DramLevel::fast, {}), memory(DramLevel::detailed, DramRefreshPhase::together),
                                 memory(DramLevel::detailed, DramRefreshPhase::apart)}) {
    machines.push_back(std::make_unique<Machine>(machine_of(PeKind::fp_fp), dram));
  }
  std::vector<double> took;
  for (const auto& machine : machines) {
    const auto result = machine->run(machine->task(3136, 32, 27, 7, 7), Tiling::paper);
    took.push_back(static_cast<double>(result.at("controller.cycles")));
  }
  // Figures of a whole machine, not derived: 1.12 and 2.17 times level fast.
  CHECK(took[1] < 1.2 * took[0]);
  CHECK(took[2] > 1.8 * took[0]);
}
