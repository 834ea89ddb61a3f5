// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_CHARACTERS_H
#define ANDA_SIM_TEXT_CHARACTERS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anda::sim {

/// The UTF-8 character at the start of a text. `bytes` is 0 where there is no valid one.
struct Character {
  std::size_t bytes = 0;
  std::uint32_t code = 0;
};
Character first_character(std::string_view text);

/// Whether a terminal or an editor would obey the character rather than show it: the control characters of ASCII and
/// Latin-1, line and paragraph separators, marks that turn the direction of writing.
bool is_control(std::uint32_t code);

/// Whether no character of the text is a control character and all of it is UTF-8.
bool is_plain_text(std::string_view text);

/// Text of any origin as a terminal may get it: line ends and tabs stay, other control characters and bytes that are no
/// UTF-8 become \xNN.
std::string for_terminal(std::string_view text);

/// What the first character is that looks like a space, or like nothing, and is no plain space: "a no-break space
/// (U+00A0)"; empty if there is none.
std::string unusual_space(std::string_view text);
/// What to do about it: "; it holds a no-break space (U+00A0), …", or nothing.
std::string space_hint(std::string_view text);

}  // namespace anda::sim

#endif
