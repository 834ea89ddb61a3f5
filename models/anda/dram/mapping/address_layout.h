// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_MAPPING_ADDRESS_LAYOUT_H
#define ANDA_DRAM_MAPPING_ADDRESS_LAYOUT_H

#include <cstdint>

namespace anda::dram {

/// A range of adjacent bits of a channel's local burst number.
struct AddressBits {
  std::uint32_t shift = 0;
  std::uint32_t mask = 0;
  std::uint32_t of(std::uint64_t local) const { return static_cast<std::uint32_t>(local >> shift) & mask; }
};

/// Layout of burst numbers. Channels take turns of `turn_bursts` bursts each. Within a channel, the local burst number
/// has bank group, bank and column in any order below `row_shift`, and the row above.
struct AddressLayout {
  std::uint64_t turn_bursts = 1;
  AddressBits bank_group;
  AddressBits bank;
  AddressBits column;
  std::uint32_t row_shift = 0;
  bool xor_banks = false;     ///< bank and bank group are XORed with the lowest bits of the row
  bool xor_channels = false;  ///< the channel is XORed with all address bits above it
};

}  // namespace anda::dram

#endif
