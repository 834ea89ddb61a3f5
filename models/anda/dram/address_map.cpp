// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/address_map.h>

#include <algorithm>
#include <stdexcept>

#include <anda/dram/mapping/address_mapping.h>

namespace anda::dram {

namespace {

AddressLayout layout_of(const DramConfig& config) {
  for (const AddressMapping& mapping : address_mappings) {
    if (mapping.kind == config.policy.mapping) return mapping.layout(config);
  }
  throw std::logic_error("an address mapping that is not in the table");
}

}  // namespace

AddressMap::AddressMap(const DramConfig& config)
    : layout_(layout_of(config)),
      channels_(config.channels),
      channel_bits_(layout_.xor_channels ? log2_of(channels_) : 0),
      bank_bits_(log2_of(config.organisation.banks_per_group)),
      run_shift_(layout_.row_shift + (layout_.xor_banks ? log2_of(config.organisation.banks()) : 0)) {
  // If the bank bits are next to the row bits, a run stays within one bank.
  if (layout_.xor_banks || layout_.bank.shift + bank_bits_ != layout_.row_shift || bank_bits_ == 0) return;
  run_shift_ = layout_.bank.shift;
  run_banks_ = config.organisation.banks_per_group;
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
  const std::uint64_t turns = burst / layout_.turn_bursts;
  return ChannelIndex{static_cast<std::uint32_t>(turns % channels_) ^ swap(turns / channels_)};
}

std::uint64_t AddressMap::below(ChannelIndex channel, std::uint64_t burst) const {
  const std::uint64_t stretch = layout_.turn_bursts * channels_;
  const std::uint64_t turn = burst / stretch;
  const std::uint64_t first = (raw(channel) ^ swap(turn)) * layout_.turn_bursts;
  const std::uint64_t rest = burst % stretch;
  return turn * layout_.turn_bursts + (rest > first ? std::min(rest - first, layout_.turn_bursts) : 0);
}

std::uint64_t AddressMap::burst(ChannelIndex channel, std::uint64_t local) const {
  const std::uint64_t turn = local / layout_.turn_bursts;
  return (turn * channels_ + (raw(channel) ^ swap(turn))) * layout_.turn_bursts + local % layout_.turn_bursts;
}

Place AddressMap::place(std::uint64_t local) const {
  const std::uint64_t row = local >> layout_.row_shift;
  std::uint32_t group = layout_.bank_group.of(local);
  std::uint32_t bank = layout_.bank.of(local);
  if (layout_.xor_banks) {
    bank ^= static_cast<std::uint32_t>(row) & layout_.bank.mask;
    group ^= static_cast<std::uint32_t>(row >> bank_bits_) & layout_.bank_group.mask;
  }
  return {BankIndex{static_cast<std::uint8_t>(group << bank_bits_ | bank)}, RowIndex{row},
          ColumnIndex{static_cast<std::uint16_t>(layout_.column.of(local))}};
}

}  // namespace anda::dram
