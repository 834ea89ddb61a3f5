# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that options of the scripts have, for argparse."""

import argparse

from .scalar import OutOfRange, number, whole


def whole_number(low, high):
    """A kind of option: a whole number from `low` to `high`."""

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
    """A kind of option: any finite number."""

    def read(text):
        try:
            value = number(text)
        except OutOfRange:
            value = None
        if value is None:
            raise argparse.ArgumentTypeError(f"`{text}` is not {what}")
        return float(value)

    return read
