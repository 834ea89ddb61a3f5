// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_TIMING_TABLE_H
#define ANDA_DRAM_TIMING_TABLE_H

#include <array>
#include <vector>

#include <anda/dram/command.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Groups of commands subject to the same constraints.
enum class NextCommand : std::uint8_t { activate, precharge, read, write, refresh };
inline constexpr std::size_t next_command_count = 5;
constexpr std::size_t index_of(NextCommand next) { return static_cast<std::size_t>(next); }

/// What a command delays: its own bank, its bank group or its channel.
enum class Scope : std::uint8_t { bank, bank_group, channel };

/// After the command of a table entry, `to` must wait for `cycles`.
struct Constraint {
  NextCommand to;
  Scope scope;
  std::uint32_t cycles;
};

/// The timing parameters as pairwise rules between commands. tFAW, which is not pairwise, is handled separately.
/// Parameters count from the last bus cycle of an activation, rules from its first.
class TimingTable {
 public:
  explicit TimingTable(const DramConfig& config);

  const std::vector<Constraint>& after(Command command) const { return rules_[static_cast<std::size_t>(command)]; }

 private:
  std::array<std::vector<Constraint>, command_count> rules_;
};

/// Converts ns to cycles, rounded up with a tolerance for floating-point error.
Cycle cycles_of(double ns, double clock_hz);

}  // namespace anda::dram

#endif
