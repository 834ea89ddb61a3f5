// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_STATE_H
#define ANDA_DRAM_CHANNEL_STATE_H

#include <cstdint>

#include <anda/dram/bank_states.h>
#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>
#include <anda/dram/command_buses.h>
#include <anda/dram/request_queues.h>

namespace anda::dram {

/// The state on which a channel's policies decide. A value type: copies are independent.
struct ChannelState {
  ChannelState(const ChannelRules& channel_rules, ChannelIndex channel)
      : rules(&channel_rules), banks(channel_rules), buses(channel_rules, channel), queues(channel_rules) {}

  const ChannelRules* rules;
  BankStates banks;
  CommandBuses buses;
  RequestQueues queues;
  Cycle now = 0;  ///< cycle of the last command or arrival
};

/// A candidate command, the earliest cycle at which it can be issued, and the request it serves.
struct Choice {
  Cycle at = never;
  std::uint64_t age = ~std::uint64_t{0};
  Entry entry = no_entry;
  Command command{};
  BankIndex bank{};
};

}  // namespace anda::dram

#endif
