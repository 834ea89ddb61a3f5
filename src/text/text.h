// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_TEXT_H
#define ANDA_SIM_TEXT_TEXT_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace anda::sim {

/// Bytes of the UTF-8 character at the start of `text`; 0 where there is no valid one.
std::size_t utf8_character_bytes(std::string_view text);

/// What a message shows of the user's text: in double quotes, no longer than that many characters, with
/// unprintable bytes as \xNN.
std::string shown(std::string_view text, std::size_t longest = 40);

std::string lower_case(std::string_view text);
std::string_view trimmed(std::string_view text);
std::string joined(const std::vector<std::string>& words, std::string_view separator);

/// Reads decimal digits. Returns what is wrong with the text ("is negative; must be …"), empty when `value` is set.
std::string parse_whole_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& value);

}  // namespace anda::sim

#endif
