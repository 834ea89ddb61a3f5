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

  void print(std::ostream& out) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;  ///< of one cell: a title
};

/// The text, cut to so many characters with "…" at the end if it is longer; without control characters.
std::string shortened(const std::string& text, std::size_t columns);

}  // namespace anda::sim

#endif
