# SPDX-License-Identifier: Apache-2.0
"""Which points no other point beats."""


def dominates(a, b):
    """Whether the numbers `a` are nowhere larger than `b` and somewhere smaller."""
    return all(x <= y for x, y in zip(a, b)) and any(x < y for x, y in zip(a, b))


def front_indices(points):
    """Indices of those of `points` (tuples of numbers, less of which is better) that no other point beats, by the first number.

    Points without one of the numbers (None) are left out; of equal points the first one stays."""
    points = list(points)
    front = []
    # In lexical order nothing that comes later can dominate what came before.
    for numbers, index in sorted((tuple(point), i) for i, point in enumerate(points) if None not in point):
        if not any(points[other] == numbers or dominates(points[other], numbers) for other in front):
            front.append(index)
    return front


def pareto_front(rows, objectives):
    """Those of `rows` (dicts) that no other row beats in `objectives` (keys, all of them minimised), by the first one."""
    return [rows[i] for i in front_indices([tuple(row[name] for name in objectives) for row in rows])]
