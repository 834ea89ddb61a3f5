// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/channel_rules.h>

namespace anda::dram {

ChannelRules::ChannelRules(const DramConfig& config)
    : organisation(config.organisation),
      timing(config.timing),
      policy(config.policy),
      table(config),
      map(config),
      channels(config.channels),
      burst_cycles(config.burst_cycles()),
      refresh_interval(static_cast<Cycle>(config.refresh_interval_ns * 1e-9 * config.clock_hz() + 1e-6)),
      refresh_cycles(cycles_of(config.refresh_cycle_ns, config.clock_hz())),
      activate_delay(config.organisation.activate_command_cycles - 1),
      shared_buses(config.organisation.pseudo_channels > 1) {}

}  // namespace anda::dram
