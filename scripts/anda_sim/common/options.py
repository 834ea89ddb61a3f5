# SPDX-License-Identifier: Apache-2.0
"""Value types of the scripts' options, for argparse."""

import argparse

from .scalar import OutOfRange, number, whole


def whole_number(low, high):
    """An option type: a whole number from `low` to `high`."""

    def read(text):
        try:
            value = whole(text)
        except OutOfRange:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from {low} to {high}")
        return value

    return read


def real_number(what="a number"):
    """An option type: any finite number."""

    def read(text):
        try:
            value = number(text)
        except OutOfRange:
            value = None
        if value is None:
            raise argparse.ArgumentTypeError(f"`{text}` is not {what}")
        return float(value)

    return read


def add_color(parser):
    """Adds --color; pass its value to terminal.choose_colour()."""
    parser.add_argument("--color", choices=["auto", "always", "never"], default="auto",
                        help="colours on the terminal; auto heeds NO_COLOR (auto)")
