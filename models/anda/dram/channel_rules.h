// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_RULES_H
#define ANDA_DRAM_CHANNEL_RULES_H

#include <cstdint>

#include <anda/dram/address_map.h>
#include <anda/dram/command.h>
#include <anda/dram/dram_config.h>
#include <anda/dram/timing_table.h>

namespace anda::dram {

/// What all channels of a memory have in common.
struct ChannelRules {
  explicit ChannelRules(const DramConfig& config);

  /// From a column command to its first data.
  Cycle data_delay(Command command) const { return is_write(command) ? timing.cwl : timing.cl; }

  DramOrganisation organisation;
  DramTiming timing;
  DramPolicy policy;
  TimingTable table;
  AddressMap map;
  std::uint32_t channels;
  Cycle burst_cycles;
  Cycle refresh_interval;
  Cycle refresh_cycles;  ///< of all banks
  Cycle activate_delay;  ///< of an activation's timings, which count from its last cycle on the bus
  bool shared_buses;     ///< pseudo-channels take turns on their command buses
};

}  // namespace anda::dram

#endif
