// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_CSV_H
#define ANDA_SIM_WORKLOAD_CSV_H

#include <anda/base/error.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workload/line_reader.h"

namespace anda::sim {

/// One field of a row, without surrounding spaces and quotes.
struct CsvField {
  std::string_view text;
  std::size_t byte = 0;  ///< where it starts in its line
};

/// Reads the rows of a CSV file (RFC 4180, without line breaks in fields). Skips blank lines and lines that start with
/// #. Errors are anda::Error (input) with file, line and column.
class CsvReader {
 public:
  explicit CsvReader(const std::string& path) : CsvReader(InputFile(path)) {}
  explicit CsvReader(InputFile file) : lines_(std::move(file)) {}

  /// Advances to the next row; returns false at the end.
  bool next();
  /// Advances to the first row, which names the columns. Throws if there is none.
  void expect_header(const std::string& columns);

  /// The current row; valid until next().
  const std::vector<CsvField>& row() const { return fields_; }
  /// Drops empty fields at the end of the row: some formats have a trailing comma.
  void drop_empty_tail();

  const std::string& name() const { return lines_.name(); }
  Place place() const { return lines_.place(); }
  Place place(std::size_t field) const { return lines_.place(fields_[field].byte); }
  /// Returns an error about a field, with its column, text and problem.
  Error field_error(std::size_t field, std::string_view column, const std::string& problem) const;

  /// Throws unless the row has exactly the fields that the header names.
  void expect_fields(std::size_t count, const std::string& columns) const;
  std::uint64_t whole_number(std::size_t field, std::string_view column, std::uint64_t min, std::uint64_t max) const;
  /// Returns the text of a field. Throws if it is empty.
  std::string_view text(std::size_t field, std::string_view column) const;

 private:
  void split();
  void refuse_blank_row() const;
  void split_quoted();
  void add(std::string_view text, std::size_t byte);

  LineReader lines_;
  std::vector<CsvField> fields_;
  std::vector<char> unquoted_;  ///< texts of quoted fields; a vector keeps its buffer when the reader is moved
};

}  // namespace anda::sim

#endif
