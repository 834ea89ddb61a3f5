// SPDX-License-Identifier: Apache-2.0
#include "text/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <limits>
#include <sstream>
#include <string_view>

namespace anda::sim {
namespace {

/// Index of the stream's storage for its colour flag.
int colour_place() {
  static const int place = std::ios_base::xalloc();
  return place;
}

const char* sequence_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::heading:
      return "\x1b[1m";
    case Ink::good:
      return "\x1b[32m";
    case Ink::bad:
      return "\x1b[31m";
    case Ink::note:
      return "\x1b[1;33m";
    case Ink::error:
      return "\x1b[1;31m";
  }
  return "";
}

}  // namespace

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
  if (&out == &std::cout) return terminal_columns(STDOUT_FILENO).value_or(unlimited);
  return &out == &std::cerr ? terminal_columns(STDERR_FILENO).value_or(unlimited) : unlimited;
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

bool wants_colour(int descriptor) {
  const char* const never = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  if (never != nullptr && *never != '\0') return false;
  return ::isatty(descriptor) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

void set_colour(std::ostream& out, bool on) { out.iword(colour_place()) = on ? 1 : 0; }

std::string inked(const std::string& text, Ink ink, const std::ostream& out) {
  // The standard offers no read access to a const stream's storage.
  const bool coloured = const_cast<std::ostream&>(out).iword(colour_place()) != 0;
  if (!coloured || ink == Ink::plain || text.empty()) return text;
  return sequence_of(ink) + text + "\x1b[0m";
}

std::string note_text(const std::string& text, const std::ostream& out) {
  static constexpr std::string_view mark = "note:";
  const std::string lines = wrapped(std::string(mark) + " " + text, line_columns(out), "  ");
  return inked(std::string(mark), Ink::note, out) + lines.substr(mark.size()) + "\n";
}

}  // namespace anda::sim
