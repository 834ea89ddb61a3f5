// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_SIMULATED_TIME_H
#define ANDA_BASE_SIMULATED_TIME_H

#include <algorithm>
#include <cstdint>
#include <systemc>

namespace anda {

// Instants as ticks of the kernel's time resolution, and waiting for them. The kernel adds without looking for an
// overflow: an event beyond its last tick fires at once, again and again. So nothing in the library waits or notifies
// for an instant that it computed but through these functions.

/// Where time ends for the models, which reckon in doubles and signed numbers: 106 days at a resolution of 1 ps.
inline constexpr std::uint64_t end_of_time = 0x7ffffffffffffc00;  // the largest double below 2^63

/// So many ticks after an instant, or the end of time if that comes first.
inline std::uint64_t later(std::uint64_t instant, std::uint64_t ticks) {
  const std::uint64_t sum = instant + ticks;
  return sum < ticks ? end_of_time : std::min(sum, end_of_time);
}
inline std::uint64_t later(const sc_core::sc_time& instant, const sc_core::sc_time& delay) {
  return later(instant.value(), delay.value());
}

/// A delay from now, cut off at the end of time.
inline sc_core::sc_time within_time(const sc_core::sc_time& delay) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  return sc_core::sc_time::from_value(std::max(later(now, delay.value()), now) - now);
}

/// The SC_ERROR of a model that would have to wait beyond the end of time, of this type.
inline constexpr const char* end_of_time_report = "/anda/time";
void report_end_of_time();

/// Notifies an event at an instant, at once if that has passed. Reports and does nothing at the end of time.
void notify_at(sc_core::sc_event& event, std::uint64_t instant);

/// Waits until an instant, or an event if that comes first; called from a thread. Reports at the end of time; if the
/// report does not throw, the thread then waits for the event alone, or for ever.
void wait_until(std::uint64_t instant, const sc_core::sc_event& or_event);
void wait_until(std::uint64_t instant);

}  // namespace anda

#endif
