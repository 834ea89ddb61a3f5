// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/address_map.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include <anda/dram/dram_config.h>

namespace anda::dram {

namespace {

std::uint32_t log2_of(std::uint64_t power_of_two) {
  std::uint32_t bits = 0;
  while ((std::uint64_t{1} << bits) < power_of_two) ++bits;
  return bits;
}

}  // namespace

std::optional<AddressOrder> parse_address_order(const std::string& text) {
  constexpr std::array<std::pair<const char*, AddressField>, 4> words{{{"channel", AddressField::channel},
                                                                       {"bank_group", AddressField::bank_group},
                                                                       {"column", AddressField::column},
                                                                       {"bank", AddressField::bank}}};
  AddressOrder order{};
  std::uint32_t seen = 0;
  std::istringstream in(text);
  std::string word;
  for (AddressField& field : order) {
    if (!(in >> word)) return std::nullopt;
    const auto known = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return word == entry.first; });
    if (known == words.end()) return std::nullopt;
    field = known->second;
    seen |= 1u << static_cast<std::uint32_t>(field);
  }
  if (seen != 0xF || !(in >> word) || word != "row" || in >> word) return std::nullopt;
  return order;
}

AddressMap::AddressMap(const DramConfig& config)
    : channels_(config.channels), turn_bursts_(1), xor_banks_(config.policy.xor_banks) {
  const DramOrganisation& organisation = config.organisation;
  if (config.policy.xor_channels) channel_bits_ = log2_of(channels_);
  const AddressOrder order = *parse_address_order(config.policy.address_order);
  const auto take = [this](std::uint32_t count) {
    const Bits bits{row_shift_, count - 1};
    row_shift_ += log2_of(count);
    return bits;
  };
  for (const AddressField field : order) {
    switch (field) {
      case AddressField::channel:
        turn_bursts_ = std::uint64_t{1} << row_shift_;
        break;
      case AddressField::bank_group:
        group_ = take(organisation.bank_groups);
        break;
      case AddressField::column:
        column_ = take(organisation.row_bytes / config.burst_bytes());
        break;
      case AddressField::bank:
        bank_ = take(organisation.banks_per_group);
        break;
    }
  }
  bank_bits_ = log2_of(organisation.banks_per_group);
}

std::uint32_t AddressMap::swap(std::uint64_t turn) const {
  std::uint64_t folded = 0;
  if (channel_bits_ > 0) {
    for (; turn != 0; turn >>= channel_bits_) folded ^= turn;
    folded &= channels_ - 1;
  }
  return static_cast<std::uint32_t>(folded);
}

ChannelIndex AddressMap::channel(std::uint64_t burst) const {
  const std::uint64_t turns = burst / turn_bursts_;
  return ChannelIndex{static_cast<std::uint32_t>(turns % channels_) ^ swap(turns / channels_)};
}

std::uint64_t AddressMap::below(ChannelIndex channel, std::uint64_t burst) const {
  const std::uint64_t stretch = turn_bursts_ * channels_;
  const std::uint64_t turn = burst / stretch;
  const std::uint64_t first = (raw(channel) ^ swap(turn)) * turn_bursts_;
  const std::uint64_t rest = burst % stretch;
  return turn * turn_bursts_ + (rest > first ? std::min(rest - first, turn_bursts_) : 0);
}

std::uint64_t AddressMap::burst(ChannelIndex channel, std::uint64_t local) const {
  const std::uint64_t turn = local / turn_bursts_;
  return (turn * channels_ + (raw(channel) ^ swap(turn))) * turn_bursts_ + local % turn_bursts_;
}

Place AddressMap::place(std::uint64_t local) const {
  const std::uint64_t row = local >> row_shift_;
  std::uint32_t group = group_.of(local);
  std::uint32_t bank = bank_.of(local);
  if (xor_banks_) {
    bank ^= static_cast<std::uint32_t>(row) & bank_.mask;
    group ^= static_cast<std::uint32_t>(row >> bank_bits_) & group_.mask;
  }
  return {BankIndex{static_cast<std::uint8_t>(group << bank_bits_ | bank)}, RowIndex{row},
          ColumnIndex{static_cast<std::uint16_t>(column_.of(local))}};
}

}  // namespace anda::dram
