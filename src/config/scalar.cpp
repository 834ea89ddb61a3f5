// SPDX-License-Identifier: Apache-2.0
#include "config/scalar.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>
#include <system_error>

namespace anda::sim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes digits off the front; how many they were.
std::size_t take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

}  // namespace

NumberSyntax parse_number(const std::string& text, std::uint64_t& value) {
  std::string_view rest = text;
  const bool is_negative = !rest.empty() && rest[0] == '-';
  if (is_negative) rest.remove_prefix(1);
  const bool leading_zero = rest.size() > 1 && rest[0] == '0';
  if (take_digits(rest) == 0 || !rest.empty() || leading_zero) return NumberSyntax::not_a_number;
  if (is_negative) return NumberSyntax::out_of_range;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? NumberSyntax::good : NumberSyntax::out_of_range;
}

NumberSyntax parse_number(const std::string& text, std::uint32_t& value) {
  std::uint64_t wide = 0;
  const NumberSyntax syntax = parse_number(text, wide);
  if (syntax != NumberSyntax::good) return syntax;
  if (wide > std::numeric_limits<std::uint32_t>::max()) return NumberSyntax::out_of_range;
  value = static_cast<std::uint32_t>(wide);
  return NumberSyntax::good;
}

NumberSyntax parse_number(const std::string& text, double& value) {
  std::string_view rest = text;
  if (!rest.empty() && rest[0] == '-') rest.remove_prefix(1);
  if (rest.size() > 1 && rest[0] == '0' && is_digit(rest[1])) return NumberSyntax::not_a_number;
  std::size_t digits = take_digits(rest);
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    digits += take_digits(rest);
  }
  if (digits == 0) return NumberSyntax::not_a_number;
  if (!rest.empty() && (rest[0] == 'e' || rest[0] == 'E')) {
    rest.remove_prefix(1);
    if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
    if (take_digits(rest) == 0) return NumberSyntax::not_a_number;
  }
  if (!rest.empty()) return NumberSyntax::not_a_number;
  double read = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), read);
  if (result.ec != std::errc()) return NumberSyntax::out_of_range;
  value = read + 0.0;  // no negative zero, which would be another text for the same number
  return NumberSyntax::good;
}

bool looks_like_number_or_flag(const std::string& text) {
  double number = 0;
  return text == "true" || text == "false" || parse_number(text, number) != NumberSyntax::not_a_number;
}

std::string exact_text(double value) {
  if (std::trunc(value) == value && std::fabs(value) < 1e15) return std::to_string(static_cast<std::int64_t>(value));
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace anda::sim
