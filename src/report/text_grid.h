// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_TEXT_GRID_H
#define ANDA_SIM_REPORT_TEXT_GRID_H

#include <ostream>
#include <string>
#include <vector>

#include "text/terminal.h"

namespace anda::sim {

/// A table of text cells, printed in aligned columns: the first aligned left, the others right. UTF-8.
class TextGrid {
 public:
  /// `headings` of the columns; a line break makes a heading two lines high.
  explicit TextGrid(std::vector<std::string> headings);

  /// Adds a row. `inks`: colours of the first cells; further cells are plain.
  void row(std::vector<std::string> cells, std::vector<Ink> inks = {});
  /// Adds a separate line above the rows that follow.
  void title(const std::string& text);

  /// Prints lines of at most `columns` columns: if the grid is wider, the columns that do not fit follow below, with
  /// the first column repeated, in parts of similar width.
  void print(std::ostream& out, std::size_t columns) const;
  /// Prints lines that fit the terminal, if `out` is the standard output on one.
  void print(std::ostream& out) const;

 private:
  struct Row {
    std::vector<std::string> cells;  ///< a single cell: a title
    std::vector<Ink> inks;
  };

  bool is_title(const Row& row) const { return row.cells.size() != headings_.size(); }
  std::vector<std::size_t> widths() const;
  void print_part(std::ostream& out, const std::vector<std::size_t>& widths,
                  const std::vector<std::size_t>& part) const;

  std::vector<std::string> headings_;
  std::vector<Row> rows_;
};

/// The text without control characters, cut to `columns` characters with "…" at the end if it is longer.
std::string shortened(const std::string& text, std::size_t columns);

}  // namespace anda::sim

#endif
