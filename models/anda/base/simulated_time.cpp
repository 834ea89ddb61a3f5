// SPDX-License-Identifier: Apache-2.0
#include <anda/base/simulated_time.h>

#include <cmath>
#include <string>

namespace anda {

namespace {

sc_core::sc_time until(std::uint64_t instant) {
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  return sc_core::sc_time::from_value(instant - std::min(instant, now));
}

}  // namespace

void report_end_of_time() {
  const double seconds = sc_core::sc_time::from_value(end_of_time).to_seconds();
  const std::string text = "the simulated time reached its limit, " + std::to_string(std::llround(seconds)) +
                           " s at SystemC's time resolution of " + sc_core::sc_get_time_resolution().to_string() +
                           "; use fewer GeMMs or a faster clock";
  SC_REPORT_ERROR(end_of_time_report, text.c_str());
}

void notify_at(sc_core::sc_event& event, std::uint64_t instant) {
  if (instant >= end_of_time) {
    report_end_of_time();
  } else {
    event.notify(until(instant));
  }
}

void wait_until(std::uint64_t instant, const sc_core::sc_event& or_event) {
  if (instant >= end_of_time) {
    report_end_of_time();
    sc_core::wait(or_event);
  } else if (instant > sc_core::sc_time_stamp().value()) {
    sc_core::wait(until(instant), or_event);
  }
}

void wait_until(std::uint64_t instant) {
  if (instant >= end_of_time) {
    report_end_of_time();
    const sc_core::sc_event never;
    sc_core::wait(never);
  } else if (instant > sc_core::sc_time_stamp().value()) {
    sc_core::wait(until(instant));
  }
}

}  // namespace anda
