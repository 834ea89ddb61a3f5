// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_BANK_SET_H
#define ANDA_DRAM_BANK_SET_H

#include <cstddef>
#include <cstdint>

#include <anda/dram/command.h>

namespace anda::dram {

/// Set of banks of a channel, one bit per bank; a channel has at most 64 banks.
using BankSet = std::uint64_t;

constexpr BankSet bit(BankIndex bank) { return BankSet{1} << raw(bank); }
constexpr BankSet all_banks(std::size_t banks) { return banks == 64 ? ~BankSet{0} : (BankSet{1} << banks) - 1; }

/// Calls fn(bank) for each bank of the set.
template <class Fn>
void for_each_bank(BankSet banks, Fn&& fn) {
  for (; banks != 0; banks &= banks - 1) fn(BankIndex{static_cast<std::uint8_t>(__builtin_ctzll(banks))});
}

}  // namespace anda::dram

#endif
