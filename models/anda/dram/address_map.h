// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_ADDRESS_MAP_H
#define ANDA_DRAM_ADDRESS_MAP_H

#include <algorithm>
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

/// Fields of a burst's address below the row.
enum class AddressField : std::uint8_t { channel, bank_group, column, bank };
using AddressOrder = std::array<AddressField, 4>;

/// Parses "channel bank_group column bank row", lowest bits first, with the first four words in any order; nullopt for
/// any other text.
std::optional<AddressOrder> parse_address_order(const std::string& text);

/// Location of a burst within its channel.
struct Place {
  BankIndex bank;
  RowIndex row;
  ColumnIndex column;

  friend bool operator==(const Place& a, const Place& b) {
    return a.bank == b.bank && a.row == b.row && a.column == b.column;
  }
};

/// Maps burst numbers to channel, bank, row and column and back, by the layout of policy.mapping
/// (mapping/address_mapping.h). Each channel numbers its own bursts without gaps in ascending address order, so that a
/// channel's share of a long transfer is a contiguous range too.
class AddressMap {
 public:
  /// `config` must have been validated.
  explicit AddressMap(const DramConfig& config);

  ChannelIndex channel(std::uint64_t burst) const;

  /// Number of the channel's bursts below `burst`, which is also the local number of its first burst at or above it.
  std::uint64_t below(ChannelIndex channel, std::uint64_t burst) const;

  /// The burst with the number `local` within a channel.
  std::uint64_t burst(ChannelIndex channel, std::uint64_t local) const;

  /// `local`: the burst's number within its channel.
  Place place(std::uint64_t local) const;
  RowIndex row(std::uint64_t local) const { return RowIndex{local >> layout_.row_shift}; }

  /// Runs of bursts that differ only in the names of their banks and rows: the n-th burst of every run is in the same
  /// bank group. The banks and rows of two runs relate as those of any two runs the same distance apart, once each bank
  /// is replaced by another of its group; the replacement is the same for all runs whose distance is a multiple of
  /// run_banks().
  std::uint64_t run(std::uint64_t local) const { return local >> run_shift_; }
  std::uint64_t within_run(std::uint64_t local) const { return local & ((std::uint64_t{1} << run_shift_) - 1); }
  std::uint64_t first_of_run(std::uint64_t run) const { return run << run_shift_; }
  std::uint64_t run_banks() const { return run_banks_; }

  /// Calls fn(channel, first, count) with each channel's local range of the bursts `first` … `end` - 1.
  template <class Fn>
  void for_each_share(std::uint64_t first, std::uint64_t end, Fn&& fn) const;

 private:
  /// XOR mask of the channel numbers within a stretch in which every channel has one turn.
  std::uint32_t swap(std::uint64_t turn) const;

  AddressLayout layout_;
  std::uint32_t channels_;
  std::uint32_t channel_bits_;  // 0: channels are not XORed
  std::uint32_t bank_bits_;
  std::uint32_t run_shift_;
  std::uint64_t run_banks_ = 1;
};

template <class Fn>
void AddressMap::for_each_share(std::uint64_t first, std::uint64_t end, Fn&& fn) const {
  const std::uint64_t turn = layout_.turn_bursts;
  struct Point {
    std::uint64_t before;  // bursts of each channel in earlier stretches
    std::uint64_t rest;
    std::uint32_t swapped;
  };
  const auto point = [&](std::uint64_t burst) {
    const std::uint64_t stretch = burst / (turn * channels_);
    return Point{stretch * turn, burst % (turn * channels_), swap(stretch)};
  };
  const auto below = [turn](const Point& at, std::uint32_t channel) {
    const std::uint64_t start = (channel ^ at.swapped) * turn;
    return at.before + (at.rest > start ? std::min(at.rest - start, turn) : 0);
  };
  const Point from = point(first);
  const Point to = point(end);
  for (std::uint32_t channel = 0; channel < channels_; ++channel) {
    const std::uint64_t begin = below(from, channel);
    const std::uint64_t count = below(to, channel) - begin;
    if (count > 0) fn(channel, begin, count);
  }
}

}  // namespace anda::dram

#endif
