// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_CHARACTERS_H
#define ANDA_SIM_TEXT_CHARACTERS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace anda::sim {

/// The UTF-8 character at the start of a text; `bytes` is 0 if it is invalid.
struct Character {
  std::size_t bytes = 0;
  std::uint32_t code = 0;
};
Character first_character(std::string_view text);

/// Whether a terminal or an editor would act on the character rather than show it: ASCII and Latin-1 control
/// characters, line and paragraph separators, marks that change the writing direction.
bool is_control(std::uint32_t code);

/// Whether the text is valid UTF-8 without control characters.
bool is_plain_text(std::string_view text);

/// Makes text of any origin safe for a terminal: line ends and tabs stay, other control characters and invalid UTF-8
/// bytes become \xNN.
std::string for_terminal(std::string_view text);

/// Describes the first character that looks like a space, or is invisible, but is not a plain space: "a no-break space
/// (U+00A0)"; empty if there is none.
std::string unusual_space(std::string_view text);
/// Returns a hint about it: "; it holds a no-break space (U+00A0), …", or an empty string.
std::string space_hint(std::string_view text);

}  // namespace anda::sim

#endif
