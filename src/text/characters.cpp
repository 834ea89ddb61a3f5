// SPDX-License-Identifier: Apache-2.0
#include "text/characters.h"

#include <fmt/format.h>
#include <utf8.h>

#include <iterator>

namespace anda::sim {

Character first_character(std::string_view text) {
  if (text.empty()) return {};
  try {
    const char* end = text.data();
    const std::uint32_t code = utf8::next(end, text.data() + text.size());
    return {static_cast<std::size_t>(end - text.data()), code};
  } catch (const utf8::exception&) {
    return {};
  }
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) ||  // ASCII and Latin-1
         code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.bytes == 0 || is_control(character.code)) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

std::string for_terminal(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    const bool stays = character.code == '\n' || character.code == '\t' || !is_control(character.code);
    if (character.bytes > 0 && stays) {
      result += text.substr(0, bytes);
    } else {
      for (const char c : text.substr(0, bytes)) {
        fmt::format_to(std::back_inserter(result), "\\x{:02x}", static_cast<unsigned char>(c));
      }
    }
    text.remove_prefix(bytes);
  }
  return result;
}

std::string unusual_space(std::string_view text) {
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    const char* name = nullptr;
    if (code == 0xA0 || code == 0x2007 || code == 0x202F) name = "a no-break space";
    if (code >= 0x2000 && code <= 0x200A && code != 0x2007) name = "a typographic space";
    if (code == 0x205F || code == 0x3000) name = "a wide space";
    if ((code >= 0x200B && code <= 0x200D) || code == 0x2060 || code == 0xFEFF) name = "an invisible character";
    if (name != nullptr) return fmt::format("{} (U+{:04X})", name, code);
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return {};
}

std::string space_hint(std::string_view text) {
  const std::string space = unusual_space(text);
  return space.empty() ? "" : "; it holds " + space + ": delete that, or type a plain space";
}

}  // namespace anda::sim
