// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_REFRESH_PHASE_H
#define ANDA_DRAM_REFRESH_REFRESH_PHASE_H

#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>

namespace anda::dram {

/// When a channel's first refresh is due, where one is due in each interval: after one interval in all channels, or
/// earlier by policy.refresh_phase.
Cycle first_refresh(const ChannelRules& rules, ChannelIndex channel, Cycle interval);

}  // namespace anda::dram

#endif
