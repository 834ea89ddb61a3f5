// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/bank_states.h>

namespace anda::dram {

BankStates::BankStates(const ChannelRules& rules)
    : table_(&rules.table),
      faw_(rules.timing.faw),
      bank_count_(rules.organisation.banks()),
      group_count_(rules.organisation.bank_groups),
      banks_(bank_count_),
      ready_(waiter_count * bank_count_),
      group_ready_(waiter_count * group_count_) {
  while ((1u << group_shift_) < rules.organisation.banks_per_group) ++group_shift_;
}

Cycle BankStates::all_ready(Waiter waiter, BankSet banks) const {
  Cycle ready = channel_ready(waiter);
  for_each_bank(banks, [&](BankIndex bank) { ready = std::max(ready, bank_ready(waiter, bank)); });
  return ready;
}

Cycle BankStates::settled() const {
  Cycle latest = *std::max_element(four_activates_.begin(), four_activates_.end());
  for (const Cycle cycle : channel_) latest = std::max(latest, cycle);
  for (const Cycle cycle : ready_) latest = std::max(latest, cycle);
  for (const Cycle cycle : group_ready_) latest = std::max(latest, cycle);
  return latest;
}

BankSet BankStates::conflicts() const {
  BankSet conflicts = 0;
  for (std::size_t i = 0; i < banks_.size(); ++i) conflicts |= BankSet{banks_[i].conflict} << i;
  return conflicts;
}

void BankStates::restart(BankSet conflicts) {
  for (std::size_t i = 0; i < banks_.size(); ++i) {
    banks_[i] = Bank();
    banks_[i].conflict = (conflicts >> i & 1) != 0;
  }
  std::fill(ready_.begin(), ready_.end(), 0);
  std::fill(group_ready_.begin(), group_ready_.end(), 0);
  channel_ = Ready();
  four_activates_.fill(0);
  open_ = 0;
}

}  // namespace anda::dram
