// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_CLOCK_H
#define ANDA_BASE_CLOCK_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <systemc>

#include <anda/base/error.h>
#include <anda/base/simulated_time.h>

namespace anda {

/// Signed conversions are one instruction, unsigned ones several; no count here comes near 2^63.
inline double to_double(std::uint64_t value) { return static_cast<double>(static_cast<std::int64_t>(value)); }
inline std::uint64_t rounded(double value) {
  const double above = value + 0.5;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(above));
}

/// Cycles of a clock as ticks of the kernel's time resolution and back. There is no toggling signal: blocks count
/// cycles from an instant they agree on (the start of an operation), and time exists only at the sockets.
///
/// The blocks of an accelerator share one clock. begin() makes the present instant cycle 0 of the next operation.
class Clock {
 public:
  explicit Clock(double hz)
      : tick_(sc_core::sc_get_time_resolution()),
        ticks_per_cycle_(1.0 / (hz * sc_core::sc_get_time_resolution().to_seconds())),
        cycles_per_tick_(1.0 / ticks_per_cycle_),
        margin_(ticks_per_cycle_ - 0.75) {}

  /// Throws Error (input) that names `what` if a cycle is shorter than two ticks: edges could not be told apart.
  void require_resolution(const std::string& what) const {
    if (ticks_per_cycle_ >= 2) return;
    throw Error::input("SystemC's time resolution, " + sc_core::sc_get_time_resolution().to_string() +
                       ", is too coarse for " + what + ": it must be half a cycle or less (sc_set_time_resolution)");
  }

  /// Starts an operation: cycle 0 is now.
  void begin() {
    epoch_ = sc_core::sc_time_stamp();
    ++operation_;
  }
  const sc_core::sc_time& epoch() const { return epoch_; }
  /// Number of the operation, 0 before the first: blocks that see another one forget the instants of the last.
  std::uint64_t operation() const { return operation_; }

  /// The instant of a cycle of the operation, in ticks; the end of time for those beyond it.
  std::uint64_t instant(std::uint64_t cycle) const { return later(epoch_, time(cycle)); }
  /// Delay from now to a cycle of the operation; zero if it has passed.
  sc_core::sc_time delay_to(std::uint64_t cycle) const {
    const std::uint64_t at = instant(cycle);
    const std::uint64_t now = sc_core::sc_time_stamp().value();
    return at > now ? sc_core::sc_time::from_value(at - now) : sc_core::SC_ZERO_TIME;
  }
  /// The first cycle of the operation at or after a delay from now.
  std::uint64_t cycle_after(const sc_core::sc_time& delay) const {
    return cycles(later(sc_core::sc_time_stamp(), delay) - epoch_.value());
  }

  /// Ticks from cycle 0 to the given edge, to the nearest tick; the end of time for edges beyond it.
  std::uint64_t ticks(std::uint64_t cycles) const { return rounded(exact_ticks(cycles)); }

  sc_core::sc_time time(std::uint64_t cycles) const { return tick_ * exact_ticks(cycles); }

  /// The first edge at or after an instant. The margin undoes the rounding of ticks(), so that
  /// cycles(ticks(n)) == n for every clock that passes require_resolution().
  std::uint64_t cycles(std::uint64_t ticks) const {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>((to_double(ticks) + margin_) * cycles_per_tick_));
  }

 private:
  double exact_ticks(std::uint64_t cycles) const {
    return std::min(to_double(cycles) * ticks_per_cycle_, static_cast<double>(end_of_time));
  }

  sc_core::sc_time tick_;  // multiplied, it rounds as ticks() does
  double ticks_per_cycle_;
  double cycles_per_tick_;
  sc_core::sc_time epoch_;
  std::uint64_t operation_ = 0;
  double margin_;  // a cycle, so that cutting off rounds up, less the half tick of ticks() and half of what is left
};

}  // namespace anda

#endif
