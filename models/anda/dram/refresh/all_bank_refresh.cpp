// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/refresh/all_bank_refresh.h>

#include <algorithm>

#include <anda/dram/refresh/refresh_phase.h>

namespace anda::dram {

namespace {

/// Upper bound on the cycles that a precharge and a refresh wait for their channel's turns on a bus shared by two
/// pseudo-channels.
constexpr Cycle bus_turns = 8;

/// Upper bound on the cycles from the last column command, a write, to a refresh of all banks.
Cycle close_cycles(const ChannelRules& rules) {
  const DramTiming& timing = rules.timing;
  const Cycle precharge = std::max<Cycle>(timing.rtp, timing.cwl + rules.burst_cycles + timing.wr);
  return precharge + std::max(timing.rp, timing.rc - timing.ras) + bus_turns;
}

}  // namespace

AllBankRefresh::AllBankRefresh(const ChannelRules& rules, ChannelIndex channel)
    : banks_(all_banks(rules.organisation.banks())),
      interval_(rules.refresh_interval),
      row_open_(rules.timing.ras + rules.activate_delay),
      read_close_(rules.timing.rtp),
      lead_(close_cycles(rules)),
      most_postponed_(rules.policy.refreshes_postponed),
      due_(first_refresh(rules, channel, interval_)) {}

Cycle AllBankRefresh::last_activate() const {
  if (owed_ < most_postponed_) return never;
  return due() + read_close_ - std::min(due(), row_open_);
}

Choice AllBankRefresh::next(const ChannelState& state) const {
  Choice choice;
  const BankSet open = state.banks.open();
  choice.command = open != 0 ? Command::precharge_all : Command::refresh;
  const Cycle ready = open != 0 ? state.banks.all_ready(NextCommand::precharge, open)
                                : state.banks.all_ready(NextCommand::refresh, banks_);
  // Not before the oldest outstanding refresh was due.
  choice.at = state.buses.row(std::max({state.now, due_ - owed_ * interval_, ready}), choice.command);
  return choice;
}

std::uint64_t AllBankRefresh::skip(Cycle until) {
  if (owed_ > 0 || until < due_ + 3 * interval_) return 0;
  const std::uint64_t rounds = (until - due_) / interval_ - 1;
  due_ += rounds * interval_;
  return rounds;
}

}  // namespace anda::dram
