// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_TEXT_H
#define ANDA_SIM_TEXT_TEXT_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anda::sim {

/// Formats the user's text for a message: in double quotes, at most `longest` characters, with unprintable bytes as
/// \xNN.
std::string shown(std::string_view text, std::size_t longest = 40);

std::string lower_case(std::string_view text);
std::string_view trimmed(std::string_view text);
inline bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }
inline bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
std::string joined(const std::vector<std::string>& words, std::string_view separator);

}  // namespace anda::sim

#endif
