// SPDX-License-Identifier: Apache-2.0
#include "report/metric_value.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace anda::sim {

MetricValue known(double value) {
  if (std::isnan(value)) return {};
  return value;
}

MetricValue quotient(double a, double b) {
  if (b == 0) return {};
  return known(a / b);
}

MetricValue quotient(const MetricValue& a, const MetricValue& b) {
  return quotient(number_or_nan(a), number_or_nan(b));
}

double number_of(const MetricValue& value) {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return 0;
}

double number_or_nan(const MetricValue& value) {
  return std::holds_alternative<std::monostate>(value) ? std::numeric_limits<double>::quiet_NaN() : number_of(value);
}

void append_value(std::string& text, const MetricValue& value, const char* nothing) {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) {
    fmt::format_to(std::back_inserter(text), FMT_STRING("{}"), *whole);
  } else if (const auto* real = std::get_if<double>(&value)) {
    // JSON and CSV readers do not agree on infinities; no metric of a legal configuration is infinite.
    if (!std::isfinite(*real)) throw std::logic_error("a metric is not finite");
    fmt::format_to(std::back_inserter(text), FMT_STRING("{}"), *real);
  } else {
    text += nothing;
  }
}

}  // namespace anda::sim
