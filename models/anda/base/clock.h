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

/// Signed conversions take one instruction, unsigned ones several; no count here comes near 2^63.
inline double to_double(std::uint64_t value) { return static_cast<double>(static_cast<std::int64_t>(value)); }
inline std::uint64_t rounded(double value) {
  const double above = value + 0.5;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(above));
}

/// Converts cycles of a clock to ticks of the kernel's time resolution and back. No signal toggles: blocks count cycles
/// from an agreed instant (the start of an operation), and simulated time exists only at the sockets.
///
/// The blocks of an accelerator share one clock. begin() makes the current instant cycle 0 of the next operation.
class Clock {
 public:
  explicit Clock(double hz)
      : tick_(sc_core::sc_get_time_resolution()),
        ticks_per_cycle_(1.0 / (hz * sc_core::sc_get_time_resolution().to_seconds())),
        cycles_per_tick_(1.0 / ticks_per_cycle_),
        margin_(ticks_per_cycle_ - 0.75) {}

  /// Throws Error (input), naming `what`, if a cycle is shorter than two ticks, because edges would be
  /// indistinguishable.
  void require_resolution(const std::string& what) const {
    if (ticks_per_cycle_ >= 2) return;
    throw Error::input("SystemC's time resolution, " + sc_core::sc_get_time_resolution().to_string() +
                       ", is too coarse for " + what + ": it must be half a cycle or less (sc_set_time_resolution)");
  }

  /// Starts an operation: cycle 0 is now.
  void begin() {
    epoch_ = sc_core::sc_time_stamp().value();
    ++operation_;
  }
  /// The instant of cycle 0, in ticks.
  std::uint64_t epoch() const { return epoch_; }
  /// Number of the operation, 0 before the first. When it changes, blocks discard the times of the previous operation.
  std::uint64_t operation() const { return operation_; }

  /// The instant of a cycle of the operation, in ticks; limited to the end of time.
  std::uint64_t instant(std::uint64_t cycle) const { return later(epoch_, ticks(cycle)); }
  /// Delay from now to a cycle of the operation; zero for past cycles.
  sc_core::sc_time delay_to(std::uint64_t cycle) const {
    const std::uint64_t at = instant(cycle);
    const std::uint64_t now = sc_core::sc_time_stamp().value();
    return at > now ? sc_core::sc_time::from_value(at - now) : sc_core::SC_ZERO_TIME;
  }
  /// The first cycle of the operation at or after a delay from now.
  std::uint64_t cycle_after(const sc_core::sc_time& delay) const {
    return cycles(later(sc_core::sc_time_stamp(), delay) - epoch_);
  }

  /// Ticks from cycle 0 to the given edge, rounded to the nearest tick; limited to the end of time.
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

  sc_core::sc_time tick_;  // its multiplication rounds as ticks() does
  double ticks_per_cycle_;
  double cycles_per_tick_;
  std::uint64_t epoch_ = 0;
  std::uint64_t operation_ = 0;
  double margin_;  // one cycle, so that truncation rounds up, less the half tick of ticks() and half of the remainder
};

}  // namespace anda

#endif
