// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_REFRESH_PHASE_H
#define ANDA_DRAM_REFRESH_REFRESH_PHASE_H

#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>

namespace anda::dram {

/// Cycle at which a channel's first refresh is due, with one refresh per interval: after one interval, or earlier as
/// set by policy.refresh_phase.
Cycle first_refresh(const ChannelRules& rules, ChannelIndex channel, Cycle interval);

}  // namespace anda::dram

#endif
