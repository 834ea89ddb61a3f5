# SPDX-License-Identifier: Apache-2.0
"""Which points no other point beats."""


def dominates(a, b):
    """Whether the numbers `a` are nowhere larger than `b` and somewhere smaller."""
    return all(x <= y for x, y in zip(a, b)) and any(x < y for x, y in zip(a, b))


def pareto_front(rows, objectives):
    """Those of `rows` (dicts) that no other row beats in `objectives` (keys, all of them minimised), by the first one.

    Rows without one of the numbers are left out; of rows with equal numbers the first one stays."""
    front = []
    candidates = [(tuple(row[name] for name in objectives), row) for row in rows]
    # In lexical order nothing that comes later can dominate what came before.
    for numbers, row in sorted((each for each in candidates if None not in each[0]), key=lambda each: each[0]):
        if not any(dominates(other, numbers) or other == numbers for other, _ in front):
            front.append((numbers, row))
    return [row for _, row in front]
