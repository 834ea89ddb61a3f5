// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_TIMING_TABLE_H
#define ANDA_DRAM_TIMING_TABLE_H

#include <array>
#include <vector>

#include <anda/dram/command.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Commands that wait for the same things.
enum class NextCommand : std::uint8_t { activate, precharge, read, write, refresh };
inline constexpr std::size_t next_command_count = 5;
constexpr std::size_t index_of(NextCommand next) { return static_cast<std::size_t>(next); }

/// Whom a command delays: its own bank, all of its bank group, or all of its channel.
enum class Scope : std::uint8_t { bank, bank_group, channel };

/// After the command a table entry stands under, `to` has to wait for so many cycles.
struct Constraint {
  NextCommand to;
  Scope scope;
  std::uint32_t cycles;
};

/// The timing parameters as rules between commands. tFAW, which is no rule between two, is apart. Parameters count from
/// the last cycle that an activation takes on its bus, rules from its first.
class TimingTable {
 public:
  explicit TimingTable(const DramConfig& config);

  const std::vector<Constraint>& after(Command command) const { return rules_[static_cast<std::size_t>(command)]; }

 private:
  std::array<std::vector<Constraint>, command_count> rules_;
};

/// Cycles of a time in ns, rounded up but for what rounding errors add.
Cycle cycles_of(double ns, double clock_hz);

}  // namespace anda::dram

#endif
