// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_TERMINAL_H
#define ANDA_SIM_TEXT_TERMINAL_H

#include <cstddef>
#include <optional>
#include <ostream>
#include <string>

namespace anda::sim {

/// Number of characters of a UTF-8 text, each of which takes one terminal column.
std::size_t columns_of(const std::string& text);

/// Width in columns of the terminal behind a file descriptor; nothing if it is not a terminal or its width is unknown.
std::optional<std::size_t> terminal_columns(int descriptor);

/// Maximum line width on a stream: the terminal's width if the stream is standard output or standard error and that is
/// a terminal; otherwise unlimited (the largest number).
std::size_t line_columns(const std::ostream& out);

/// Wraps the text at word boundaries so that no line exceeds `columns` unless a single word does; continuation lines
/// begin with `indent`.
std::string wrapped(const std::string& text, std::size_t columns, const std::string& indent = "");

/// The role of a text, which determines how a terminal shows it.
enum class Ink { plain, heading, good, bad, note, error };

/// Whether output to this file descriptor should be coloured: it is a terminal that supports it (TERM is set and not
/// dumb), and NO_COLOR is unset or empty (https://no-color.org).
bool wants_colour(int descriptor);

/// Turns colouring by inked() on or off for a stream; initially off.
void set_colour(std::ostream& out, bool on);

/// Returns the text with its ink's control sequences if the stream is coloured.
std::string inked(const std::string& text, Ink ink, const std::ostream& out);

/// Returns "note: …" wrapped to the terminal's width, with a final line feed. `text` is shown as it is.
std::string note_text(const std::string& text, const std::ostream& out);

}  // namespace anda::sim

#endif
