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

/// Longest legal line in bytes, its end not counted.
inline constexpr std::size_t max_line_bytes = 1u << 16;

/// The lines of a text file, in constant memory. Takes \n and \r\n, a UTF-8 byte-order mark and a last line
/// without an end. Whatever is no UTF-8 text (binary files, control characters) is an anda::Error (input).
class LineReader {
 public:
  explicit LineReader(InputFile file);

  /// Goes to the next line; false at the end of the file.
  bool next();

  /// Without its end; valid until next().
  std::string_view line() const { return line_; }
  /// Whether the line is the file's last and has no line end, as when a copy was cut short.
  bool unfinished() const { return unfinished_; }

  const std::string& name() const { return file_.name(); }
  /// The line.
  Place place() const;
  /// The character at this byte of the line.
  Place place(std::size_t byte) const;

 private:
  bool fill();
  void check_text(bool cut) const;

  InputFile file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< first byte not handed out yet
  std::size_t end_ = 0;    ///< behind the last byte read
  bool at_end_ = false;
  std::string_view line_;
  std::int64_t line_number_ = 0;
  bool unfinished_ = false;
};

}  // namespace anda::sim

#endif
