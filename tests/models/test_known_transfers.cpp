// SPDX-License-Identifier: Apache-2.0
// Fast-forward of the detailed memory: what is looked up is what the controllers would have done, to the last count.
#include <anda/dram/detailed_memory.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <vector>

#include "models/checked_memory.h"

using anda::DramConfig;
using anda::DramPagePolicy;
using anda::DramRefresh;
using anda::DramRefreshPhase;
using anda::DramScheduler;
using anda::dram::ChannelIndex;
using anda::dram::Cycle;
using anda::dram::DetailedMemory;
using anda::dram::LatencyHistogram;
using anda::dram::MemoryRequest;
using anda::dram::Segment;
using anda::dram::Statistics;
using anda::dram::Visit;
using anda::test::detailed;

namespace {

/// Everything that a memory counts.
std::vector<std::uint64_t> counts(const DetailedMemory& memory) {
  const Statistics& of = memory.statistics();
  std::vector<std::uint64_t> all{of.reads,
                                 of.writes,
                                 of.forwarded,
                                 of.row_hits,
                                 of.row_misses,
                                 of.activates,
                                 of.precharges,
                                 of.row_conflicts,
                                 of.refreshes,
                                 of.bank_refreshes,
                                 of.turnarounds,
                                 of.data_cycles,
                                 of.queued_cycles,
                                 of.longest_queue,
                                 of.last_data,
                                 of.read_latency.count(),
                                 of.read_latency.longest()};
  all.push_back(static_cast<std::uint64_t>(of.read_latency.mean() * 1e6));
  for (std::size_t bin = 0; bin < LatencyHistogram::bin_count; ++bin) all.push_back(of.read_latency.in_bin(bin));
  for (std::uint32_t i = 0; i < memory.config().channels; ++i) all.push_back(memory.data_cycles(ChannelIndex{i}));
  return all;
}

class Pick {
 public:
  explicit Pick(unsigned seed) : random_(seed) {}
  std::uint32_t operator()(std::initializer_list<std::uint32_t> values) {
    return *(values.begin() + random_() % values.size());
  }
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

 private:
  std::mt19937 random_;
};

DramConfig random_memory(Pick& pick) {
  DramConfig config = detailed();
  config.channels = pick({2, 4, 6, 16});
  config.policy.refresh = static_cast<DramRefresh>(pick({0, 0, 0, 0, 1, 2}));
  config.policy.refresh_phase = static_cast<DramRefreshPhase>(pick({0, 0, 1, 2}));
  config.policy.refreshes_postponed = pick({0, 0, 3, 8});
  config.policy.page = static_cast<DramPagePolicy>(pick({0, 1, 2, 2}));
  config.policy.scheduler = static_cast<DramScheduler>(pick({0, 0, 1}));
  config.policy.queue_requests = pick({1, 4, 32, 64});
  config.policy.write_drain_start = std::max(1u, config.policy.queue_requests / pick({1, 2, 3}));
  config.policy.write_drain_stop = config.policy.write_drain_start / 3;
  config.policy.most_bypasses = pick({1, 8, 1000});
  config.policy.xor_banks = pick({0, 1}) == 1;
  config.policy.xor_channels = config.channels != 6 && pick({0, 1}) == 1;
  if (pick({0, 1}) == 1) config.policy.address_order = "column bank channel bank_group row";
  if (pick({0, 1}) == 1) {
    config.organisation.pseudo_channels = 1;
    config.organisation.row_command_bus = pick({0, 1}) == 1;
    config.organisation.activate_command_cycles = pick({1, 2});
  }
  config.timing.faw = pick({16, 30});
  config.timing.rtp = pick({4, 8});
  return config;
}

/// A stretch of traffic of one kind: what comes again and again is what can be known.
struct Traffic {
  std::uint64_t read_at, read_bytes, write_at, write_bytes, gap, jitter;

  explicit Traffic(Pick& pick)
      : read_at(pick.below(1u << 28)),
        read_bytes(pick({32, 700, 4096, 20000})),
        write_at(pick.below(1u << 28)),
        write_bytes(pick({0, 32, 778, 3000})),
        gap(pick({50, 900, 5000, 7800, 12345, 40000})),
        jitter(pick({1, 2, 3000})) {}

  /// The requests of a turn.
  void add(std::vector<MemoryRequest>& requests, Cycle& now, Pick& pick) {
    now += gap + pick.below(jitter);
    if (write_bytes > 0) requests.push_back({write_at, write_bytes, true, now, 0});
    if (pick.below(4) == 0) now += pick.below(60);
    requests.push_back({read_at, read_bytes, false, now, 0});
    read_at = (read_at + read_bytes) % (1u << 28);
    write_at = (write_at + write_bytes) % (1u << 28);
  }
};

}  // namespace

TEST_CASE("A fast-forwarded memory behaves as one that simulates everything") {
  const auto seed = GENERATE(range(1u, 61u));
  INFO("seed " << seed);
  Pick pick(seed);
  DramConfig config = random_memory(pick);
  DetailedMemory forwarded(config);
  config.fast_forward = false;
  DetailedMemory simulated(config);
  std::vector<MemoryRequest> requests;
  Cycle now = 0;
  for (int kind = 0; kind < 4; ++kind) {
    Traffic traffic(pick);
    for (int turn = 0; turn < 60; ++turn) traffic.add(requests, now, pick);
  }
  for (const MemoryRequest& request : requests) {
    // Now and then somebody asks in another way.
    if (pick.below(50) == 0) {
      const Cycle limit = request.arrival - pick.below(2) * 20;
      for (DetailedMemory* memory : {&forwarded, &simulated}) memory->run_until(limit);
    }
    if (pick.below(80) == 0) {
      for (DetailedMemory* memory : {&forwarded, &simulated}) memory->push(request);
      continue;
    }
    REQUIRE(forwarded.serve(request) == simulated.serve(request));
    if (pick.below(20) == 0) REQUIRE(counts(forwarded) == counts(simulated));
  }
  CHECK(counts(forwarded) == counts(simulated));
  forwarded.drain();
  simulated.drain();
  CHECK(counts(forwarded) == counts(simulated));
}

TEST_CASE("Who watches a memory sees the same commands with fast-forward and without") {
  const auto seed = GENERATE(range(1u, 13u));
  INFO("seed " << seed);
  Pick pick(seed);
  DramConfig config = random_memory(pick);
  std::vector<MemoryRequest> requests;
  Cycle now = 0;
  Traffic traffic(pick);
  for (int turn = 0; turn < 40; ++turn) traffic.add(requests, now, pick);
  std::vector<std::vector<std::uint64_t>> commands(2);
  for (const bool forward : {false, true}) {
    config.fast_forward = forward;
    DetailedMemory memory(config);
    std::vector<std::uint64_t>& seen = commands[forward ? 1 : 0];
    memory.observe([&](const anda::dram::CommandRecord& record) {
      for (const std::uint64_t word :
           {record.cycle, static_cast<Cycle>(record.channel), static_cast<Cycle>(record.command),
            static_cast<Cycle>(record.bank), static_cast<Cycle>(record.row), static_cast<Cycle>(record.column)}) {
        seen.push_back(word);
      }
    });
    for (const MemoryRequest& request : requests) seen.push_back(memory.serve(request));
    memory.drain();
  }
  CHECK(commands[0].size() > 1000);
  CHECK(commands[0] == commands[1]);
}

TEST_CASE("A stream with separate steps is looked up, except steps that meet a refresh differently") {
  DetailedMemory memory(detailed());
  std::uint64_t address = 0;
  for (std::uint64_t step = 0; step < 2000; ++step, address += 65536)
    memory.serve({address, 65536, false, step * 9000, 0});
  // 16 channels, of which those with the same bursts at the same phases are alike.
  CHECK(memory.simulated_transfers() < 2000 * 16 / 8);
  DramConfig config = detailed();
  config.fast_forward = false;
  CHECK(DetailedMemory(config).simulated_transfers() == 0);
}

TEST_CASE("Segments that share rows with two others that share none are not described") {
  const DramConfig config = detailed();
  const anda::dram::ChannelRules rules(config);
  const anda::dram::KnownTransfers known(rules);
  // Bursts of a channel whose rows follow each other, one row apart.
  const auto first_of = [&](std::uint64_t row) {
    std::uint64_t burst = 0;
    while (static_cast<std::uint64_t>(rules.map.row(burst)) < row) ++burst;
    return burst;
  };
  const auto of_rows = [&](std::uint64_t first, std::uint64_t last) {
    return Segment{first_of(first), first_of(last) - first_of(first) + 1, 0, false, 0};
  };
  Visit visit;
  visit.segments = {of_rows(9, 9), of_rows(1, 1), of_rows(3, 3)};
  visit.count = 3;
  CHECK(known.describes(visit, of_rows(5, 6)));
  CHECK(known.describes(visit, of_rows(3, 6)));
  CHECK(known.describes(visit, of_rows(1, 2)));
  CHECK_FALSE(known.describes(visit, of_rows(1, 3)));
}
