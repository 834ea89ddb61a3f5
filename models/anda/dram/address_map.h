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
  RowIndex row(std::uint64_t local) const { return RowIndex{local >> layout_.row_shift}; }

  /// Runs of bursts that are all alike but for names: the n-th burst of each has the same bank group, and banks and
  /// rows of two runs are those of two others as far apart, with each bank replaced by another of its group, the same
  /// for all whose distance is a multiple of run_banks().
  std::uint64_t run(std::uint64_t local) const { return local >> run_shift_; }
  std::uint64_t within_run(std::uint64_t local) const { return local & ((std::uint64_t{1} << run_shift_) - 1); }
  std::uint64_t first_of_run(std::uint64_t run) const { return run << run_shift_; }
  std::uint64_t run_banks() const { return run_banks_; }

  /// Calls fn(channel, first, count) with each channel's own range of the bursts from `first` up to `end`.
  template <class Fn>
  void for_each_share(std::uint64_t first, std::uint64_t end, Fn&& fn) const;

 private:
  /// XORed to the channels of a stretch in which each has its turn once.
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
    std::uint64_t before;  // bursts of each channel in the stretches before it
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
