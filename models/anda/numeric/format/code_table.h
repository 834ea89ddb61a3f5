// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_CODE_TABLE_H
#define ANDA_NUMERIC_FORMAT_CODE_TABLE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anda {

/// The numbers that codes stand for: one list, or several that each group chooses from, written as "−1 0 1 / −2 0 2".
struct CodeTables {
  std::vector<std::vector<double>> tables;

  /// Parses a text. Throws Error::input with problem() if it is invalid.
  static CodeTables parse(const std::string& text, std::uint32_t bits);
  /// Describes what is wrong with a text for codes of `bits`; empty if nothing is.
  static std::string problem(const std::string& text, std::uint32_t bits);

 private:
  static std::string read(const std::string& text, std::uint32_t bits, CodeTables& read);
};

}  // namespace anda

#endif
