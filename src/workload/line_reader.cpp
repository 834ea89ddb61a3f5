// SPDX-License-Identifier: Apache-2.0
#include "workload/line_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "text/characters.h"

namespace anda::sim {
namespace {

// Holds several lines of maximum length, so that an incomplete line is rarely moved to the front.
constexpr std::size_t buffer_bytes = 8 * max_line_bytes;

bool is_plain_ascii(std::string_view text) {
  unsigned outside = 0;  // no early exit, so that the compiler can take 16 bytes at a time
  for (const char c : text) outside |= static_cast<unsigned char>(c - 0x20) >= 0x7F - 0x20 ? 1u : 0u;
  return outside == 0;
}

}  // namespace

LineReader::LineReader(InputFile file) : file_(std::move(file)), buffer_(buffer_bytes) {}

bool LineReader::fill() {
  if (at_end_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const std::size_t bytes = file_.read(buffer_.data() + end_, buffer_.size() - end_, place().line + 1);
  at_end_ = bytes == 0;
  end_ += bytes;
  return !at_end_;
}

bool LineReader::next() {
  const char* line_end = nullptr;
  std::size_t searched = 0;
  for (;;) {
    const char* const start = buffer_.data() + begin_;
    line_end = static_cast<const char*>(std::memchr(start + searched, '\n', end_ - begin_ - searched));
    searched = end_ - begin_;
    // The longest line may have a byte-order mark before it and a \r after it.
    if (line_end != nullptr || searched > max_line_bytes + 4 || !fill()) break;
  }
  if (line_end == nullptr && searched == 0) return false;

  unfinished_ = line_end == nullptr;
  const std::size_t bytes = unfinished_ ? searched : static_cast<std::size_t>(line_end - (buffer_.data() + begin_));
  line_ = std::string_view(buffer_.data() + begin_, bytes);
  begin_ += unfinished_ ? bytes : bytes + 1;
  ++line_number_;
  if (line_number_ == 1 && line_.substr(0, 3) == "\xEF\xBB\xBF") line_.remove_prefix(3);
  if (!line_.empty() && line_.back() == '\r') line_.remove_suffix(1);

  const bool too_long = line_.size() > max_line_bytes;
  if (too_long) line_ = line_.substr(0, max_line_bytes);
  check_text(too_long);
  if (too_long) {
    throw Error::input(place(), fmt::format("line is longer than {} bytes: is this a trace?", max_line_bytes));
  }
  return true;
}

void LineReader::check_text(bool cut) const {
  if (is_plain_ascii(line_)) return;
  const std::string_view start = line_.substr(0, 2);
  if (line_number_ == 1 && (start == "\xFF\xFE" || start == "\xFE\xFF")) {
    throw Error::input(place(0), "the file is UTF-16 text; save it as UTF-8");
  }
  for (std::size_t i = 0; i < line_.size();) {
    const unsigned byte = static_cast<unsigned char>(line_[i]);
    const auto [bytes, code] = first_character(line_.substr(i));
    if (bytes > 1 && is_control(code)) {
      throw Error::input(place(i), fmt::format("control character U+{:04X}; delete it", code));
    }
    if (bytes == 1 && is_control(code) && byte != '\t') {
      if (byte == 0) throw Error::input(place(i), "NUL byte: this is not a text file");
      if (byte == '\r') throw Error::input(place(i), "carriage return within a line; lines end with \\n or \\r\\n");
      throw Error::input(place(i), fmt::format("control character \\x{:02x}: is this a text file?", byte));
    }
    if (bytes == 0) {
      // A character split by the cut of an overlong line is not an encoding error.
      if (cut && line_.size() - i < 4) return;
      throw Error::input(place(i), fmt::format("byte \\x{:02x} is not UTF-8 text; save the file as UTF-8", byte));
    }
    i += bytes;
  }
}

Place LineReader::place() const {
  constexpr std::int64_t limit = std::numeric_limits<int>::max() - 1;
  return {file_.name(), static_cast<int>(std::min(line_number_, limit)), 0};
}

Place LineReader::place(std::size_t byte) const {
  Place place = this->place();
  place.column = 1;
  for (const char c : line_.substr(0, byte)) {
    if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) ++place.column;
  }
  return place;
}

}  // namespace anda::sim
