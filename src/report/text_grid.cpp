// SPDX-License-Identifier: Apache-2.0
#include "report/text_grid.h"

#include <algorithm>

#include "text/characters.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

constexpr std::size_t gap_columns = 2;  // between columns

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

}  // namespace

TextGrid::TextGrid(std::vector<std::string> headings) : headings_(std::move(headings)) {}

void TextGrid::row(std::vector<std::string> cells, std::vector<Ink> inks) {
  cells.resize(headings_.size());
  for (std::string& cell : cells) cell = for_terminal(cell);
  inks.resize(headings_.size(), Ink::plain);
  rows_.push_back({std::move(cells), std::move(inks)});
}

void TextGrid::title(const std::string& text) { rows_.push_back({{for_terminal(text)}, {}}); }

std::vector<std::size_t> TextGrid::widths() const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) {
    std::size_t width = 0;
    for (const std::string& line : lines_of(heading)) width = std::max(width, columns_of(line));
    widths.push_back(width);
  }
  for (const Row& row : rows_) {
    if (is_title(row)) continue;
    for (std::size_t i = 0; i < row.cells.size(); ++i) widths[i] = std::max(widths[i], columns_of(row.cells[i]));
  }
  return widths;
}

void TextGrid::print(std::ostream& out) const { print(out, line_columns(out)); }

void TextGrid::print(std::ostream& out, std::size_t columns) const {
  const std::vector<std::size_t> all = widths();
  for (std::size_t next = 1; next == 1 || next < all.size();) {
    std::vector<std::size_t> part{0};
    std::size_t used = all[0];
    while (next < all.size() && (part.size() == 1 || used + gap_columns + all[next] <= columns)) {
      used += gap_columns + all[next];
      part.push_back(next++);
    }
    if (part.back() != part.size() - 1) out << '\n';
    print_part(out, all, part);
    if (all.size() == 1) break;
  }
}

void TextGrid::print_part(std::ostream& out, const std::vector<std::size_t>& widths,
                          const std::vector<std::size_t>& part) const {
  const auto print_line = [&](const std::vector<std::string>& cells, const std::vector<Ink>& inks) {
    std::string line;
    for (const std::size_t i : part) {
      const std::string gap(widths[i] - columns_of(cells[i]), ' ');
      const std::string cell = inked(cells[i], inks[i], out);
      line += i == 0 ? cell + gap : std::string(gap_columns, ' ') + gap + cell;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  };
  std::size_t heading_lines = 1;
  for (const std::size_t i : part) heading_lines = std::max(heading_lines, lines_of(headings_[i]).size());
  for (std::size_t i = 0; i < heading_lines; ++i) {
    std::vector<std::string> cells;
    for (const std::string& heading : headings_) {
      const std::vector<std::string> lines = lines_of(heading);
      // Headings stand on the bottom line.
      const std::size_t above = heading_lines - std::min(heading_lines, lines.size());
      cells.push_back(i < above ? "" : lines[i - above]);
    }
    print_line(cells, std::vector<Ink>(headings_.size(), Ink::heading));
  }
  for (const Row& row : rows_) {
    if (is_title(row)) {
      out << inked(row.cells.front(), Ink::heading, out) << '\n';
    } else {
      print_line(row.cells, row.inks);
    }
  }
}

std::string shortened(const std::string& text, std::size_t columns) {
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  if (columns_of(clean) <= columns) return clean;
  std::size_t end = 0;
  for (std::size_t kept = 0; end < clean.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(clean[end]) & 0xC0u) != 0x80u;
    if (starts && kept++ == columns - 1) break;
  }
  return clean.substr(0, end) + "…";
}

}  // namespace anda::sim
