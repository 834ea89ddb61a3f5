// SPDX-License-Identifier: Apache-2.0
#include "text/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace anda::sim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::size_t utf8_character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(text[i])); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  std::size_t size = 0;
  unsigned code = 0;
  unsigned smallest = 0;
  if (first >= 0xC0 && first < 0xE0) {
    size = 2, code = first & 0x1F, smallest = 0x80;
  } else if (first >= 0xE0 && first < 0xF0) {
    size = 3, code = first & 0x0F, smallest = 0x800;
  } else if (first >= 0xF0 && first < 0xF8) {
    size = 4, code = first & 0x07, smallest = 0x10000;
  }
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < smallest || code > 0x10FFFF || surrogate ? 0 : size;
}

std::string shown(std::string_view text, std::size_t longest) {
  std::string result = "\"";
  std::size_t characters = 0;
  while (!text.empty()) {
    if (characters++ == longest) {
      result += "…";
      break;
    }
    const std::size_t bytes = utf8_character_bytes(text);
    const unsigned first = static_cast<unsigned char>(text.front());
    if (bytes == 0 || first < 0x20 || first == 0x7F) {
      result += fmt::format("\\x{:02x}", first);
      text.remove_prefix(1);
    } else {
      result += text.substr(0, bytes);
      text.remove_prefix(bytes);
    }
  }
  return result + "\"";
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string result;
  for (const std::string& word : words) {
    if (!result.empty()) result += separator;
    result += word;
  }
  return result;
}

std::string parse_whole_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& value) {
  const char* const end = text.data() + text.size();
  std::uint64_t parsed = 0;
  const auto [rest, code] = std::from_chars(text.data(), end, parsed);
  if (code == std::errc() && rest == end && parsed >= min && parsed <= max) {
    value = parsed;
    return "";
  }
  std::string problem = "is no whole number";
  if (text.empty()) {
    problem = "is empty";
  } else if (text.size() > 1 && text[0] == '-' && std::all_of(text.begin() + 1, text.end(), is_digit)) {
    problem = "is negative";
  } else if (rest == end) {
    problem = code == std::errc() && parsed < min ? "is too small" : "is too large";
  }
  return fmt::format("{}; must be a whole number {} … {}", problem, min, max);
}

}  // namespace anda::sim
