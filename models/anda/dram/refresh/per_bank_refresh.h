// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_PER_BANK_REFRESH_H
#define ANDA_DRAM_REFRESH_PER_BANK_REFRESH_H

#include <cstdint>

#include <anda/dram/channel_state.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Refreshes one bank after another, each once per tREFI. The next bank is the most recently used of those that have
/// not had their turn in this round and that no request waits for: a stream returns last to the bank it has just left.
/// While requests wait for all of these banks, a refresh is postponed by at most eight turns.
class PerBankRefresh {
 public:
  static constexpr DramRefresh kind = DramRefresh::per_bank;

  PerBankRefresh(const ChannelRules& rules, ChannelIndex channel);

  Cycle due() const { return due_; }
  bool decide(const ChannelState& state, Cycle now);
  bool pending(const ChannelState&) const { return chosen_ != 0; }
  BankSet held() const { return chosen_; }
  Cycle last_activate() const { return never; }
  Choice next(const ChannelState& state) const;
  void refreshed(Command command);
  std::uint64_t skip(Cycle until);

  static constexpr bool regular = false;  // the next bank depends on the history of accesses
  void restart(Cycle) {}

 private:
  Cycle turn() const { return interval_ / banks_; }

  Cycle interval_;
  std::uint64_t banks_;
  Cycle due_;
  std::uint64_t turns_ = 0;  // refreshes so far
  BankSet had_turn_ = 0;     // banks refreshed in this round
  BankSet chosen_ = 0;       // the chosen bank, or none
  BankIndex bank_{};         // index of the chosen bank
};

}  // namespace anda::dram

#endif
