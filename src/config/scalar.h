// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SCALAR_H
#define ANDA_SIM_CONFIG_SCALAR_H

#include <cstdint>
#include <string>

namespace anda::sim {

/// What a text is as a number. `out_of_range`: a number, but none that the type holds.
enum class NumberSyntax { good, not_a_number, out_of_range };

/// Decimal digits only: no sign but a minus (always out of range), no leading zero, no point, no exponent.
NumberSyntax parse_number(const std::string& text, std::uint64_t& value);
NumberSyntax parse_number(const std::string& text, std::uint32_t& value);
/// Decimal digits with point and exponent; neither infinity nor NaN nor hexadecimal.
NumberSyntax parse_number(const std::string& text, double& value);

/// Whether plain YAML text reads as a number or a truth value, so that it must be quoted to be text.
bool looks_like_number_or_flag(const std::string& text);

/// The shortest text that reads back as the same number.
std::string exact_text(double value);

}  // namespace anda::sim

#endif
