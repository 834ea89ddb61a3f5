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

Cycle BankStates::all_ready(NextCommand next, BankSet banks) const {
  Cycle ready = channel_ready(next);
  for_each_bank(banks, [&](BankIndex bank) { ready = std::max(ready, bank_ready(next, bank)); });
  return ready;
}

Cycle BankStates::settled() const {
  Cycle latest = *std::max_element(four_activates_.begin(), four_activates_.end());
  const auto count = [&latest](const Ready& ready) {
    for (const Cycle cycle : ready) latest = std::max(latest, cycle);
  };
  count(channel_);
  for (const Ready& ready : bank_groups_) count(ready);
  for (const Bank& bank : banks_) count(bank.ready);
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
  std::fill(bank_groups_.begin(), bank_groups_.end(), Ready());
  channel_ = Ready();
  four_activates_.fill(0);
  open_ = 0;
}

}  // namespace anda::dram
