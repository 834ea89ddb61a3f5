# SPDX-License-Identifier: Apache-2.0
"""The two ways in which a sweep ends early, and what a sweep file says is wrong with it."""

import difflib


class InputError(Exception):
    """What the user gave is wrong: exit status 2. The text has a line for each problem."""


class SweepError(Exception):
    """The sweep could not go on: exit status 1. Points that are finished are kept."""


def suggestion(word, words):
    """`; did you mean …?` if one of `words` is close to `word`, else nothing."""
    near = difflib.get_close_matches(str(word), [str(each) for each in words], n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
