// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/timing_table.h>

#include <algorithm>
#include <cmath>

namespace anda::dram {

Cycle cycles_of(double ns, double clock_hz) { return static_cast<Cycle>(std::ceil(ns * 1e-9 * clock_hz - 1e-6)); }

TimingTable::TimingTable(const DramConfig& config) {
  const DramTiming& t = config.timing;
  const std::uint32_t read_close = t.rtp;
  const std::uint32_t written = t.cwl + config.burst_cycles();  // end of a write's data
  const std::uint32_t write_close = written + t.wr;
  const auto all_refresh = static_cast<std::uint32_t>(cycles_of(config.refresh_cycle_ns, config.clock_hz()));
  const auto bank_refresh = static_cast<std::uint32_t>(cycles_of(config.refresh_bank_cycle_ns, config.clock_hz()));

  const std::uint32_t second = config.organisation.activate_command_cycles - 1;
  const auto rule = [&](Command from, NextCommand to, Scope scope, std::uint32_t cycles) {
    if (from == Command::activate) cycles += second;
    if (to == NextCommand::activate) cycles -= std::min(cycles, second);
    rules_[static_cast<std::size_t>(from)].push_back({to, scope, cycles});
  };
  rule(Command::activate, NextCommand::read, Scope::bank, t.rcd);
  rule(Command::activate, NextCommand::write, Scope::bank, t.rcd);
  rule(Command::activate, NextCommand::precharge, Scope::bank, t.ras);
  rule(Command::activate, NextCommand::activate, Scope::bank, t.rc);
  rule(Command::activate, NextCommand::refresh, Scope::bank, t.rc);
  rule(Command::activate, NextCommand::activate, Scope::bank_group, t.rrd_l);
  rule(Command::activate, NextCommand::activate, Scope::channel, t.rrd_s);
  rule(Command::activate, NextCommand::refresh, Scope::channel, t.rrd_s);

  rule(Command::precharge, NextCommand::activate, Scope::bank, t.rp);
  rule(Command::precharge, NextCommand::refresh, Scope::bank, t.rp);
  rule(Command::precharge_all, NextCommand::activate, Scope::channel, t.rp);
  rule(Command::precharge_all, NextCommand::refresh, Scope::channel, t.rp);

  for (const Command read : {Command::read, Command::read_precharge}) {
    rule(read, NextCommand::read, Scope::bank_group, t.ccd_l);
    rule(read, NextCommand::read, Scope::channel, t.ccd_s);
    rule(read, NextCommand::write, Scope::channel, t.rtw);
  }
  rule(Command::read, NextCommand::precharge, Scope::bank, read_close);
  rule(Command::read_precharge, NextCommand::activate, Scope::bank, read_close + t.rp);
  rule(Command::read_precharge, NextCommand::refresh, Scope::bank, read_close + t.rp);

  for (const Command write : {Command::write, Command::write_precharge}) {
    rule(write, NextCommand::write, Scope::bank_group, t.ccd_l);
    rule(write, NextCommand::write, Scope::channel, t.ccd_s);
    rule(write, NextCommand::read, Scope::bank_group, written + t.wtr_l);
    rule(write, NextCommand::read, Scope::channel, written + t.wtr_s);
  }
  rule(Command::write, NextCommand::precharge, Scope::bank, write_close);
  rule(Command::write_precharge, NextCommand::activate, Scope::bank, write_close + t.rp);
  rule(Command::write_precharge, NextCommand::refresh, Scope::bank, write_close + t.rp);

  rule(Command::refresh, NextCommand::activate, Scope::channel, all_refresh);
  rule(Command::refresh, NextCommand::refresh, Scope::channel, all_refresh);
  rule(Command::refresh_bank, NextCommand::activate, Scope::bank, bank_refresh);
  rule(Command::refresh_bank, NextCommand::refresh, Scope::bank, bank_refresh);
  rule(Command::refresh_bank, NextCommand::activate, Scope::channel, t.rrefd);
  rule(Command::refresh_bank, NextCommand::refresh, Scope::channel, t.rrefd);
}

}  // namespace anda::dram
