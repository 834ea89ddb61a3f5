# SPDX-License-Identifier: Apache-2.0
"""When a combination's loss is certainly beyond a tolerance before all windows have run: docs/search.md states the rule, and
src/search/early_stop.cpp has the same."""

import math

FIRST_LOOK = 8
DEVIATIONS = 4.0


def looks(count):
    """After how many of `count` windows to look: 8, 16, 32 …"""
    look = FIRST_LOOK
    while look < count:
        yield look
        look *= 2


def is_beyond(differences, count, tolerance):
    """Whether the mean of `count` windows' differences of surprise to the baseline, per token, is certainly above ln(1 + tolerance),
    by some of them that were drawn at random."""
    drawn = len(differences)
    mean = sum(differences) / drawn
    variance = sum((value - mean) ** 2 for value in differences) / (drawn - 1)
    deviation = math.sqrt(variance / drawn * (1 - drawn / count))
    return mean - DEVIATIONS * deviation > math.log1p(tolerance)
