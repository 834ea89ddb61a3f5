// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_MAPPING_ADDRESS_MAPPING_H
#define ANDA_DRAM_MAPPING_ADDRESS_MAPPING_H

#include <array>
#include <cstdint>

#include <anda/dram/dram_config.h>
#include <anda/dram/mapping/address_layout.h>

namespace anda::dram {

/// Extension point for address mappings: the locations of the bursts of the address space. A mapping is a function that
/// turns a validated configuration into a layout; AddressMap applies the layout to each burst without calls. Every
/// layout is a bijection that gives each channel a contiguous local range for any range of addresses.
struct AddressMapping {
  DramMapping kind;  ///< configuration word
  AddressLayout (*layout)(const DramConfig& config);
};

AddressLayout interleaved_layout(const DramConfig& config);
AddressLayout channel_ranges_layout(const DramConfig& config);

inline constexpr std::array<AddressMapping, 2> address_mappings{
    {{DramMapping::interleaved, interleaved_layout}, {DramMapping::channel_ranges, channel_ranges_layout}}};

}  // namespace anda::dram

#endif
