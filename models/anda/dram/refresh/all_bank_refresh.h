// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_ALL_BANK_REFRESH_H
#define ANDA_DRAM_REFRESH_ALL_BANK_REFRESH_H

#include <algorithm>
#include <cstdint>

#include <anda/dram/channel_state.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Refreshes all banks of a channel at once, every tREFI. Up to policy.refreshes_postponed refreshes are postponed
/// while requests wait and made up for when none waits; a further one takes precedence over all requests.
class AllBankRefresh {
 public:
  static constexpr DramRefresh kind = DramRefresh::all_bank;

  AllBankRefresh(const ChannelRules& rules, ChannelIndex channel);

  /// A refresh that cannot be postponed any longer is forced early enough to be issued before the next one is due,
  /// whatever the state of the banks. Two refreshes are therefore never more than refreshes_postponed + 1 intervals
  /// apart.
  Cycle due() const { return most_postponed_ > 0 && owed_ == most_postponed_ ? due_ - std::min(due_, lead_) : due_; }
  bool decide(const ChannelState&, Cycle) {
    ++owed_;
    due_ += interval_;
    return true;
  }
  bool pending(const ChannelState& state) const { return forced() || (owed_ > 0 && state.queues.empty()); }
  BankSet held() const { return forced() ? banks_ : 0; }
  /// A row opened just before a forced refresh would only delay it, by the rest of the row's tRAS.
  Cycle last_activate() const;
  Choice next(const ChannelState& state) const;
  void refreshed(Command) { --owed_; }
  std::uint64_t skip(Cycle until);

  static constexpr bool regular = true;
  void restart(Cycle due) {
    owed_ = 0;
    due_ = due;
  }

 private:
  bool forced() const { return owed_ > most_postponed_; }

  BankSet banks_;
  Cycle interval_;
  Cycle row_open_;    // minimum from an activation to a precharge
  Cycle read_close_;  // minimum from a read to a precharge
  Cycle lead_;        // upper bound from the last column command to a refresh of all banks
  std::uint64_t most_postponed_;
  std::uint64_t owed_ = 0;  // refreshes due but not yet issued
  Cycle due_;               // cycle of the next refresh
};

}  // namespace anda::dram

#endif
