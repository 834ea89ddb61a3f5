# SPDX-License-Identifier: Apache-2.0
"""Which points of a sweep belong to one line of its figure: those that differ in the horizontal quantity alone."""

import json
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

Row = Mapping[str, Any]


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def short_name(key: str) -> str:
    return key.rpartition(".")[-1]


def _follows(rows: Sequence[Row], keys: Sequence[str], other: str) -> bool:
    """Whether `other` is the same wherever all of `keys` are, as for parameters that a sweep links."""
    seen: Dict[Tuple[str, ...], str] = {}
    return all(seen.setdefault(tuple(text_of(row[key]) for key in keys), text_of(row[other])) == text_of(row[other]) for row in rows)


def line_keys(rows: Sequence[Row], parameters: Sequence[str], x: str, first: Optional[str] = None) -> List[str]:
    """The parameters of which each combination is a line over `x`: all but `x` that differ between the rows, `first` before the
    others; those that follow from x, or from the ones before, tell nothing more.

    Over a metric, which every parameter may change, lines are those of `first`, or of all but the last parameter that varies."""
    varying = [key for key in dict.fromkeys([*([first] if first else []), *parameters])
               if key != x and len({text_of(row[key]) for row in rows}) > 1]
    if x not in parameters:
        return [first] if first else varying[:-1]
    found: List[str] = []
    for key in varying:
        if key == first or not _follows(rows, [x], key) and not (found and _follows(rows, found, key)):
            found.append(key)
    return found


def lines(rows: Sequence[Row], keys: Sequence[str]) -> Dict[Tuple[str, ...], List[int]]:
    """Places of the rows of each combination, in the order of their first rows."""
    found: Dict[Tuple[str, ...], List[int]] = {}
    for place, row in enumerate(rows):
        found.setdefault(tuple(text_of(row[key]) for key in keys), []).append(place)
    return found


def line_label(keys: Sequence[str], values: Sequence[str]) -> str:
    """The values of a line; with their names if there are several."""
    if len(keys) == 1:
        return values[0]
    return ", ".join(f"{short_name(key)} {value}" for key, value in zip(keys, values))
