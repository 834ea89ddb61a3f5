# SPDX-License-Identifier: Apache-2.0
"""Groups the points of a sweep into the lines of its figure: points of a line differ only in the horizontal quantity."""

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
    """The parameters whose combinations are the lines over `x`: those that vary between the rows, except `x`, with `first` at the
    front. Parameters determined by `x` or by earlier ones are redundant and left out.

    Any parameter may change a metric. If `x` is a metric, the lines are those of `first`, or of all varying parameters but the last."""
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
    """Row indices of each combination, in the order of first rows."""
    found: Dict[Tuple[str, ...], List[int]] = {}
    for place, row in enumerate(rows):
        found.setdefault(tuple(text_of(row[key]) for key in keys), []).append(place)
    return found


def line_label(keys: Sequence[str], values: Sequence[str]) -> str:
    """Label of a line: its values, with their names if there are several."""
    if len(keys) == 1:
        return values[0]
    return ", ".join(f"{short_name(key)} {value}" for key, value in zip(keys, values))
