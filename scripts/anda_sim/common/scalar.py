# SPDX-License-Identifier: Apache-2.0
"""What a plain word of YAML, of a CSV file or of an option means: the same as in anda-sim (src/text/scalar.cpp).

Numbers are decimal, without leading zeros, a plus sign, underscores or another base; neither infinity nor NaN is one. Truth
values are `true` and `false`. Everything else is text."""

import re

_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)
_NULL = ("", "~", "null", "Null", "NULL")


class OutOfRange(ValueError):
    """A number, but none that a double holds."""


def is_number(text):
    """Whether a text is written as a number, whatever its size."""
    return _NUMBER.fullmatch(text) is not None


def number(text):
    """The int or float that a text is written as, None where it is no number; OutOfRange beyond 1.8e308, and where a number
    other than 0 would be 0."""
    if not is_number(text):
        return None
    value = float(text)
    if value in (float("inf"), float("-inf")) or (value == 0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise OutOfRange(f"is {text[:60]}, beyond the numbers from 4.9e-324 to 1.8e308")
    return int(text) if _WHOLE.fullmatch(text) else value


def whole(text):
    """The int that a text is written as, or None; OutOfRange as number()."""
    return number(text) if _WHOLE.fullmatch(text) else None


def plain(text):
    """The value of a word without quotes: a number, True or False, None (no value), or the text. OutOfRange as number()."""
    if text in _NULL:
        return None
    if text in ("true", "false"):
        return text == "true"
    value = number(text)
    return text if value is None else value
