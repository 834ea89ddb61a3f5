// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_METRIC_VALUE_H
#define ANDA_SIM_REPORT_METRIC_VALUE_H

#include <cstdint>
#include <string>
#include <variant>

namespace anda::sim {

/// A number of a report; nothing where it has no meaning (a share of no time).
using MetricValue = std::variant<std::monostate, std::uint64_t, double>;

/// a / b, or nothing if b is 0.
MetricValue quotient(double a, double b);

/// As a double, 0 for nothing: for arithmetic on values that are known to be there.
double number_of(const MetricValue& value);

/// The shortest decimal text that reads back as the same number, legal in JSON and CSV; `nothing` for nothing.
void append_value(std::string& text, const MetricValue& value, const char* nothing);

}  // namespace anda::sim

#endif
