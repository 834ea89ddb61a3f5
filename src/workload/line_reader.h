// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_LINE_READER_H
#define ANDA_SIM_WORKLOAD_LINE_READER_H

#include <anda/base/error.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/input_file.h"

namespace anda::sim {

/// Longest legal line in bytes, excluding its line end.
inline constexpr std::size_t max_line_bytes = 1u << 16;

/// Reads the lines of a text file in constant memory. Accepts \n and \r\n, a UTF-8 byte-order mark and a last line
/// without a line end. Throws anda::Error (input) for anything but UTF-8 text (binary files, control characters).
class LineReader {
 public:
  explicit LineReader(InputFile file);

  /// Advances to the next line; returns false at the end of the file.
  bool next();

  /// The current line without its line end; valid until next().
  std::string_view line() const { return line_; }
  /// Whether the line is the file's last and has no line end, as in a truncated copy.
  bool unfinished() const { return unfinished_; }

  const std::string& name() const { return file_.name(); }
  /// The place of the line.
  Place place() const;
  /// The place of the character at this byte of the line.
  Place place(std::size_t byte) const;

 private:
  bool fill();
  void check_text(bool cut) const;

  InputFile file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< first byte not yet returned
  std::size_t end_ = 0;    ///< one past the last byte read
  bool at_end_ = false;
  std::string_view line_;
  std::int64_t line_number_ = 0;
  bool unfinished_ = false;
};

}  // namespace anda::sim

#endif
