// SPDX-License-Identifier: Apache-2.0
// Bursts are interleaved across the channels; the fields of a burst's address are in the order of policy.address_order.
#include <algorithm>
#include <sstream>
#include <utility>

#include <anda/dram/address_map.h>
#include <anda/dram/mapping/address_mapping.h>

namespace anda::dram {

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

AddressLayout interleaved_layout(const DramConfig& config) {
  const DramOrganisation& organisation = config.organisation;
  AddressLayout layout;
  layout.xor_banks = config.policy.xor_banks;
  layout.xor_channels = config.policy.xor_channels;
  const AddressOrder order = *parse_address_order(config.policy.address_order);
  const auto take = [&layout](std::uint32_t count) {
    const AddressBits bits{layout.row_shift, count - 1};
    layout.row_shift += log2_of(count);
    return bits;
  };
  for (const AddressField field : order) {
    switch (field) {
      case AddressField::channel:
        layout.turn_bursts = std::uint64_t{1} << layout.row_shift;
        break;
      case AddressField::bank_group:
        layout.bank_group = take(organisation.bank_groups);
        break;
      case AddressField::column:
        layout.column = take(organisation.row_bytes / config.burst_bytes());
        break;
      case AddressField::bank:
        layout.bank = take(organisation.banks_per_group);
        break;
    }
  }
  return layout;
}

}  // namespace anda::dram
