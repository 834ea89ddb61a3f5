// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/bank_states.h>

namespace anda::dram {

BankStates::BankStates(const ChannelRules& rules)
    : table_(&rules.table),
      faw_(rules.timing.faw),
      banks_(rules.organisation.banks()),
      bank_groups_(rules.organisation.bank_groups) {
  while ((1u << group_shift_) < rules.organisation.banks_per_group) ++group_shift_;
}

Cycle BankStates::all_ready(Waiter waiter, BankSet banks) const {
  Cycle ready = channel_ready(waiter);
  for_each_bank(banks, [&](BankIndex bank) { ready = std::max(ready, bank_ready(waiter, bank)); });
  return ready;
}

void BankStates::apply(Command command, BankIndex bank, RowIndex row, Cycle at) {
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
