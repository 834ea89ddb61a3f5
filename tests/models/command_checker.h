// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_COMMAND_CHECKER_H
#define ANDA_TESTS_MODELS_COMMAND_CHECKER_H

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <anda/dram/command.h>
#include <anda/dram/dram_config.h>

namespace anda::test {

/// Checks a command stream against the timing rules. It shares only the command's type with the controller: it stores
/// commands and compares each new one with every earlier one that may still constrain it.
class CommandChecker {
 public:
  explicit CommandChecker(const DramConfig& config)
      : config_(config),
        t_(config.timing),
        clock_ghz_(config.data_rate_bit_per_s / config.organisation.beats_per_clock * 1e-9),
        burst_(config.burst_length / config.organisation.beats_per_clock),
        rfc_(cycles(config.refresh_cycle_ns)),
        rfc_bank_(cycles(config.refresh_bank_cycle_ns)),
        channels_(config.channels) {
    for (Channel& channel : channels_) channel.banks.resize(banks());
  }

  void operator()(const dram::CommandRecord& record) { see(record); }

  void see(const dram::CommandRecord& now) {
    ++seen_;
    Channel& channel = channels_.at(raw(now.channel));
    if (!channel.recent.empty() && now.cycle < channel.recent.back().cycle) fail("order", now);
    check_state(channel, now);
    for (const dram::CommandRecord& earlier : channel.recent) check_pair(channel, earlier, now);
    check_faw(channel, now);
    check_refresh(channel, now);
    update(channel, now);
    occupy(now);
    channel.recent.push_back(now);
    const std::uint64_t reach = std::max<std::uint64_t>({rfc_, rfc_bank_, std::uint64_t{t_.rc} + t_.rp, t_.faw, 200});
    while (channel.recent.front().cycle + reach < now.cycle) channel.recent.pop_front();
  }

  /// Checks the command buses that channels share, after the last command.
  void finish() {
    for (auto& [bus, uses] : command_bus_) {
      std::sort(uses.begin(), uses.end());
      for (std::size_t i = 1; i < uses.size(); ++i) {
        if (uses[i].first < uses[i - 1].second) failures_.push_back("command bus at " + std::to_string(uses[i].first));
      }
    }
  }

  std::uint64_t seen() const { return seen_; }
  /// "tRCD at 13: RD …" for each rule broken.
  const std::vector<std::string>& failures() const { return failures_; }
  std::string first_failure() const { return failures_.empty() ? "" : failures_.front(); }

 private:
  using Command = dram::Command;

  struct BankState {
    bool open = false;
    std::uint64_t row = 0;
    bool refreshed = false;
    std::uint64_t last_refresh = 0;
  };
  struct Channel {
    std::deque<dram::CommandRecord> recent;
    std::vector<BankState> banks;
    std::deque<std::uint64_t> activations;
    std::uint64_t last_refresh = 0;
    std::uint64_t data_free = 0;
  };

  std::uint32_t banks() const { return config_.organisation.bank_groups * config_.organisation.banks_per_group; }
  std::uint64_t cycles(double ns) const { return static_cast<std::uint64_t>(std::ceil(ns * clock_ghz_ - 1e-6)); }

  void fail(const std::string& rule, const dram::CommandRecord& at) {
    failures_.push_back(rule + " at " + std::to_string(at.cycle) + ": " +
                        dram::command_names[static_cast<std::size_t>(at.command)] + " channel " +
                        std::to_string(raw(at.channel)) + " bank " + std::to_string(raw(at.bank)));
  }
  void need(std::uint64_t from, std::uint64_t distance, const char* rule, const dram::CommandRecord& now) {
    if (now.cycle < from + distance) fail(rule, now);
  }

  void check_state(Channel& channel, const dram::CommandRecord& now) {
    const BankState& bank = channel.banks.at(raw(now.bank));
    switch (now.command) {
      case Command::activate:
      case Command::refresh_bank:
        if (bank.open) fail("open bank", now);
        break;
      case Command::refresh:
        for (const BankState& any : channel.banks) {
          if (any.open) fail("open bank", now);
        }
        break;
      case Command::read:
      case Command::write:
      case Command::read_precharge:
      case Command::write_precharge:
        if (!bank.open || bank.row != raw(now.row)) fail("row not open", now);
        break;
      case Command::precharge:
      case Command::precharge_all:
        break;
    }
    if (dram::is_column(now.command)) {
      const std::uint64_t begin = now.cycle + (dram::is_read(now.command) ? t_.cl : t_.cwl);
      if (begin < channel.data_free) fail("data bus", now);
      channel.data_free = begin + burst_;
    }
  }

  /// Timing parameters count from the last cycle of an activation on its bus.
  dram::CommandRecord as_timed(dram::CommandRecord record) const {
    if (record.command == Command::activate) record.cycle += config_.organisation.activate_command_cycles - 1;
    return record;
  }

  void check_pair(const Channel& channel, const dram::CommandRecord& earlier, const dram::CommandRecord& later) {
    const dram::CommandRecord a = as_timed(earlier);
    const dram::CommandRecord b = as_timed(later);
    const std::uint32_t per_group = config_.organisation.banks_per_group;
    const bool same_bank = a.bank == b.bank;
    const bool same_group = raw(a.bank) / per_group == raw(b.bank) / per_group;
    const bool a_reads = a.command == Command::read || a.command == Command::read_precharge;
    const bool a_writes = a.command == Command::write || a.command == Command::write_precharge;
    const bool b_reads = b.command == Command::read || b.command == Command::read_precharge;
    const bool b_writes = b.command == Command::write || b.command == Command::write_precharge;
    const bool b_activates = b.command == Command::activate;
    const bool b_all = b.command == Command::precharge_all || b.command == Command::refresh;
    // Precharging all banks does not affect a bank that is closed or auto-precharging.
    const bool b_closes =
        b.command == Command::precharge || (b.command == Command::precharge_all && channel.banks.at(raw(a.bank)).open);
    const bool b_refreshes = b.command == Command::refresh || b.command == Command::refresh_bank;
    const bool meets = same_bank || b_all;  // b affects a's bank
    const std::uint64_t write_end = a.cycle + t_.cwl + burst_;

    if (a.command == Command::activate) {
      if (same_bank && (b_reads || b_writes)) need(a.cycle, t_.rcd, "tRCD", b);
      if (meets && b_closes) need(a.cycle, t_.ras, "tRAS", b);
      if (meets && (b_activates || b_refreshes)) need(a.cycle, t_.rc, "tRC", b);
      if (b_activates) need(a.cycle, t_.rrd_s, "tRRD_S", b);
      if (b_activates && same_group) need(a.cycle, t_.rrd_l, "tRRD_L", b);
      if (b.command == Command::refresh_bank) need(a.cycle, t_.rrd_s, "tRRD_S", b);
    }
    if ((a.command == Command::precharge && meets) || a.command == Command::precharge_all) {
      if (b_activates || b_refreshes) need(a.cycle, t_.rp, "tRP", b);
    }
    if (a_reads) {
      if (b_reads) need(a.cycle, t_.ccd_s, "tCCD_S", b);
      if (b_reads && same_group) need(a.cycle, t_.ccd_l, "tCCD_L", b);
      if (b_writes) need(a.cycle, t_.rtw, "tRTW", b);
      if (meets && b_closes && a.command == Command::read) need(a.cycle, t_.rtp, "tRTP", b);
      if (meets && (b_activates || b_refreshes) && a.command == Command::read_precharge) {
        need(a.cycle, t_.rtp + t_.rp, "tRP", b);
      }
    }
    if (a_writes) {
      if (b_writes) need(a.cycle, t_.ccd_s, "tCCD_S", b);
      if (b_writes && same_group) need(a.cycle, t_.ccd_l, "tCCD_L", b);
      if (b_reads) need(write_end, t_.wtr_s, "tWTR_S", b);
      if (b_reads && same_group) need(write_end, t_.wtr_l, "tWTR_L", b);
      if (meets && b_closes && a.command == Command::write) need(write_end, t_.wr, "tWR", b);
      if (meets && (b_activates || b_refreshes) && a.command == Command::write_precharge) {
        need(write_end, t_.wr + t_.rp, "tRP", b);
      }
    }
    if (a.command == Command::refresh) need(a.cycle, rfc_, "tRFC", b);
    if (a.command == Command::refresh_bank) {
      if (same_bank) need(a.cycle, rfc_bank_, "tRFCsb", b);
      if (b_activates || b.command == Command::refresh_bank) need(a.cycle, t_.rrefd, "tRREFD", b);
    }
  }

  void check_faw(Channel& channel, const dram::CommandRecord& now) {
    if (now.command != Command::activate) return;
    if (channel.activations.size() == 4) {
      need(channel.activations.front(), t_.faw, "tFAW", now);
      channel.activations.pop_front();
    }
    channel.activations.push_back(now.cycle);
  }

  /// Standards allow postponing refreshes by up to eight intervals.
  void check_refresh(Channel& channel, const dram::CommandRecord& now) {
    const std::uint64_t limit = 9 * cycles(config_.refresh_interval_ns);
    if (config_.policy.refresh == DramRefresh::all_bank) {
      need_before(channel.last_refresh + limit, now);
      if (now.command == Command::refresh) channel.last_refresh = now.cycle;
    } else if (config_.policy.refresh == DramRefresh::per_bank) {
      for (const BankState& bank : channel.banks) need_before(bank.last_refresh + limit, now);
    }
  }
  void need_before(std::uint64_t limit, const dram::CommandRecord& now) {
    if (now.cycle > limit) fail("tREFI", now);
  }

  void update(Channel& channel, const dram::CommandRecord& now) {
    BankState& bank = channel.banks.at(raw(now.bank));
    switch (now.command) {
      case Command::activate:
        bank.open = true;
        bank.row = raw(now.row);
        break;
      case Command::precharge:
      case Command::read_precharge:
      case Command::write_precharge:
        bank.open = false;
        break;
      case Command::precharge_all:
        for (BankState& any : channel.banks) any.open = false;
        break;
      case Command::refresh_bank: {
        // No bank is refreshed twice before all banks have been refreshed once.
        if (bank.refreshed) fail("tREFI", now);
        bank.refreshed = true;
        bank.last_refresh = now.cycle;
        const bool round =
            std::all_of(channel.banks.begin(), channel.banks.end(), [](const BankState& any) { return any.refreshed; });
        if (round) {
          for (BankState& any : channel.banks) any.refreshed = false;
        }
        break;
      }
      default:
        break;
    }
  }

  void occupy(const dram::CommandRecord& now) {
    const DramOrganisation& organisation = config_.organisation;
    const std::uint32_t line = raw(now.channel) / organisation.pseudo_channels;
    const bool row_bus = organisation.row_command_bus && !dram::is_column(now.command);
    const std::uint64_t busy = now.command == Command::activate ? organisation.activate_command_cycles : 1;
    command_bus_[{line, row_bus}].emplace_back(now.cycle, now.cycle + busy);
  }

  DramConfig config_;
  DramTiming t_;
  double clock_ghz_;
  std::uint64_t burst_;
  std::uint64_t rfc_;
  std::uint64_t rfc_bank_;
  std::vector<Channel> channels_;
  std::map<std::pair<std::uint32_t, bool>, std::vector<std::pair<std::uint64_t, std::uint64_t>>> command_bus_;
  std::uint64_t seen_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace anda::test

#endif
