// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/refresh/refresh_phase.h>

#include <algorithm>

namespace anda::dram {

Cycle first_refresh(const ChannelRules& rules, ChannelIndex channel, Cycle interval) {
  switch (rules.policy.refresh_phase) {
    case DramRefreshPhase::pseudo_channels_apart: {
      const std::uint32_t pseudo_channels = rules.organisation.pseudo_channels;
      return std::max<Cycle>(interval * (raw(channel) % pseudo_channels + 1) / pseudo_channels, 1);
    }
    case DramRefreshPhase::apart:
      return std::max<Cycle>(interval * (raw(channel) + 1) / rules.channels, 1);
    case DramRefreshPhase::together:
      break;
  }
  return interval;
}

}  // namespace anda::dram
