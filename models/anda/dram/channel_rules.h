// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_RULES_H
#define ANDA_DRAM_CHANNEL_RULES_H

#include <cstdint>

#include <anda/dram/address_map.h>
#include <anda/dram/command.h>
#include <anda/dram/dram_config.h>
#include <anda/dram/timing_table.h>

namespace anda::dram {

/// Properties common to all channels of a memory.
struct ChannelRules {
  explicit ChannelRules(const DramConfig& config);

  /// Cycles from a column command to its first data.
  Cycle data_delay(Command command) const { return is_write(command) ? timing.cwl : timing.cl; }

  DramOrganisation organisation;
  DramTiming timing;
  DramPolicy policy;
  TimingTable table;
  AddressMap map;
  std::uint32_t channels;
  Cycle burst_cycles;
  Cycle refresh_interval;
  Cycle refresh_cycles;  ///< duration of an all-bank refresh
  Cycle activate_delay;  ///< offset of an activation's timings, which count from its last cycle on the bus
  bool shared_buses;     ///< whether pseudo-channels take turns on shared command buses
};

}  // namespace anda::dram

#endif
