// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_TRACE_TIME_H
#define ANDA_SIM_SERVING_TRACE_TIME_H

#include <cstdint>
#include <string>
#include <string_view>

namespace anda::sim {

// Times of a trace as nanoseconds. Both return what is wrong with the text ("must be …"), empty when `ns` is set.

/// "2023-11-16 18:17:03.9799600", also with "T", and with "Z" or "+00:00" behind it: since 1970.
std::string parse_date(std::string_view text, std::int64_t& ns);

/// A number of units of `unit_ns`, at least 0.
std::string parse_duration(std::string_view text, double unit_ns, std::int64_t& ns);

}  // namespace anda::sim

#endif
