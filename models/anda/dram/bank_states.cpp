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

}  // namespace anda::dram
