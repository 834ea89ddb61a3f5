# SPDX-License-Identifier: Apache-2.0
"""Values of plain words in YAML, CSV files and options, with the same rules as anda-sim (src/text/scalar.cpp).

Numbers are decimal, without leading zeros, a plus sign, underscores or another base, and finite. Truth
values are `true` and `false`. Everything else is text."""

import re

_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WHOLE = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)
_NULL = ("", "~", "null", "Null", "NULL")


# Suffixes of key names, the unit without a prefix, the power of ten of the prefix in the name, and whether prefixes of powers
# of 1024 are usual. Longest suffix first.
_KEY_UNITS = (
    ("_pj_per_bit", "J/bit", -12, False), ("_pj_per_value", "J/value", -12, False), ("_bit_per_s", "bit/s", 0, False),
    ("_bytes", "B", 0, True), ("_bits", "bit", 0, True), ("_mm2", "mm²", 0, False), ("_hz", "Hz", 0, False), ("_ns", "s", -9, False),
    ("_us", "s", -6, False), ("_pj", "J", -12, False), ("_mw", "W", -3, False))
_PREFIXES = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12}
_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
_QUANTITY = re.compile(r"([-+.0-9eE]*[0-9.]) *([^0-9. ]\S*)", re.ASCII)


class OutOfRange(ValueError):
    """A number outside the range of a double."""


def is_number(text):
    """Whether a text is written as a number, whatever its size."""
    return _NUMBER.fullmatch(text) is not None


def number(text):
    """The int or float that a text denotes, None if it is not a number; OutOfRange beyond 1.8e308, and if a number
    other than 0 would become 0."""
    if not is_number(text):
        return None
    value = float(text)
    if value in (float("inf"), float("-inf")) or (value == 0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise OutOfRange(f"is {text[:60]}, beyond the numbers from 4.9e-324 to 1.8e308")
    return int(text) if _WHOLE.fullmatch(text) else value


def whole(text):
    """The int that a text denotes, or None; OutOfRange as number()."""
    return number(text) if _WHOLE.fullmatch(text) else None


def plain(text):
    """The value of a word without quotes: a number, True or False, None (no value), or the text. OutOfRange as number()."""
    if text in _NULL:
        return None
    if text in ("true", "false"):
        return text == "true"
    value = number(text)
    return text if value is None else value


def quantity(text, key):
    """A number with a unit, converted to the unit in the name of the key as in anda-sim (src/text/quantity.cpp):
    "2MiB" for `bytes` is 2097152. None if it is not a number with a unit that fits the key."""
    found = next(((unit, exponent, binary) for end, unit, exponent, binary in _KEY_UNITS
                  if f"_{key}".endswith(end)), None)
    match = _QUANTITY.fullmatch(text)
    if not found or not match or not is_number(match[1]):
        return None
    (unit, exponent, binary), written = found, match[2]
    if unit == "mm²":
        return number(match[1]) if written in ("mm2", "mm²") else None
    if unit.startswith("J/") and "/" not in written:
        unit = "J"
    if not written.endswith(unit):
        return None
    prefix = written[: len(written) - len(unit)]
    if binary and prefix in _BINARY:
        return _whole_where_it_is(float(match[1]) * _BINARY[prefix])
    if prefix not in _PREFIXES:
        return None
    shift = _PREFIXES[prefix] - exponent
    if shift == 0:
        return number(match[1])
    return None if re.search("[eE]", match[1]) else _whole_where_it_is(float(f"{match[1]}e{shift}"))


def _whole_where_it_is(value):
    return int(value) if 0 <= value <= 2.0**53 and value == int(value) else value
