// SPDX-License-Identifier: Apache-2.0
#include "text/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "text/characters.h"

namespace anda::sim {

std::string shown(std::string_view text, std::size_t longest) {
  std::string result = "\"";
  std::size_t characters = 0;
  while (!text.empty()) {
    if (characters++ == longest) {
      result += "…";
      break;
    }
    const Character character = first_character(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    if (character.bytes == 0 || is_control(character.code)) {
      for (const char c : text.substr(0, bytes)) {
        fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(c));
      }
    } else {
      result += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
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

}  // namespace anda::sim
