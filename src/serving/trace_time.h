// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_TRACE_TIME_H
#define ANDA_SIM_SERVING_TRACE_TIME_H

#include <cstdint>
#include <string>
#include <string_view>

namespace anda::sim {

// Parse the times of a trace into nanoseconds. Both return an error description ("must be …"), or an empty string on
// success with `ns` set.

/// Parses "2023-11-16 18:17:03.9799600", also with "T" and with a trailing "Z" or "+00:00", as time since 1970.
std::string parse_date(std::string_view text, std::int64_t& ns);

/// Parses a number, at least 0, in units of `unit_ns`.
std::string parse_duration(std::string_view text, double unit_ns, std::int64_t& ns);

}  // namespace anda::sim

#endif
