// SPDX-License-Identifier: Apache-2.0
// ChannelController's refresh, of all banks at once or bank by bank.
#include <algorithm>

#include <anda/dram/channel_controller.h>

namespace anda::dram {

namespace {

/// Single-bank refreshes that may be put off while their banks are in use.
constexpr std::uint64_t most_postponed = 8;

}  // namespace

bool ChannelController::refresh_all_banks(Cycle limit) {
  Cycle at = std::max(now_, refresh_due_);
  if (open_banks_ != 0) {
    for_each_bank(open_banks_,
                  [&](std::uint32_t bank) { at = std::max(at, banks_[bank].next[index_of(Waiter::precharge)]); });
    at = on_row_bus(at, false);
    if (at >= limit) return false;
    now_ = at;
    take_row_bus(at, 1);
    apply(Command::precharge_all, 0, at);
    for_each_bank(open_banks_, [&](std::uint32_t bank) {
      close_row(bank);
      ++statistics_.precharges;
    });
    emit(Command::precharge_all, 0, 0, 0, at);
    return true;
  }
  at = std::max(at, next_[index_of(Waiter::refresh)]);
  for (const Bank& bank : banks_) at = std::max(at, bank.next[index_of(Waiter::refresh)]);
  at = on_row_bus(at, false);
  if (at >= limit) return false;
  now_ = at;
  take_row_bus(at, 1);
  apply(Command::refresh, 0, at);
  ++statistics_.refreshes;
  ++counts_->refreshes;
  refresh_due_ += rules_->refresh_interval;
  emit(Command::refresh, 0, 0, 0, at);
  return true;
}

/// A long time without requests: refreshes of which nobody sees the commands are counted, not issued.
void ChannelController::skip_idle_refreshes(Cycle limit) {
  const Cycle interval = rules_->refresh_interval;
  const Cycle until = std::min(limit, line_begin_ < line_.size() ? line_[line_begin_].arrival : never);
  if (until == never || open_banks_ != 0 || refresh_bank_ != no_bank) return;
  if (until < refresh_due_ + 3 * interval) return;
  const std::uint64_t rounds = (until - refresh_due_) / interval - 1;
  refresh_due_ += rounds * interval;
  if (rules_->policy.refresh == DramRefresh::all_bank) {
    statistics_.refreshes += rounds;
    counts_->refreshes += rounds;
  } else {
    statistics_.bank_refreshes += rounds * banks_.size();
    counts_->bank_refreshes += rounds * banks_.size();
    refreshes_due_ += rounds * banks_.size();
  }
}

Cycle ChannelController::refresh_interval_of_a_bank() const { return rules_->refresh_interval / banks_.size(); }

/// Of the banks that have not had their turn in this round, the one used last of those that no request waits for: what
/// a stream has just left it comes back to last. If all are waited for, the refresh is put off for a while.
void ChannelController::choose_bank_to_refresh(Cycle now) {
  const BankSet left = all_banks(banks_.size()) & ~refreshed_;
  BankSet candidates = left & ~(with_waiting_[0] | with_waiting_[1]);
  if (candidates == 0) {
    if (now < refresh_due_ + most_postponed * refresh_interval_of_a_bank()) return;
    candidates = left;
  }
  for_each_bank(candidates, [&](std::uint32_t bank) {
    if (refresh_bank_ == no_bank || banks_[bank].used > banks_[refresh_bank_].used) refresh_bank_ = bank;
  });
}

ChannelController::Choice ChannelController::bank_refresh() const {
  const Bank& bank = banks_[refresh_bank_];
  Choice choice;
  choice.bank = refresh_bank_;
  const Cycle earliest = std::max(now_, refresh_due_);
  if (bank.open) {
    choice.command = Command::precharge;
    choice.at = on_row_bus(std::max(earliest, bank.next[index_of(Waiter::precharge)]), false);
  } else {
    choice.command = Command::refresh_bank;
    choice.at =
        on_row_bus(std::max({earliest, bank.next[index_of(Waiter::refresh)], next_[index_of(Waiter::refresh)]}), false);
  }
  return choice;
}

/// The turn of the bank that was chosen is over.
void ChannelController::note_bank_refresh() {
  const std::uint64_t banks = banks_.size();
  refreshed_ |= bit(refresh_bank_);
  if (refreshed_ == all_banks(banks)) refreshed_ = 0;
  refresh_bank_ = no_bank;
  // The n-th of a round is due n · tREFI / banks after its start: no drift where that is no whole number.
  const Cycle interval = rules_->refresh_interval;
  const std::uint64_t n = refreshes_due_++ % banks;
  refresh_due_ += (n + 1) * interval / banks - n * interval / banks;
  ++statistics_.bank_refreshes;
  ++counts_->bank_refreshes;
}

}  // namespace anda::dram
