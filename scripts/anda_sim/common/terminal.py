# SPDX-License-Identifier: Apache-2.0
"""Makes text of files, options and programs safe for a terminal: a name must not move the cursor or set the window's title."""

import os
import re
import sys
from typing import Any, Optional

# Control characters of ASCII and Latin-1, line and paragraph separators, marks that change the text direction, and
# surrogates, which UTF-8 does not have. Line feed and tab stay.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def _escaped(match):
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text):
    """The text with unprintable characters as \\xNN or \\uNNNN; line breaks are kept."""
    return _UNPRINTABLE.sub(_escaped, str(text))


def one_line(text):
    """The text as one line."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


INKS = {"heading": "\x1b[1m", "good": "\x1b[32m", "bad": "\x1b[31m", "note": "\x1b[1;33m", "error": "\x1b[1;31m"}
_END = "\x1b[0m"


def wants_colour(stream: Any) -> bool:
    """Whether a script should colour its output to a stream: it is a terminal with colours (TERM is not dumb), and NO_COLOR is
    unset or empty (https://no-color.org)."""
    try:
        terminal = stream.isatty()
    except (AttributeError, ValueError):
        return False
    return terminal and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("NO_COLOR")


class PrintableStream:
    """A text stream that passes only printable text to `stream`, and colours text for which say() gives an ink."""

    def __init__(self, stream):
        self.stream = stream
        self.colour = wants_colour(stream)

    def write(self, text):
        self.stream.write(printable(text))
        return len(text)

    def write_inked(self, text, ink):
        """Writes text in the colour of an ink."""
        self.stream.write(f"{INKS[ink]}{printable(text)}{_END}" if self.colour and text else printable(text))

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self.stream, name)


def say(text: str, ink: Optional[str] = None, end: str = "\n", error: bool = False) -> None:
    """Prints a text, in the colour of an ink (one of INKS) if the standard output, or with `error` the standard error, has
    colours."""
    stream = sys.stderr if error else sys.stdout
    if ink is not None and isinstance(stream, PrintableStream):
        stream.write_inked(text, ink)
        text = ""
    stream.write(text + end)


def choose_colour(when: str) -> None:
    """Applies --color: `always`, `never`, or `auto` (the default)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, PrintableStream) and when != "auto":
            stream.colour = when == "always"
