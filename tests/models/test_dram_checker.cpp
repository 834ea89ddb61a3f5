// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "models/command_checker.h"

using anda::DramConfig;
using anda::DramRefresh;
using anda::dram::BankIndex;
using anda::dram::ChannelIndex;
using anda::dram::Command;
using anda::dram::CommandRecord;
using anda::dram::RowIndex;
using anda::test::CommandChecker;

namespace {

CommandRecord at(std::uint64_t cycle, Command command, unsigned bank = 0, unsigned row = 0, unsigned channel = 0) {
  CommandRecord record;
  record.cycle = cycle;
  record.command = command;
  record.bank = BankIndex{static_cast<std::uint8_t>(bank)};
  record.row = RowIndex{row};
  record.channel = ChannelIndex{channel};
  return record;
}

/// Commands of which the last may come no earlier than `first_legal`.
struct BrokenRule {
  const char* rule;
  std::vector<CommandRecord> before;
  CommandRecord last;  // its cycle is set by the test
  std::uint64_t first_legal;
  std::function<void(DramConfig&)> change = [](DramConfig&) {};
};

std::vector<std::string> failures(const BrokenRule& rule, std::uint64_t cycle) {
  DramConfig config;
  config.policy.refresh = DramRefresh::none;
  rule.change(config);
  CommandChecker checker(config);
  for (const CommandRecord& record : rule.before) checker.see(record);
  CommandRecord last = rule.last;
  last.cycle = cycle;
  checker.see(last);
  checker.finish();
  return checker.failures();
}

}  // namespace

TEST_CASE("Each timing rule of the checker fires one cycle too early, alone, and not in time") {
  const auto act = Command::activate;
  const auto pre = Command::precharge;
  const auto rd = Command::read;
  const auto wr = Command::write;
  // Banks 0 to 3 are one bank group. HBM2 as by default: tRCD 14, tRP 14, tRAS 34, tRC 48, tCL 14, tCWL 5, burst 2.
  // An activation takes two cycles, 0 and 1 here, and its timings count from the second.
  const std::vector<BrokenRule> cases{
      {"tRCD", {at(0, act)}, at(0, rd), 15},
      {"tRCD", {at(0, act)}, at(0, wr), 15},
      {"tRAS", {at(0, act)}, at(0, pre), 35},
      {"tRAS", {at(0, act)}, at(0, Command::precharge_all), 35},
      {"tRC", {at(0, act), at(35, pre)}, at(0, act), 50, [](DramConfig& c) { c.timing.rc = 50; }},
      {"tRP", {at(0, act), at(40, pre)}, at(0, act), 53},
      {"tRP", {at(0, act), at(40, pre)}, at(0, Command::refresh), 54},
      {"tRP", {at(0, act), at(40, Command::precharge_all)}, at(0, Command::refresh_bank), 54},
      {"tRP", {at(0, act), at(40, Command::read_precharge)}, at(0, act), 40 + 5 + 14 - 1},
      {"tRP", {at(0, act), at(15, Command::write_precharge)}, at(0, act), 15 + 5 + 2 + 16 + 14 - 1},
      {"tCCD_L", {at(0, act), at(15, rd)}, at(0, rd), 19},
      {"tCCD_L", {at(0, act), at(15, wr)}, at(0, wr), 19},
      {"tCCD_S", {at(0, act), at(6, act, 4), at(21, rd)}, at(0, rd, 4), 24, [](DramConfig& c) { c.timing.ccd_s = 3; }},
      {"tCCD_S", {at(0, act), at(6, act, 4), at(21, wr)}, at(0, wr, 4), 24, [](DramConfig& c) { c.timing.ccd_s = 3; }},
      {"data bus",
       {at(0, act), at(6, act, 4), at(21, rd)},
       at(0, rd, 4),
       23,
       [](DramConfig& c) { c.timing.ccd_s = 1; }},
      {"tRRD_S", {at(0, act)}, at(0, act, 4), 4},
      {"tRRD_S", {at(0, act)}, at(0, Command::refresh_bank, 1), 5},
      {"tRRD_L", {at(0, act)}, at(0, act, 1), 6},
      {"tFAW",
       {at(0, act), at(4, act, 4), at(8, act, 8), at(12, act, 12)},
       at(0, act, 1),
       20,
       [](DramConfig& c) { c.timing.faw = 20; }},
      {"tWTR_S", {at(0, act), at(6, act, 4), at(20, wr)}, at(0, rd, 4), 20 + 5 + 2 + 6},
      {"tWTR_L", {at(0, act), at(20, wr)}, at(0, rd), 20 + 5 + 2 + 8},
      {"tRTW", {at(0, act), at(15, rd)}, at(0, wr), 28},
      {"tWR", {at(0, act), at(15, wr)}, at(0, pre), 15 + 5 + 2 + 16},
      {"tRTP", {at(0, act), at(40, rd)}, at(0, pre), 45},
      {"tRFC", {at(0, Command::refresh)}, at(0, act), 259},
      {"tRFC", {at(0, Command::refresh)}, at(0, Command::refresh), 260},
      {"tRFCsb", {at(0, Command::refresh_bank)}, at(0, act), 159},
      {"tRREFD", {at(0, Command::refresh_bank)}, at(0, act, 5), 7},
      {"tRREFD", {at(0, Command::refresh_bank)}, at(0, Command::refresh_bank, 5), 8},
      {"command bus", {at(0, act)}, at(0, act, 0, 0, 1), 2},
      {"command bus",
       {at(0, act)},
       at(0, pre, 5),
       10,
       [](DramConfig& c) {
         c.organisation.row_command_bus = false;
         c.organisation.pseudo_channels = 1;
         c.organisation.activate_command_cycles = 10;
       }},
  };
  for (const BrokenRule& rule : cases) {
    INFO(rule.rule << " before " << rule.first_legal);
    CHECK(failures(rule, rule.first_legal).empty());
    const auto found = failures(rule, rule.first_legal - 1);
    REQUIRE(found.size() == 1);
    CHECK(found.front().rfind(rule.rule, 0) == 0);
  }
}

TEST_CASE("The checker tracks the state of the banks") {
  const auto fails = [](const std::vector<CommandRecord>& records) {
    DramConfig config;
    config.policy.refresh = DramRefresh::none;
    CommandChecker checker(config);
    for (const CommandRecord& record : records) checker.see(record);
    return checker.first_failure();
  };
  using Catch::StartsWith;
  CHECK_THAT(fails({at(100, Command::read)}), StartsWith("row not open"));
  CHECK_THAT(fails({at(0, Command::activate, 0, 7), at(100, Command::write, 0, 8)}), StartsWith("row not open"));
  CHECK_THAT(
      fails({at(0, Command::activate, 0, 7), at(100, Command::read_precharge, 0, 7), at(200, Command::read, 0, 7)}),
      StartsWith("row not open"));
  CHECK_THAT(fails({at(0, Command::activate), at(100, Command::activate)}), StartsWith("open bank"));
  CHECK_THAT(fails({at(0, Command::activate), at(100, Command::refresh)}), StartsWith("open bank"));
  CHECK_THAT(fails({at(0, Command::activate, 3), at(100, Command::refresh_bank, 3)}), StartsWith("open bank"));
  CHECK_THAT(fails({at(100, Command::activate), at(90, Command::activate, 4)}), StartsWith("order"));
}

TEST_CASE("The checker reports missing refreshes") {
  DramConfig config;
  const auto fails = [&config](const std::vector<CommandRecord>& records) {
    CommandChecker checker(config);
    for (const CommandRecord& record : records) checker.see(record);
    return checker.first_failure();
  };
  CHECK(fails({at(9 * 3900, Command::activate)}).empty());
  CHECK_THAT(fails({at(9 * 3900 + 1, Command::activate)}), Catch::StartsWith("tREFI"));
  CHECK(fails({at(3900, Command::refresh), at(10 * 3900, Command::activate)}).empty());
  config.policy.refresh = DramRefresh::per_bank;
  CHECK_THAT(fails({at(3900, Command::refresh_bank, 1), at(9 * 3900 + 1, Command::activate)}),
             Catch::StartsWith("tREFI"));
  CHECK_THAT(fails({at(1000, Command::refresh_bank, 1), at(2000, Command::refresh_bank, 1)}),
             Catch::StartsWith("tREFI"));
}
