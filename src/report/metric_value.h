// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_METRIC_VALUE_H
#define ANDA_SIM_REPORT_METRIC_VALUE_H

#include <cstdint>
#include <string>
#include <variant>

namespace anda::sim {

/// A number of a report; nothing if it is undefined (a share of zero time).
using MetricValue = std::variant<std::monostate, std::uint64_t, double>;

/// The number, or nothing for NaN, the result of unknown costs.
MetricValue known(double value);

/// a / b, or nothing if b is 0 or either is unknown.
MetricValue quotient(double a, double b);
MetricValue quotient(const MetricValue& a, const MetricValue& b);

/// The value as a double, 0 for nothing: for arithmetic on values that are known to exist.
double number_of(const MetricValue& value);
/// The value as a double, NaN for nothing: for arithmetic that ends in known() or quotient().
double number_or_nan(const MetricValue& value);

/// Appends the shortest decimal text that reads back as the same number, legal in JSON and CSV; `nothing` for a missing
/// value.
void append_value(std::string& text, const MetricValue& value, const char* nothing);

}  // namespace anda::sim

#endif
