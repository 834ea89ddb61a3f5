// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_COMMAND_H
#define ANDA_DRAM_COMMAND_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace anda::dram {

/// Cycles of the command clock since the start of the simulation.
using Cycle = std::uint64_t;
inline constexpr Cycle never = ~Cycle{0};

/// Strongly typed indices. A channel here is the unit with its own banks and data bus, that is, a pseudo-channel where
/// there are any. Banks are numbered across all bank groups of a channel.
enum class ChannelIndex : std::uint32_t {};
enum class BankGroupIndex : std::uint8_t {};
enum class BankIndex : std::uint8_t {};
enum class RowIndex : std::uint64_t {};
enum class ColumnIndex : std::uint16_t {};

template <class Index>
constexpr std::underlying_type_t<Index> raw(Index index) {
  return static_cast<std::underlying_type_t<Index>>(index);
}

enum class Command : std::uint8_t {
  activate,
  precharge,
  precharge_all,
  read,
  write,
  read_precharge,   ///< with auto-precharge
  write_precharge,  ///< with auto-precharge
  refresh,          ///< all banks of the channel
  refresh_bank
};
inline constexpr std::size_t command_count = 9;
inline constexpr std::array<const char*, command_count> command_names{"ACT", "PRE", "PREA", "RD",   "WR",
                                                                      "RDA", "WRA", "REF",  "REFsb"};

constexpr bool is_read(Command command) { return command == Command::read || command == Command::read_precharge; }
constexpr bool is_write(Command command) { return command == Command::write || command == Command::write_precharge; }
constexpr bool is_column(Command command) { return is_read(command) || is_write(command); }
constexpr bool is_all_bank(Command command) { return command == Command::precharge_all || command == Command::refresh; }

/// A command as issued on the command bus. Fields that a command does not use are 0.
struct CommandRecord {
  Cycle cycle = 0;
  ChannelIndex channel{};
  Command command{};
  BankIndex bank{};
  RowIndex row{};
  ColumnIndex column{};
};

/// Receives every command; those of one channel in cycle order.
using CommandObserver = std::function<void(const CommandRecord&)>;

}  // namespace anda::dram

#endif
