// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_TEXT_GRID_H
#define ANDA_SIM_REPORT_TEXT_GRID_H

#include <ostream>
#include <string>
#include <vector>

#include "text/terminal.h"

namespace anda::sim {

/// Rows of cells, printed in aligned columns: the first to the left, the others to the right. UTF-8.
class TextGrid {
 public:
  /// Headings; a line break in one makes it two lines high.
  explicit TextGrid(std::vector<std::string> headings);

  /// `inks`: those of the cells from the first one on; further cells are plain.
  void row(std::vector<std::string> cells, std::vector<Ink> inks = {});
  /// A line of its own, over the rows that follow it.
  void title(const std::string& text);

  /// In lines of at most so many columns: where the grid is wider, columns that do not fit follow below, beside the
  /// first one again, in parts of about the same width.
  void print(std::ostream& out, std::size_t columns) const;
  /// In lines that fit the terminal, if `out` is the standard output on one.
  void print(std::ostream& out) const;

 private:
  struct Row {
    std::vector<std::string> cells;  ///< one: a title
    std::vector<Ink> inks;
  };

  bool is_title(const Row& row) const { return row.cells.size() != headings_.size(); }
  std::vector<std::size_t> widths() const;
  void print_part(std::ostream& out, const std::vector<std::size_t>& widths,
                  const std::vector<std::size_t>& part) const;

  std::vector<std::string> headings_;
  std::vector<Row> rows_;
};

/// The text, cut to so many characters with "…" at the end if it is longer; without control characters.
std::string shortened(const std::string& text, std::size_t columns);

}  // namespace anda::sim

#endif
