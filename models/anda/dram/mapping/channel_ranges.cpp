// SPDX-License-Identifier: Apache-2.0
// Each channel has one contiguous address range, for platforms that place their data in specific channels.
#include <anda/dram/mapping/address_mapping.h>

namespace anda::dram {

AddressLayout channel_ranges_layout(const DramConfig& config) {
  AddressLayout layout = interleaved_layout(config);
  layout.turn_bursts = config.capacity_bytes / config.burst_bytes() / config.channels;
  return layout;
}

}  // namespace anda::dram
