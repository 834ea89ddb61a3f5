# SPDX-License-Identifier: Apache-2.0
"""Pareto fronts: points that no other point beats."""


def dominates(a, b):
    """Whether no number of `a` is larger than that of `b`, and at least one is smaller."""
    return all(x <= y for x, y in zip(a, b)) and any(x < y for x, y in zip(a, b))


def front_indices(points):
    """Indices of the `points` (tuples of numbers, less is better) that no other point beats, sorted by the first number.

    Points that lack a number (None) are omitted; of equal points the first one is kept."""
    points = list(points)
    front = []
    # In lexical order no later point can dominate an earlier one.
    for numbers, index in sorted((tuple(point), i) for i, point in enumerate(points) if None not in point):
        if not any(points[other] == numbers or dominates(points[other], numbers) for other in front):
            front.append(index)
    return front


def pareto_front(rows, objectives):
    """The `rows` (dicts) that no other row beats in `objectives` (keys, all minimised), sorted by the first one."""
    return [rows[i] for i in front_indices([tuple(row[name] for name in objectives) for row in rows])]
