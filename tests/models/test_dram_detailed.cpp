// SPDX-License-Identifier: Apache-2.0
#include <anda/base/error.h>
#include <anda/dram/detailed_memory.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "models/checked_memory.h"

using anda::DramConfig;
using anda::DramPagePolicy;
using anda::DramRefresh;
using anda::DramScheduler;
using anda::dram::AddressMap;
using anda::dram::ChannelIndex;
using anda::dram::Command;
using anda::dram::DetailedMemory;
using anda::dram::MemoryRequest;
using anda::dram::Place;
using anda::dram::Statistics;
using anda::test::Checked;
using anda::test::detailed;

namespace {

/// Share of the peak that a stream reaches, long enough for the number of its refreshes not to matter.
double stream(const DramConfig& config, bool write) {
  constexpr std::uint64_t bytes = std::uint64_t{64} << 20;
  DetailedMemory memory(config);
  memory.push({0, bytes, write, 0, 0});
  memory.drain();
  const double seconds = static_cast<double>(memory.statistics().last_data) / config.clock_hz();
  return bytes / seconds / config.peak_bytes_per_s();
}

double random_accesses(const DramConfig& config, bool write, std::uint64_t count = 300000) {
  Checked checked(config);
  std::mt19937_64 random(7);
  for (std::uint64_t i = 0; i < count; ++i) {
    checked.memory.push({random() % (config.capacity_bytes / 32) * 32, 32, write, 0, i});
  }
  return checked.drain(count * 32);
}

}  // namespace

TEST_CASE("Idle detailed memory, by hand: a read opens its row and takes 1 + tRCD + tCL + burst; a hit tCL + burst") {
  DramConfig config = detailed();
  config.policy.refresh = DramRefresh::none;
  Checked checked(config);
  // Channel 0 may put an activation on its bus at cycles 0, 4, 8 …, a read at even ones. An activation takes two
  // cycles, and tRCD = 14 counts from the second: the read leaves at 115 rounded up to its turn, 116.
  checked.memory.push({0, 32, false, 100, 1});
  checked.memory.drain();
  checked.memory.push({0, 32, false, 201, 2});
  checked.memory.drain();
  // Bank 0 once more, next row: closed at 300, opened at 300 + tRP - 1 rounded up to its turn, 316, read at 332.
  checked.memory.push({std::uint64_t{16} * 16 * 1024, 32, false, 300, 3});
  checked.memory.drain();
  const auto& done = checked.memory.completions();
  REQUIRE(done.size() == 3);
  CHECK(done[0].cycle == 116 + 14 + 2);
  CHECK(done[1].cycle == 202 + 14 + 2);
  CHECK(done[2].cycle == 332 + 14 + 2);
  const Statistics& sum = checked.memory.statistics();
  CHECK(sum.row_hits == 1);
  CHECK(sum.row_misses == 1);
  CHECK(sum.row_conflicts == 1);
  CHECK(sum.activates == 2);
  CHECK(sum.precharges == 1);
  CHECK(sum.data_cycles == 6);
}

TEST_CASE("On a single command bus, a column command precedes a row command that is ready in the same cycle") {
  DramConfig config = detailed();
  config.policy.refresh = DramRefresh::none;
  config.channels = 1;
  config.organisation.pseudo_channels = 1;
  config.organisation.row_command_bus = false;
  config.organisation.activate_command_cycles = 1;
  const std::uint64_t read = 100 + config.timing.rcd;
  Checked checked(config);
  checked.memory.push({0, 32, false, 100, 1});
  checked.memory.push({32, 32, false, read, 2});  // of another bank
  checked.memory.drain();
  REQUIRE(checked.commands.size() == 4);
  CHECK(checked.commands[0].cycle == 100);
  CHECK(checked.commands[1].command == Command::read);
  CHECK(checked.commands[1].cycle == read);
  CHECK(checked.commands[2].command == Command::activate);
  CHECK(checked.commands[2].cycle == read + 1);
}

TEST_CASE("Streams reach the bandwidth that refresh leaves") {
  DramConfig config = detailed();
  const double bound = 1 - 260.0 / 3900;
  CHECK(stream(config, false) > bound - 0.015);
  CHECK(stream(config, false) < bound);
  CHECK(stream(config, true) > 0.90);
  config.policy.refresh = DramRefresh::per_bank;
  CHECK(stream(config, false) > 0.96);
  CHECK(stream(config, true) > 0.96);
}

TEST_CASE("Streams keep the timing rules, however the banks are refreshed") {
  for (const DramRefresh refresh : {DramRefresh::all_bank, DramRefresh::per_bank}) {
    DramConfig config = detailed();
    config.policy.refresh = refresh;
    Checked checked(config);
    checked.memory.push({0, 4u << 20, false, 0, 0});
    checked.memory.push({1u << 30, 4u << 20, true, 0, 0});
    CHECK(checked.drain(8u << 20) > 0.85);
  }
}

TEST_CASE("A mapping that keeps a row in one bank group halves the stream: tCCD_L / tCCD_S") {
  DramConfig config = detailed();
  config.policy.refresh = DramRefresh::none;
  config.policy.address_order = "channel column bank bank_group row";
  config.policy.queue_requests = 16;
  config.policy.write_drain_start = 16;
  CHECK(stream(config, false) == Approx(0.5).margin(0.04));
}

TEST_CASE("Random reads reach the bound of the activations: one in 4 cycles, for bursts of 2") {
  DramConfig config = detailed();
  // tFAW / 4 = tRRD_S = 4 = a turn on the row bus; 16 banks of tRC = 48 would do one in 3.
  config.policy.refresh = DramRefresh::none;
  CHECK(random_accesses(config, false) == Approx(0.5).margin(0.02));
  config.policy.refresh = DramRefresh::all_bank;
  CHECK(random_accesses(config, false, 1200000) == Approx(0.5 * (1 - 260.0 / 3900)).margin(0.02));
  // Twice the window: tFAW alone decides.
  config.policy.refresh = DramRefresh::none;
  config.timing.faw = 32;
  CHECK(random_accesses(config, false) == Approx(0.25).margin(0.02));
}

TEST_CASE("Any traffic, with any policy, keeps the timing rules and serves every burst once") {
  const auto seed = GENERATE(range(1u, 25u));
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&random](std::initializer_list<std::uint32_t> values) {
    return *(values.begin() + random() % values.size());
  };
  DramConfig config = detailed();
  config.channels = pick({2, 6, 16});
  config.policy.refresh = static_cast<DramRefresh>(pick({0, 1, 1, 2}));
  config.policy.refresh_phase = static_cast<anda::DramRefreshPhase>(pick({0, 1, 2}));
  config.policy.refreshes_postponed = pick({0, 0, 3, 8});
  config.policy.page = static_cast<DramPagePolicy>(pick({0, 1, 2}));
  config.policy.scheduler = static_cast<DramScheduler>(pick({0, 0, 1}));
  config.policy.queue_requests = pick({1, 4, 32, 64});
  config.policy.write_drain_start = std::max(1u, config.policy.queue_requests / pick({1, 2, 3}));
  config.policy.write_drain_stop = config.policy.write_drain_start / 3;
  config.policy.most_bypasses = pick({1, 8, 1000});
  config.policy.xor_banks = pick({0, 1}) == 1;
  config.policy.address_order =
      pick({0, 1}) == 1 ? "channel bank_group column bank row" : "column bank channel bank_group row";
  if (pick({0, 1}) == 1) {
    config.organisation.pseudo_channels = 1;
    config.organisation.row_command_bus = pick({0, 1}) == 1;
    config.organisation.activate_command_cycles = pick({1, 2});
  }
  config.timing.ccd_s = pick({2, 3});
  config.timing.faw = pick({16, 30});
  config.timing.rtp = pick({4, 8});
  config.timing.rrd_l = pick({4, 9});

  std::uint64_t bursts[2] = {0, 0};
  std::map<std::uint64_t, std::uint64_t> arrivals;
  Checked checked(config);
  std::uint64_t arrival = 0;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    const bool write = random() % 3 == 0;
    const std::uint64_t size = random() % 4 == 0 ? 1 + random() % 5000 : 32;
    const std::uint64_t address = random() % 2 == 0 ? random() % (1u << 22) : (random() % 64) * 32;
    checked.memory.push({address, size, write, arrival, i});
    bursts[write ? 1 : 0] += (address + size - 1) / 32 - address / 32 + 1;
    arrivals[i] = arrival;
    if (random() % 4 == 0) arrival += random() % 3000;
    if (random() % 200 == 0) arrival += 100000;
    if (random() % 16 == 0) checked.memory.run_until(arrival);
  }
  checked.memory.drain();
  CHECK(checked.memory.idle());
  CHECK(checked.memory.completions().size() == 1500);
  for (const auto& done : checked.memory.completions()) CHECK(done.cycle >= arrivals.at(done.token));
  const Statistics& sum = checked.memory.statistics();
  CHECK(sum.reads == bursts[0]);
  CHECK(sum.writes == bursts[1]);
  CHECK(sum.row_hits + sum.row_misses + sum.row_conflicts == sum.reads + sum.writes - sum.forwarded);
  CHECK(sum.read_latency.count() == sum.reads);
}

TEST_CASE("Overlapping transfers issue the same commands one by one and pushed together") {
  const DramConfig config = detailed();
  Checked together(config);
  Checked one_by_one(config);
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const MemoryRequest request{i * 50000, 50000, false, i * 50, i};
    together.memory.push(request);
    const std::uint64_t done = one_by_one.memory.serve(request);
    CHECK(done > last);
    last = done;
  }
  together.memory.drain();
  one_by_one.memory.drain();
  CHECK(together.memory.statistics().last_data == one_by_one.memory.statistics().last_data);
  CHECK(together.memory.statistics().last_data == last);
  REQUIRE(together.commands.size() == one_by_one.commands.size());
}

TEST_CASE("A read is forwarded from a queued write to its address") {
  DramConfig config = detailed();
  Checked checked(config);
  checked.memory.push({4096, 32, true, 0, 1});
  checked.memory.push({4096, 32, false, 0, 2});
  checked.memory.drain();
  CHECK(checked.memory.statistics().forwarded == 1);
}

TEST_CASE("The address map is a bijection, and a channel's share of a range is a range") {
  for (const char* order : {"channel bank_group column bank row", "column channel bank bank_group row",
                            "bank_group bank column channel row"}) {
    for (const bool swap : {false, true}) {
      DramConfig config = detailed();
      config.policy.address_order = order;
      config.policy.xor_channels = swap;
      config.policy.xor_banks = swap;
      const AddressMap map(config);
      std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> seen;
      for (std::uint64_t burst = 0; burst < 40000; ++burst) {
        const ChannelIndex channel = map.channel(burst);
        const std::uint64_t local = map.below(channel, burst);
        REQUIRE(map.burst(channel, local) == burst);
        REQUIRE(map.below(channel, burst + 1) == local + 1);
        const Place place = map.place(local);
        const std::uint64_t key = (raw(place.row) * 16 + raw(place.bank)) * 32 + raw(place.column);
        REQUIRE(seen.emplace(std::make_pair(raw(channel), key), burst).second);
      }
    }
  }
}

TEST_CASE("With channel_ranges each channel has one range of addresses, and uses all banks for it") {
  DramConfig config = detailed();
  config.policy.mapping = anda::DramMapping::channel_ranges;
  config.channels = 6;
  config.capacity_bytes = std::uint64_t{6} << 20;
  const AddressMap map(config);
  const std::uint64_t each = (1u << 20) / 32;
  for (std::uint32_t channel = 0; channel < 6; ++channel) {
    for (const std::uint64_t burst : {channel * each, channel * each + 77, (channel + 1) * each - 1}) {
      REQUIRE(raw(map.channel(burst)) == channel);
      REQUIRE(map.below(map.channel(burst), burst) == burst - channel * each);
      REQUIRE(map.burst(map.channel(burst), burst - channel * each) == burst);
    }
    CHECK(map.below(ChannelIndex{channel}, 6 * each) == each);
  }
  CHECK(raw(map.place(1).bank) == 4);
  CHECK(raw(map.place(128).bank) == 1);
  config.policy.xor_channels = true;
  CHECK_THROWS_WITH(DetailedMemory(config), Catch::Contains("policy.xor_channels"));
  config.policy.xor_channels = false;
  config.capacity_bytes += 1;
  CHECK_THROWS_WITH(DetailedMemory(config), Catch::Contains("capacity_bytes"));
}

TEST_CASE("By default a stream goes through channels, then bank groups, then a row") {
  const AddressMap map(detailed());
  CHECK(raw(map.channel(5)) == 5);
  CHECK(raw(map.place(0).bank) == 0);
  CHECK(raw(map.place(1).bank) == 4);
  CHECK(raw(map.place(4).column) == 1);
  CHECK(raw(map.place(128).bank) == 1);
  CHECK(raw(map.place(512).row) == 1);
}

TEST_CASE("Inconsistent memories are refused with the wrong key") {
  struct Case {
    const char* says;
    void (*change)(DramConfig&);
  };
  const Case cases[] = {
      {"timing.tRC_cycles is 47, must be at least tRAS_cycles + tRP_cycles", [](DramConfig& c) { c.timing.rc = 47; }},
      {"timing.tRAS_cycles", [](DramConfig& c) { c.timing.rcd = 35; }},
      {"timing.tCCD_L_cycles", [](DramConfig& c) { c.timing.ccd_l = 1; }},
      {"timing.tRRD_L_cycles", [](DramConfig& c) { c.timing.rrd_l = 3; }},
      {"timing.tWTR_L_cycles", [](DramConfig& c) { c.timing.wtr_l = 5; }},
      {"timing.tFAW_cycles", [](DramConfig& c) { c.timing.faw = 3; }},
      {"timing.tCCD_S_cycles", [](DramConfig& c) { c.timing.ccd_s = 1; }},
      {"timing.tRTW_cycles", [](DramConfig& c) { c.timing.rtw = 10; }},
      {"latency_ns", [](DramConfig& c) { c.latency_ns = 27; }},
      {"refresh_cycle_ns", [](DramConfig& c) { c.refresh_cycle_ns = 4000; }},
      {"refresh_bank_cycle_ns", [](DramConfig& c) { c.refresh_bank_cycle_ns = 300; }},
      {"channels", [](DramConfig& c) { c.channels = 3; }},
      {"burst_length", [](DramConfig& c) { c.burst_length = 3; }},
      {"row_bytes", [](DramConfig& c) { c.organisation.row_bytes = 96; }},
      {"bank_groups", [](DramConfig& c) { c.organisation.bank_groups = 3; }},
      {"pseudo_channels", [](DramConfig& c) { c.organisation.row_command_bus = false; }},
      {"address_order", [](DramConfig& c) { c.policy.address_order = "row column bank channel bank_group"; }},
      {"address_order", [](DramConfig& c) { c.policy.address_order = "channel column column bank row"; }},
      {"write_drain_start", [](DramConfig& c) { c.policy.write_drain_start = 65; }},
      {"write_drain_stop", [](DramConfig& c) { c.policy.write_drain_stop = 60; }},
  };
  for (const Case& wrong : cases) {
    DramConfig config = detailed();
    wrong.change(config);
    INFO(wrong.says);
    CHECK_THROWS_WITH(DetailedMemory(config), Catch::Contains(wrong.says));
  }
}

TEST_CASE("Latencies are kept exactly where short, in eight ranges a doubling where long") {
  anda::dram::LatencyHistogram histogram;
  for (const std::uint64_t latency : {0u, 15u, 16u, 17u, 18u, 1000u}) histogram.add(latency);
  CHECK(histogram.count() == 6);
  CHECK(histogram.mean() == Approx(1066.0 / 6));
  CHECK(histogram.longest() == 1000);
  CHECK(histogram.in_bin(15) == 1);
  CHECK(histogram.in_bin(16) == 2);
  CHECK(histogram.start_of(16) == 16);
  CHECK(histogram.start_of(17) == 18);
  CHECK(histogram.quantile(1.0) == 960);
  CHECK(histogram.quantile(0.5) == 16);
}
