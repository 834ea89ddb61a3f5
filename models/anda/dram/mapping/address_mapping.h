// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_MAPPING_ADDRESS_MAPPING_H
#define ANDA_DRAM_MAPPING_ADDRESS_MAPPING_H

#include <array>
#include <cstdint>

#include <anda/dram/dram_config.h>
#include <anda/dram/mapping/address_layout.h>

namespace anda::dram {

/// The slot for address mappings: where the bursts of the address space lie. A mapping is a function that turns a
/// configuration that has been checked into a layout; AddressMap follows the layout, for each burst, without calls.
/// Every layout is a bijection, and gives each channel a range of its own bursts for any range of addresses.
struct AddressMapping {
  DramMapping kind;  ///< its word in the configuration
  AddressLayout (*layout)(const DramConfig& config);
};

AddressLayout interleaved_layout(const DramConfig& config);
AddressLayout channel_ranges_layout(const DramConfig& config);

inline constexpr std::array<AddressMapping, 2> address_mappings{
    {{DramMapping::interleaved, interleaved_layout}, {DramMapping::channel_ranges, channel_ranges_layout}}};

}  // namespace anda::dram

#endif
