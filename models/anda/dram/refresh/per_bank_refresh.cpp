// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/refresh/per_bank_refresh.h>

#include <algorithm>

#include <anda/dram/refresh/refresh_phase.h>

namespace anda::dram {

namespace {

constexpr std::uint64_t most_postponed = 8;

}  // namespace

PerBankRefresh::PerBankRefresh(const ChannelRules& rules, ChannelIndex channel)
    : interval_(rules.refresh_interval),
      banks_(rules.organisation.banks()),
      due_(first_refresh(rules, channel, rules.refresh_interval / banks_)) {}

bool PerBankRefresh::decide(const ChannelState& state, Cycle now) {
  const BankSet left = all_banks(banks_) & ~had_turn_;
  BankSet candidates = left & ~(state.queues.wanted(Direction::read) | state.queues.wanted(Direction::write));
  if (candidates == 0) {
    if (now < due_ + most_postponed * turn()) return false;
    candidates = left;
  }
  chosen_ = 0;
  for_each_bank(candidates, [&](BankIndex bank) {
    if (chosen_ != 0 && state.banks.used(bank) <= state.banks.used(bank_)) return;
    bank_ = bank;
    chosen_ = bit(bank);
  });
  return true;
}

Choice PerBankRefresh::next(const ChannelState& state) const {
  Choice choice;
  choice.bank = bank_;
  choice.command = state.banks.is_open(bank_) ? Command::precharge : Command::refresh_bank;
  const NextCommand next = choice.command == Command::precharge ? NextCommand::precharge : NextCommand::refresh;
  const Cycle ready = std::max(state.banks.bank_ready(next, bank_), state.banks.channel_ready(next));
  choice.at = state.buses.row(std::max({state.now, due_, ready}), choice.command);
  return choice;
}

void PerBankRefresh::refreshed(Command) {
  had_turn_ |= chosen_;
  if (had_turn_ == all_banks(banks_)) had_turn_ = 0;
  chosen_ = 0;
  // The n-th refresh of a round is due n · tREFI / banks after the start of the round, so rounding causes no drift.
  const std::uint64_t n = turns_++ % banks_;
  due_ += (n + 1) * interval_ / banks_ - n * interval_ / banks_;
}

std::uint64_t PerBankRefresh::skip(Cycle until) {
  if (until < due_ + 3 * interval_) return 0;
  const std::uint64_t rounds = (until - due_) / interval_ - 1;
  due_ += rounds * interval_;
  turns_ += rounds * banks_;
  return rounds * banks_;
}

}  // namespace anda::dram
