// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/code_table.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <system_error>

#include <anda/base/error.h>

namespace anda {
namespace {

constexpr std::size_t most_tables = 16;

}  // namespace

CodeTables CodeTables::parse(const std::string& text, std::uint32_t bits) {
  CodeTables tables;
  const std::string wrong = read(text, bits, tables);
  if (!wrong.empty()) throw Error::input("a format's table " + wrong);
  return tables;
}

std::string CodeTables::problem(const std::string& text, std::uint32_t bits) {
  CodeTables tables;
  return read(text, bits, tables);
}

std::string CodeTables::read(const std::string& text, std::uint32_t bits, CodeTables& read) {
  if (text.empty()) return "is missing, must be the numbers of the codes";
  read.tables.emplace_back();
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (word == "/") {
      read.tables.emplace_back();
      continue;
    }
    double number = 0;
    const char* end = word.data() + word.size();
    const auto [stopped, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc() || stopped != end || !std::isfinite(number)) return "has " + word + ", must be numbers";
    read.tables.back().push_back(number);
  }
  if (read.tables.size() > most_tables) return "has more than " + std::to_string(most_tables) + " parts";
  for (const std::vector<double>& table : read.tables) {
    if (table.size() != std::size_t{1} << bits) {
      return "has " + std::to_string(table.size()) + " numbers, must have " + std::to_string(1u << bits) + " for " +
             std::to_string(bits) + " bits";
    }
    if (std::all_of(table.begin(), table.end(), [](double number) { return number == 0; })) return "is all 0";
  }
  return {};
}

}  // namespace anda
