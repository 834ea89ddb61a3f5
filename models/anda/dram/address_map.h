// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_ADDRESS_MAP_H
#define ANDA_DRAM_ADDRESS_MAP_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <anda/dram/command.h>
#include <anda/dram/mapping/address_layout.h>

namespace anda {
struct DramConfig;
}

namespace anda::dram {

constexpr std::uint32_t log2_of(std::uint64_t power_of_two) {
  std::uint32_t bits = 0;
  while ((std::uint64_t{1} << bits) < power_of_two) ++bits;
  return bits;
}

/// What a burst's address is made of, below the row.
enum class AddressField : std::uint8_t { channel, bank_group, column, bank };
using AddressOrder = std::array<AddressField, 4>;

/// "channel bank_group column bank row", lowest bits first; nothing if it is not that in some order.
std::optional<AddressOrder> parse_address_order(const std::string& text);

/// Where a burst lies within its channel.
struct Place {
  BankIndex bank;
  RowIndex row;
  ColumnIndex column;

  friend bool operator==(const Place& a, const Place& b) {
    return a.bank == b.bank && a.row == b.row && a.column == b.column;
  }
};

/// Burst number ↔ channel, bank, row, column, by the layout of policy.mapping (mapping/address_mapping.h). A channel
/// numbers its own bursts without gaps, in the order of their addresses, so that a channel's share of a long transfer
/// is again a range.
class AddressMap {
 public:
  /// For a configuration that has been checked.
  explicit AddressMap(const DramConfig& config);

  ChannelIndex channel(std::uint64_t burst) const;

  /// How many bursts below `burst` are the channel's: the number, within it, of the first at or above.
  std::uint64_t below(ChannelIndex channel, std::uint64_t burst) const;

  /// The burst that a channel's own number stands for.
  std::uint64_t burst(ChannelIndex channel, std::uint64_t local) const;

  /// `local`: the burst's number within its channel.
  Place place(std::uint64_t local) const;

 private:
  /// XORed to the channels of a stretch in which each has its turn once.
  std::uint32_t swap(std::uint64_t turn) const;

  AddressLayout layout_;
  std::uint32_t channels_;
  std::uint32_t channel_bits_;  // 0: channels are not XORed
  std::uint32_t bank_bits_;
};

}  // namespace anda::dram

#endif
