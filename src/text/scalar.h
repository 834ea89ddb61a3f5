// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_SCALAR_H
#define ANDA_SIM_TEXT_SCALAR_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// The single grammar of numbers, truth values and lists in every input: YAML, --set, options, CSV, JSON and evaluators'
// answers. docs/configuration.md states it.

namespace anda::sim {

/// Result of parsing a number. `out_of_range`: a number that the type cannot hold.
enum class NumberSyntax { good, not_a_number, out_of_range };

/// Parses decimal digits only: no sign except a minus (always out of range), no leading zero, no point, no exponent.
NumberSyntax parse_number(std::string_view text, std::uint64_t& value);
NumberSyntax parse_number(std::string_view text, std::uint32_t& value);
/// Parses decimal digits with point and exponent; not infinity, NaN or hexadecimal. A nonzero number too small for a
/// double is out of range, too.
NumberSyntax parse_number(std::string_view text, double& value);

/// Parses a whole number. Returns an error description ("is negative; must be …"), or an empty string on success with
/// `value` set.
std::string parse_whole_number(std::string_view text, std::uint64_t min, std::uint64_t max, std::uint64_t& value);

/// Parses "true" or "false", in exactly this spelling.
bool parse_flag(std::string_view text, bool& value);

/// Splits a list on the command line, `7,6,6,6` or `[7, 6, 6, 6]`, into its parts without surrounding spaces.
std::vector<std::string> list_parts(std::string_view text);

/// Whether plain YAML text would be read as a number or a truth value, so that a string must be quoted.
bool looks_like_number_or_flag(std::string_view text);

/// Return a hint, "; write …", for a text that was probably meant as a truth value, or as a number or a list of
/// numbers, but is invalid; empty if there is none.
std::string flag_hint(std::string_view text);
std::string number_hint(std::string_view text);

/// Returns the shortest text that parses to the same number.
std::string exact_text(double value);

}  // namespace anda::sim

#endif
