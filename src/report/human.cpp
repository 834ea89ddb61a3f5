// SPDX-License-Identifier: Apache-2.0
#include "report/human.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace anda::sim {
namespace {

constexpr const char* no_value = "n/a";

bool is_nothing(const MetricValue& value) { return std::holds_alternative<std::monostate>(value); }

/// Four significant digits without exponent; value must be 0 or from 0.001 to 9999 in magnitude.
std::string digits(double value) {
  const double size = std::fabs(value);
  if (value == 0) return "0";
  if (size < 9.9995) return fmt::format("{:.3f}", value);
  if (size < 99.995) return fmt::format("{:.2f}", value);
  if (size < 999.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

std::string with_unit(const std::string& number, const std::string& unit) {
  return unit.empty() ? number : number + " " + unit;
}

}  // namespace

std::string si_text(const MetricValue& value, const std::string& unit) {
  if (is_nothing(value)) return no_value;
  static constexpr std::array<const char*, 9> prefixes{"n", "µ", "m", "", "k", "M", "G", "T", "P"};
  constexpr std::size_t none = 3;
  double scaled = number_of(value);
  std::size_t prefix = none;
  // Small counts are whole numbers and are printed as such.
  if (std::holds_alternative<std::uint64_t>(value) && scaled < 1000) return with_unit(fmt::format("{}", scaled), unit);
  if (scaled == 0) return with_unit("0", unit);
  while (std::fabs(scaled) < 1 && prefix > 0) scaled *= 1000, --prefix;
  // After the loop above, because a value that would print as 1000 gets the next prefix.
  while (std::fabs(scaled) >= 999.95 && prefix + 1 < prefixes.size()) scaled /= 1000, ++prefix;
  return with_unit(digits(scaled), prefixes[prefix] + unit);
}

std::string percent_text(const MetricValue& value) {
  if (is_nothing(value)) return no_value;
  const double percent = number_of(value) * 100;
  // A small share must not look like 0 %, nor a large one like 100 %.
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  if (percent < 100 && percent >= 99.95) return ">99.9 %";
  return fmt::format("{:.1f} %", percent);
}

std::string plain_text(const MetricValue& value) {
  if (is_nothing(value)) return no_value;
  const double number = number_of(value);
  if (number != 0 && (std::fabs(number) < 0.001 || std::fabs(number) >= 1e6)) return fmt::format("{:.4g}", number);
  return digits(number);
}

std::string ratio_text(const MetricValue& value) { return is_nothing(value) ? no_value : plain_text(value) + "×"; }

Ink ratio_ink(const MetricValue& value) {
  if (is_nothing(value) || ratio_text(value) == ratio_text(1.0)) return Ink::plain;
  return number_of(value) > 1 ? Ink::good : Ink::bad;
}

std::string clock_text(double seconds) {
  const auto whole = std::llround(seconds);
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string human_text(const MetricValue& value, const std::string& unit) {
  if (is_nothing(value)) return no_value;
  if (unit == "cycles" || unit == "MACs") return si_text(value, "");
  if (unit == "s") return si_text(value, "s");
  if (unit == "J") return si_text(value, "J");
  if (unit == "tokens/s") return si_text(value, "");
  if (unit == "bytes") return si_text(value, "B");
  if (unit == "bytes/s") return si_text(value, "B/s");
  if (unit == "pJ") return si_text(number_of(value) * 1e-12, "J");
  if (unit == "mW") return si_text(number_of(value) * 1e-3, "W");
  if (unit == "1") return percent_text(value);
  return plain_text(value);
}

}  // namespace anda::sim
