// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_CLOCK_H
#define ANDA_BASE_CLOCK_H

#include <cmath>
#include <cstdint>
#include <systemc>

namespace anda {

/// Cycles of a clock as ticks of the kernel's time resolution and back. There is no toggling signal: blocks count
/// cycles from an instant they agree on (the start of an operation), and time exists only at the sockets.
class Clock {
 public:
  explicit Clock(double hz) : ticks_per_cycle_(1.0 / (hz * sc_core::sc_get_time_resolution().to_seconds())) {}

  /// Ticks from cycle 0 to the given edge, to the nearest tick.
  std::uint64_t ticks(std::uint64_t cycles) const {
    return static_cast<std::uint64_t>(static_cast<double>(cycles) * ticks_per_cycle_ + 0.5);
  }

  sc_core::sc_time time(std::uint64_t cycles) const { return sc_core::sc_time::from_value(ticks(cycles)); }

  /// The first edge at or after an instant. The margin undoes the rounding of ticks(), so that
  /// cycles(ticks(n)) == n for every clock slower than half the time resolution.
  std::uint64_t cycles(std::uint64_t ticks) const {
    const double edges = (static_cast<double>(ticks) - 0.75) / ticks_per_cycle_;
    if (edges <= 0) return 0;
    const auto whole = static_cast<std::uint64_t>(edges);
    return whole + (static_cast<double>(whole) < edges ? 1 : 0);
  }

 private:
  double ticks_per_cycle_;
};

}  // namespace anda

#endif
