// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_TERMINAL_H
#define ANDA_SIM_TEXT_TERMINAL_H

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>

namespace anda::sim {

/// Characters of a UTF-8 text, each of which takes a column of the terminal.
std::size_t columns_of(const std::string& text);

/// The columns of the terminal that a file descriptor is; nothing where it is none, or one that does not tell.
std::optional<std::size_t> terminal_columns(int descriptor);

/// The columns that a line on this stream may have: those of the terminal, if it is the standard output or the standard
/// error and that is one. No limit (the largest number) for files and pipes.
std::size_t line_columns(const std::ostream& out);

/// The text with line breaks between words, so that no line is longer than `columns` unless a word is; further lines
/// begin with `indent`.
std::string wrapped(const std::string& text, std::size_t columns, const std::string& indent = "");

/// What a text is, which says how a terminal shows it.
enum class Ink { plain, heading, good, bad, note, error };

/// Whether a program should colour what it writes to this file descriptor: a terminal that knows how (TERM is not
/// dumb), while NO_COLOR is not in the environment, or empty (https://no-color.org).
bool wants_colour(int descriptor);

/// Has inked() colour the texts for this stream, which it does not at first.
void set_colour(std::ostream& out, bool on);

/// The text with the control sequences of its ink, where the stream is coloured.
std::string inked(const std::string& text, Ink ink, const std::ostream& out);

/// "note: …" in lines that fit the terminal, with a line feed at the end. The text is as it should appear.
std::string note_text(const std::string& text, const std::ostream& out);

}  // namespace anda::sim

#endif
