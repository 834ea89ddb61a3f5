# SPDX-License-Identifier: Apache-2.0
"""Decides whether a combination's loss is certainly beyond a tolerance before all windows have run. docs/search.md states the
rule; src/search/early_stop.cpp implements the same one."""

import math

FIRST_LOOK = 8
DEVIATIONS = 4.0


def looks(count):
    """Numbers of windows after which to test for an early stop: 8, 16, 32 … below `count`."""
    look = FIRST_LOOK
    while look < count:
        yield look
        look *= 2


def is_beyond(differences, count, tolerance):
    """Whether the mean difference of surprise to the baseline over all `count` windows, per token, is certainly above
    ln(1 + tolerance). `differences`: those of a random sample of the windows."""
    drawn = len(differences)
    mean = sum(differences) / drawn
    variance = sum((value - mean) ** 2 for value in differences) / (drawn - 1)
    deviation = math.sqrt(variance / drawn * (1 - drawn / count))
    return mean - DEVIATIONS * deviation > math.log1p(tolerance)
