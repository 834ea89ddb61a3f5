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

std::size_t width_of(const std::vector<std::size_t>& widths, const std::vector<std::size_t>& part) {
  std::size_t width = 0;
  for (const std::size_t column : part) width += widths[column] + (column == part.front() ? 0 : gap_columns);
  return width;
}

/// The columns of each part of a grid. Every part has the first column and at least one more, whatever its width.
std::vector<std::vector<std::size_t>> parts_of(const std::vector<std::size_t>& widths, std::size_t columns) {
  std::vector<std::vector<std::size_t>> parts{{0}};
  for (std::size_t next = 1; next < widths.size(); ++next) {
    std::vector<std::size_t>& part = parts.back();
    if (part.size() > 1 && width_of(widths, part) + gap_columns + widths[next] > columns) {
      parts.push_back({0, next});
    } else {
      part.push_back(next);
    }
  }
  return parts;
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
  std::vector<std::vector<std::size_t>> parts = parts_of(all, columns);
  // The narrowest limit that needs no more parts avoids a part with a single column where the others have many.
  while (parts.size() > 1) {
    std::size_t widest = 0;
    for (const std::vector<std::size_t>& part : parts) widest = std::max(widest, width_of(all, part));
    const auto narrower = parts_of(all, widest - 1);
    if (narrower.size() > parts.size() || narrower == parts) break;
    parts = narrower;
  }
  for (const std::vector<std::size_t>& part : parts) {
    if (&part != &parts.front()) out << '\n';
    print_part(out, all, part);
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
      // Headings are aligned to the bottom line.
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
