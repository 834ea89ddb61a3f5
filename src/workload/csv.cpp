// SPDX-License-Identifier: Apache-2.0
#include "workload/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {

bool CsvReader::next() {
  while (lines_.next()) {
    const std::string_view line = trimmed(lines_.line());
    if (line.empty() || line.front() == '#') continue;
    split();
    refuse_blank_row();
    return true;
  }
  return false;
}

void CsvReader::refuse_blank_row() const {
  const auto is_empty = [](const CsvField& field) { return field.text.empty(); };
  if (!std::all_of(fields_.begin(), fields_.end(), is_empty)) return;
  throw Error::input(lines_.place(), "the row has empty fields only, as spreadsheets write blank rows; delete it");
}

void CsvReader::expect_header(const std::string& columns) {
  if (next()) return;
  const bool empty = lines_.place().line == 0;
  throw Error::input({name(), 0, 0}, (empty ? "the file is empty" : "the file holds only comments and blank lines") +
                                         ("; its first row must name the columns: " + columns));
}

void CsvReader::add(std::string_view text, std::size_t byte) {
  const std::string_view inner = trimmed(text);
  // An empty field's place is its own start, not that of the next comma.
  fields_.push_back({inner, inner.empty() ? byte : byte + static_cast<std::size_t>(inner.data() - text.data())});
}

void CsvReader::split() {
  fields_.clear();
  const std::string_view line = lines_.line();
  if (std::memchr(line.data(), '"', line.size()) != nullptr) return split_quoted();
  std::size_t start = 0;
  for (;;) {
    const std::size_t comma = line.find(',', start);
    if (comma == std::string_view::npos) break;
    add(line.substr(start, comma - start), start);
    start = comma + 1;
  }
  add(line.substr(start), start);
}

void CsvReader::split_quoted() {
  const std::string_view line = lines_.line();
  unquoted_.clear();
  unquoted_.reserve(line.size());  // fields point into it, so it must not move
  std::size_t start = 0;
  for (;;) {
    const std::size_t first = std::min(line.find_first_not_of(" \t", start), line.size());
    std::size_t comma = 0;
    if (first < line.size() && line[first] == '"') {
      const std::size_t text_start = unquoted_.size();
      std::size_t i = first + 1;
      for (;; ++i) {
        if (i >= line.size()) throw Error::input(lines_.place(first), "the quote is not closed on its line");
        if (line[i] == '"') {
          if (i + 1 >= line.size() || line[i + 1] != '"') break;
          ++i;  // a doubled quote is a quote
        }
        unquoted_.push_back(line[i]);
      }
      const std::size_t behind = std::min(line.find_first_not_of(" \t", i + 1), line.size());
      if (behind < line.size() && line[behind] != ',') {
        const bool is_doubled = i == first + 1;
        throw Error::input(lines_.place(behind), is_doubled
                                                     ? "the field has doubled quotes; write 4096 or \"4096\""
                                                     : "text after a closing quote; double a quote within quotes");
      }
      comma = behind;
      fields_.push_back({{unquoted_.data() + text_start, unquoted_.size() - text_start}, first});
    } else {
      comma = std::min(line.find(',', first), line.size());
      const std::string_view text = line.substr(start, comma - start);
      const std::size_t quote = text.find('"');
      if (quote != std::string_view::npos) {
        throw Error::input(lines_.place(start + quote),
                           "quote within a field; put the whole field in quotes and write inner quotes twice");
      }
      add(text, start);
    }
    if (comma >= line.size()) return;
    start = comma + 1;
  }
}

void CsvReader::drop_empty_tail() {
  while (fields_.size() > 1 && fields_.back().text.empty()) fields_.pop_back();
}

Error CsvReader::field_error(std::size_t field, std::string_view column, const std::string& problem) const {
  return Error::input(place(field), fmt::format("column {}: {} {}", column, shown(fields_[field].text), problem));
}

void CsvReader::expect_fields(std::size_t count, const std::string& columns) const {
  if (fields_.size() == count) return;
  const bool few = fields_.size() < count;
  const Place where = few ? lines_.place(lines_.line().size()) : place(count);
  throw Error::input(where, fmt::format("the row has {} fields, must have {}: {}{}", fields_.size(), count, columns,
                                        few && lines_.unfinished() ? "; the file seems to be cut short here" : ""));
}

std::uint64_t CsvReader::whole_number(std::size_t field, std::string_view column, std::uint64_t min,
                                      std::uint64_t max) const {
  std::uint64_t value = 0;
  const std::string problem = parse_whole_number(fields_[field].text, min, max, value);
  if (!problem.empty()) throw field_error(field, column, problem);
  return value;
}

std::string_view CsvReader::text(std::size_t field, std::string_view column) const {
  const std::string_view text = fields_[field].text;
  if (text.empty()) throw field_error(field, column, "is empty; must be a text");
  return text;
}

}  // namespace anda::sim
