# SPDX-License-Identifier: Apache-2.0
"""Makes text of files, options and programs safe for a terminal: a name must not move the cursor or set the window's title."""

import re

# Control characters of ASCII and Latin-1, line and paragraph separators, marks that change the text direction, and
# surrogates, which UTF-8 does not have. Line feed and tab stay.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def _escaped(match):
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def printable(text):
    """The text with unprintable characters as \\xNN or \\uNNNN; lines stay lines."""
    return _UNPRINTABLE.sub(_escaped, str(text))


def one_line(text):
    """The text as one line."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


class PrintableStream:
    """A text stream that passes only printable text to `stream`."""

    def __init__(self, stream):
        self.stream = stream

    def write(self, text):
        self.stream.write(printable(text))
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def __getattr__(self, name):
        return getattr(self.stream, name)
