// SPDX-License-Identifier: Apache-2.0
#include "text/scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "text/characters.h"
#include "text/text.h"

namespace anda::sim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Consumes leading digits and returns their number.
std::size_t take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  text.remove_prefix(count);
  return count;
}

std::string without(std::string_view text, std::string_view characters) {
  std::string rest;
  for (const char c : text) {
    if (characters.find(c) == std::string_view::npos) rest += c;
  }
  return rest;
}

bool is_number(std::string_view text) {
  double number = 0;
  return parse_number(text, number) != NumberSyntax::not_a_number;
}

std::string without_leading_zeros(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of('0'), text.size() - 1);
  return std::string(text.substr(first));
}

bool all_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

}  // namespace

NumberSyntax parse_number(std::string_view text, std::uint64_t& value) {
  std::string_view rest = text;
  const bool is_negative = !rest.empty() && rest[0] == '-';
  if (is_negative) rest.remove_prefix(1);
  const bool leading_zero = rest.size() > 1 && rest[0] == '0';
  if (take_digits(rest) == 0 || !rest.empty() || leading_zero) return NumberSyntax::not_a_number;
  if (is_negative) return NumberSyntax::out_of_range;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? NumberSyntax::good : NumberSyntax::out_of_range;
}

NumberSyntax parse_number(std::string_view text, std::uint32_t& value) {
  std::uint64_t wide = 0;
  const NumberSyntax syntax = parse_number(text, wide);
  if (syntax != NumberSyntax::good) return syntax;
  if (wide > std::numeric_limits<std::uint32_t>::max()) return NumberSyntax::out_of_range;
  value = static_cast<std::uint32_t>(wide);
  return NumberSyntax::good;
}

NumberSyntax parse_number(std::string_view text, double& value) {
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
  value = read + 0.0;  // avoids −0, which would be another text for the same number
  return NumberSyntax::good;
}

std::string parse_whole_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& value) {
  std::uint64_t parsed = 0;
  const NumberSyntax syntax = parse_number(text, parsed);
  if (syntax == NumberSyntax::good && parsed >= min && parsed <= max) {
    value = parsed;
    return "";
  }
  std::string problem = "is not a whole number";
  if (text.empty()) {
    problem = "is empty";
  } else if (syntax == NumberSyntax::good) {
    problem = parsed < min ? "is too small" : "is too large";
  } else if (syntax == NumberSyntax::out_of_range) {
    problem = text[0] == '-' ? "is negative" : "is too large";
  }
  const std::string hint = syntax == NumberSyntax::not_a_number ? number_hint(text) + space_hint(text) : "";
  return fmt::format("{}; must be a whole number {} … {}{}", problem, min, max, hint);
}

bool parse_flag(std::string_view text, bool& value) {
  if (text != "true" && text != "false") return false;
  value = text == "true";
  return true;
}

std::vector<std::string> list_parts(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    parts.emplace_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

bool looks_like_number_or_flag(std::string_view text) {
  bool flag = false;
  return parse_flag(text, flag) || is_number(text);
}

std::string flag_hint(std::string_view text) {
  const std::string folded = lower_case(text);
  for (const char* word : {"yes", "on", "y", "true", "1"}) {
    if (folded == word) return "; write true";
  }
  for (const char* word : {"no", "off", "n", "false", "0"}) {
    if (folded == word) return "; write false";
  }
  return {};
}

std::string number_hint(std::string_view text) {
  constexpr std::size_t longest = 200;
  if (text.empty() || text.size() > longest) return {};
  const std::string folded = lower_case(text);
  if (all_digits(text) && text[0] == '0' && text.size() > 1) {
    return "; numbers are decimal without leading zeros: write " + without_leading_zeros(text);
  }
  if (folded.compare(0, 2, "0x") == 0 || folded.compare(0, 2, "0o") == 0 || folded.compare(0, 2, "0b") == 0) {
    return "; numbers are decimal";
  }
  if (text[0] == '+' && is_number(text.substr(1))) {
    return "; numbers have no plus sign: write " + std::string(text.substr(1));
  }
  if (text.find('"') != std::string_view::npos && is_number(without(text, "\"'"))) {
    return "; quotes are doubled: write " + without(text, "\"'");
  }
  std::string commas(text);
  std::replace(commas.begin(), commas.end(), ' ', ',');
  const std::vector<std::string> parts = list_parts(commas);
  if (parts.size() > 1 && text.front() != '[' && std::all_of(parts.begin(), parts.end(), is_number)) {
    return "; a list is written [" + joined(parts, ", ") + "]";
  }
  const std::string digits = without(text, "_'");
  if (digits.size() < text.size() && is_number(digits)) return "; digits are not grouped: write " + digits;
  return {};
}

std::string exact_text(double value) {
  if (std::trunc(value) == value && std::fabs(value) < 1e15) return std::to_string(static_cast<std::int64_t>(value));
  std::array<char, 64> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), result.ptr};
}

}  // namespace anda::sim
