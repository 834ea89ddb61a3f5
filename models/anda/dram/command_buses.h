// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_COMMAND_BUSES_H
#define ANDA_DRAM_COMMAND_BUSES_H

#include <algorithm>

#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>

namespace anda::dram {

/// The availability of a channel's column and row command buses, or of its one bus for both.
///
/// Pseudo-channels that share buses take turns: every cycle on the column bus, and for the length of an activation on
/// the row bus. Each pseudo-channel therefore behaves as if it were alone.
class CommandBuses {
 public:
  CommandBuses(const ChannelRules& rules, ChannelIndex channel)
      : shared_(rules.shared_buses),
        one_bus_(!rules.organisation.row_command_bus),
        second_(raw(channel) & 1),
        turn_(rules.organisation.activate_command_cycles) {}

  /// The first cycle at or after `cycle` at which the bus is available.
  Cycle column(Cycle cycle) const {
    cycle = std::max(cycle, column_free_);
    if (shared_) cycle += (cycle ^ second_) & 1;
    return cycle;
  }
  Cycle row(Cycle cycle, Command command) const {
    cycle = std::max(cycle, row_free_);
    if (!shared_) return cycle;
    const Cycle period = 2 * turn_;  // a power of two
    const Cycle into = (cycle - second_ * turn_) & (period - 1);
    const bool fits = command == Command::activate ? into == 0 : into < turn_;
    return fits ? cycle : cycle + period - into;
  }

  /// The first cycle from which both buses are free.
  Cycle free_from() const { return std::max(column_free_, row_free_); }
  void restart() { column_free_ = row_free_ = 0; }

  void take(Command command, Cycle at) {
    const Cycle free = at + (command == Command::activate ? turn_ : 1);
    if (one_bus_ || is_column(command)) column_free_ = free;
    if (one_bus_ || !is_column(command)) row_free_ = free;
  }

 private:
  bool shared_;
  bool one_bus_;
  Cycle second_;  // 1 for the second of two pseudo-channels
  Cycle turn_;
  Cycle column_free_ = 0;
  Cycle row_free_ = 0;
};

}  // namespace anda::dram

#endif
