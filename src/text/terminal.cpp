// SPDX-License-Identifier: Apache-2.0
#include "text/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>
#include <limits>
#include <sstream>

namespace anda::sim {

std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) ++columns;
  }
  return columns;
}

std::optional<std::size_t> terminal_columns(int descriptor) {
  winsize size{};
  if (::isatty(descriptor) == 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

std::size_t line_columns(const std::ostream& out) {
  constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  return &out == &std::cout ? terminal_columns(STDOUT_FILENO).value_or(unlimited) : unlimited;
}

std::string wrapped(const std::string& text, std::size_t columns, const std::string& indent) {
  std::string result;
  std::size_t used = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t length = columns_of(word);
    if (used == 0) {
      used = length;
    } else if (used + 1 + length > columns) {
      result += "\n" + indent;
      used = columns_of(indent) + length;
    } else {
      result += " ";
      used += 1 + length;
    }
    result += word;
  }
  return result;
}

}  // namespace anda::sim
