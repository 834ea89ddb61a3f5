# SPDX-License-Identifier: Apache-2.0
"""The only JSON reader of the scripts. docs/limits.md has the limits.

Python's own reader accepts more than JSON allows (NaN, numbers beyond a double, repeated keys, unpaired surrogates) and
raises a RecursionError on deep nesting. Here all of these are an InputError with file, line and column."""

import json
import math
import re
from pathlib import Path

from .errors import InputError

MAX_DEPTH = 64
MAX_BYTES = 1 << 28
# Digits of the largest double; Python's int() accepts at most 4300 at once.
_MAX_DIGITS = 309
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{}:,]|[^\s\[\]{}:,"]++', re.DOTALL)
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Refused(Exception):
    """A value that is not strict JSON; its position is determined afterwards."""


def loads(text, name, line=1):
    """The value of a JSON text. `name` (a path) and `line` (its first line there) are for messages."""
    where = _Place(text, name, line)
    _check_depth(text, where)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_float=_number, parse_int=_number, parse_constant=_constant)
    except json.JSONDecodeError as error:
        whole = "; the text may be cut off" if error.pos >= len(text.rstrip()) - 1 else ""
        raise where.error(error.pos, f"is no JSON: {error.msg[0].lower()}{error.msg[1:]}{whole}") from None
    except _Refused:
        _locate(text, where)
        raise
    if _SURROGATE.search(text):
        _locate(text, where)
    return value


def load(path, max_bytes=MAX_BYTES):
    """The value of a file, which may start with a byte-order mark."""
    try:
        with open(path, "rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    if len(data) > max_bytes:
        raise InputError(f"{path}: is larger than {max_bytes} bytes, the limit for a JSON file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: is no UTF-8 text (byte {error.start} of the file)") from None
    return loads(text, str(Path(path)))


def _object(pairs):
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _Refused
    return value


def _number(text):
    if text.lstrip("-").isdigit():
        if len(text) <= 15 or (len(text) <= _MAX_DIGITS and math.isfinite(float(text))):
            return int(text)
    else:
        value = float(text)
        if math.isfinite(value):
            return value
    raise _Refused


def _constant(_):
    raise _Refused


class _Place:
    def __init__(self, text, name, line):
        self.text, self.name, self.line = text, name, line

    def error(self, position, problem):
        line = self.line + self.text.count("\n", 0, position)
        column = position - self.text.rfind("\n", 0, position)
        return InputError(f"{self.name}:{line}:{column}: {problem}")


def _check_depth(text, where):
    depth = 0
    for match in _BRACKET.finditer(text):
        first = match.group()[0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise where.error(match.start(), f"is nested more than {MAX_DEPTH} levels deep")
        elif first in "]}":
            depth -= 1


def _locate(text, where):
    """Finds the part that Python's reader accepts and this one does not, and raises an InputError for it."""
    keys = []  # of the objects around the token; None for a list
    before = ""
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            keys.append(set() if token == "{" else None)
        elif token in "}]":
            keys.pop()
        elif token[0] == '"':
            string = json.loads(token)
            if any(0xD800 <= ord(character) < 0xE000 for character in string):
                raise where.error(match.start(), "holds half a surrogate pair, which is no character")
            if keys and keys[-1] is not None and before in "{,":
                if string in keys[-1]:
                    raise where.error(match.start(), f"the key {token} stands twice in an object")
                keys[-1].add(string)
        elif token in ("NaN", "Infinity", "-Infinity"):
            raise where.error(match.start(), f"{token} is no JSON; numbers must be finite")
        elif token[0] in "-0123456789":
            try:
                _number(token)
            except _Refused:
                shown = token if len(token) <= 40 else token[:40] + "…"
                raise where.error(match.start(), f"{shown} is beyond the range of a 64-bit floating-point number") from None
        before = token
