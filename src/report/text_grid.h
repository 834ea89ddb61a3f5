// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_TEXT_GRID_H
#define ANDA_SIM_REPORT_TEXT_GRID_H

#include <ostream>
#include <string>
#include <vector>

namespace anda::sim {

/// Rows of cells, printed in aligned columns: the first to the left, the others to the right. UTF-8.
class TextGrid {
 public:
  /// Headings; a line break in one makes it two lines high.
  explicit TextGrid(std::vector<std::string> headings);

  void row(std::vector<std::string> cells);
  /// A line of its own, over the rows that follow it.
  void title(const std::string& text);

  /// In lines of at most so many columns: where the grid is wider, columns that do not fit follow below, beside the
  /// first one again.
  void print(std::ostream& out, std::size_t columns) const;
  /// In lines that fit the terminal, if `out` is the standard output on one.
  void print(std::ostream& out) const;

 private:
  bool is_title(const std::vector<std::string>& cells) const { return cells.size() != headings_.size(); }
  std::vector<std::size_t> widths() const;
  void print_part(std::ostream& out, const std::vector<std::size_t>& widths,
                  const std::vector<std::size_t>& part) const;

  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;  ///< of one cell: a title
};

/// The text, cut to so many characters with "…" at the end if it is longer; without control characters.
std::string shortened(const std::string& text, std::size_t columns);

}  // namespace anda::sim

#endif
