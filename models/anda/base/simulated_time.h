// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_SIMULATED_TIME_H
#define ANDA_BASE_SIMULATED_TIME_H

#include <algorithm>
#include <cstdint>
#include <systemc>

namespace anda {

// Instants in ticks of the kernel's time resolution, and waiting for them. The kernel adds times without an overflow
// check; an event beyond its last tick fires immediately, again and again. Code in the library therefore waits or
// notifies for computed instants only through these functions.

/// End of time for the models, which calculate in doubles and signed numbers: 106 days at a resolution of 1 ps.
inline constexpr std::uint64_t end_of_time = 0x7ffffffffffffc00;  // the largest double below 2^63

/// `ticks` ticks after an instant, limited to the end of time.
inline std::uint64_t later(std::uint64_t instant, std::uint64_t ticks) {
  const std::uint64_t sum = instant + ticks;
  return sum < ticks ? end_of_time : std::min(sum, end_of_time);
}
inline std::uint64_t later(const sc_core::sc_time& instant, const sc_core::sc_time& delay) {
  return later(instant.value(), delay.value());
}

/// A delay from now, limited to the end of time.
inline sc_core::sc_time within_time(const sc_core::sc_time& delay) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  return sc_core::sc_time::from_value(std::max(later(now, delay.value()), now) - now);
}

/// Type of the SC_ERROR of a model that would have to wait beyond the end of time.
inline constexpr const char* end_of_time_report = "/anda/time";
void report_end_of_time();

/// Notifies an event at an instant, or immediately if it has passed. At the end of time it only reports the error.
void notify_at(sc_core::sc_event& event, std::uint64_t instant);

/// Waits, in a thread, until an instant or until an event if that occurs first. Reports the end of time; if the report
/// does not throw, the thread then waits for the event alone, or forever.
void wait_until(std::uint64_t instant, const sc_core::sc_event& or_event);
void wait_until(std::uint64_t instant);

}  // namespace anda

#endif
