// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_CODE_TABLE_H
#define ANDA_NUMERIC_FORMAT_CODE_TABLE_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace anda {

/// The numbers of codes: one list, or several that a group chooses from, as "−1 0 1 / −2 0 2".
struct CodeTables {
  std::vector<std::vector<double>> tables;

  /// Error::input with problem().
  static CodeTables parse(const std::string& text, std::uint32_t bits);
  /// What is wrong with a text, for codes of so many bits; empty: nothing.
  static std::string problem(const std::string& text, std::uint32_t bits);

 private:
  static std::string read(const std::string& text, std::uint32_t bits, CodeTables& read);
};

}  // namespace anda

#endif
