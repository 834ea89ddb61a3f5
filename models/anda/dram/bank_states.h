// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_BANK_STATES_H
#define ANDA_DRAM_BANK_STATES_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <anda/dram/bank_set.h>
#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>
#include <anda/dram/timing_table.h>

namespace anda::dram {

/// The banks of one channel: their open rows, and the earliest cycle at which the timing rules allow each command.
class BankStates {
 public:
  explicit BankStates(const ChannelRules& rules);

  std::uint32_t count() const { return static_cast<std::uint32_t>(banks_.size()); }
  BankSet open() const { return open_; }
  bool is_open(BankIndex bank) const { return (open_ & bit(bank)) != 0; }
  RowIndex row(BankIndex bank) const { return banks_[raw(bank)].row; }
  /// Cycle of the bank's last column command.
  Cycle used(BankIndex bank) const { return banks_[raw(bank)].used; }
  /// Whether the bank's last row was closed to open another one.
  bool conflict(BankIndex bank) const { return banks_[raw(bank)].conflict; }

  /// The first cycle at which channel-wide rules, including tFAW, allow a command to any bank.
  Cycle channel_ready(NextCommand next) const {
    const Cycle ready = channel_[index_of(next)];
    return next == NextCommand::activate ? std::max(ready, four_activates_[oldest_activate_]) : ready;
  }
  /// The first cycle at which the rules of a bank and its bank group allow a command.
  Cycle bank_ready(NextCommand next, BankIndex bank) const {
    return std::max(banks_[raw(bank)].ready[index_of(next)], bank_groups_[raw(group(bank))][index_of(next)]);
  }
  /// The first cycle at which every bank of a set may receive a command.
  Cycle all_ready(NextCommand next, BankSet banks) const;

  /// The first cycle from which no timing rule delays any command.
  Cycle settled() const;
  /// Banks whose last row was closed to open another one.
  BankSet conflicts() const;
  /// Closes all banks and clears all timing restrictions.
  void restart(BankSet conflicts);

  /// Applies the effects of a command issued at a cycle. All-bank commands ignore `bank`; only activations use `row`.
  void apply(Command command, BankIndex bank, RowIndex row, Cycle at);
  /// Records whether the row that was just closed made way for another one.
  void note_conflict(BankIndex bank, bool conflict) { banks_[raw(bank)].conflict = conflict; }

 private:
  using Ready = std::array<Cycle, next_command_count>;
  struct Bank {
    Ready ready{};
    RowIndex row{};
    Cycle used = 0;
    bool conflict = false;
  };

  BankGroupIndex group(BankIndex bank) const {
    return BankGroupIndex{static_cast<std::uint8_t>(raw(bank) >> group_shift_)};
  }

  const TimingTable* table_;
  Cycle faw_;
  std::uint32_t group_shift_ = 0;
  std::vector<Bank> banks_;
  std::vector<Ready> bank_groups_;
  Ready channel_{};
  std::array<Cycle, 4> four_activates_{};  // when a fifth activation may follow each of the last four
  std::uint32_t oldest_activate_ = 0;
  BankSet open_ = 0;
};

inline void BankStates::apply(Command command, BankIndex bank, RowIndex row, Cycle at) {
  for (const Constraint& rule : table_->after(command)) {
    Ready& ready = rule.scope == Scope::bank         ? banks_[raw(bank)].ready
                   : rule.scope == Scope::bank_group ? bank_groups_[raw(group(bank))]
                                                     : channel_;
    const std::size_t to = index_of(rule.to);
    ready[to] = std::max(ready[to], at + rule.cycles);
  }
  Bank& of = banks_[raw(bank)];
  switch (command) {
    case Command::activate:
      of.row = row;
      open_ |= bit(bank);
      four_activates_[oldest_activate_] = at + faw_;
      oldest_activate_ = (oldest_activate_ + 1) & 3;
      break;
    case Command::precharge_all:
      open_ = 0;
      break;
    case Command::precharge:
      open_ &= ~bit(bank);
      break;
    case Command::read:
    case Command::write:
      of.used = at;
      break;
    case Command::read_precharge:
    case Command::write_precharge:
      of.used = at;
      open_ &= ~bit(bank);
      break;
    case Command::refresh:
    case Command::refresh_bank:
      break;
  }
}

}  // namespace anda::dram

#endif
