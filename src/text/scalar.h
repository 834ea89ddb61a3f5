// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_SCALAR_H
#define ANDA_SIM_TEXT_SCALAR_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The one grammar of numbers, truth values and lists, whatever holds them: YAML, --set, options, CSV, JSON and what
// evaluators answer. docs/configuration.md states it.

namespace anda::sim {

/// What a text is as a number. `out_of_range`: a number, but none that the type holds.
enum class NumberSyntax { good, not_a_number, out_of_range };

/// Decimal digits only: no sign but a minus (always out of range), no leading zero, no point, no exponent.
NumberSyntax parse_number(std::string_view text, std::uint64_t& value);
NumberSyntax parse_number(std::string_view text, std::uint32_t& value);
/// Decimal digits with point and exponent; neither infinity nor NaN nor hexadecimal. Out of range is also what is not 0
/// but too small for a double.
NumberSyntax parse_number(std::string_view text, double& value);

/// Reads a whole number. Returns what is wrong with the text ("is negative; must be …"), empty when `value` is set.
std::string parse_whole_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& value);

/// true or false, in this spelling.
bool parse_flag(std::string_view text, bool& value);

/// The parts of a list on the command line, `7,6,6,6` or `[7, 6, 6, 6]`, without the spaces around them.
std::vector<std::string> list_parts(std::string_view text);

/// Whether plain YAML text reads as a number or a truth value, so that it must be quoted to be text.
bool looks_like_number_or_flag(std::string_view text);

/// What to do about a text that people take for a truth value, or for a number or a list of them, and that is none:
/// "; write …", or nothing.
std::string flag_hint(std::string_view text);
std::string number_hint(std::string_view text);

/// The shortest text that reads back as the same number.
std::string exact_text(double value);

}  // namespace anda::sim

#endif
