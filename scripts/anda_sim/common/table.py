# SPDX-License-Identifier: Apache-2.0
"""Tables that fit the width of the terminal."""

import shutil
import sys
from typing import List, Optional, Sequence

from .terminal import one_line, say

_GAP = 2


def terminal_columns() -> Optional[int]:
    """Width of the terminal on standard output in columns; None for files and pipes, where lines have no limit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _parts(widths: Sequence[int], columns: Optional[int]) -> List[List[int]]:
    """The columns of each part of a table. Each part has the first column and at least one other, even if that is too wide."""
    parts: List[List[int]] = [[0]]
    for place in range(1, len(widths)):
        if columns is not None and len(parts[-1]) > 1 and _width(widths, [*parts[-1], place]) > columns:
            parts.append([0])
        parts[-1].append(place)
    return parts


def _width(widths: Sequence[int], part: Sequence[int]) -> int:
    return sum(widths[place] for place in part) + _GAP * (len(part) - 1)


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], columns: Optional[int] = None) -> str:
    """Lines of right-aligned columns. Columns that do not fit in `columns` follow below, next to a repeated first column, in parts
    of about the same width."""
    from tabulate import tabulate

    table = [[one_line(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    parts = _parts(widths, columns)
    # The narrowest limit that needs no more parts balances them: no part has a single column while others have many.
    while len(parts) > 1:
        narrower = _parts(widths, max(_width(widths, part) for part in parts) - 1)
        if len(narrower) > len(parts) or narrower == parts:
            break
        parts = narrower
    texts = []
    for part in parts:
        cells = [[row[place] for place in part] for row in table]
        texts.append(tabulate(cells, tablefmt="plain", stralign="right", disable_numparse=True))
    return "\n\n".join("\n".join(line.rstrip() for line in text.splitlines()) for text in texts)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints a text_table() of the terminal's width, with highlighted headings."""
    for place, part in enumerate(text_table(head, rows, terminal_columns()).split("\n\n")):
        heading, _, body = part.partition("\n")
        say(("\n" if place else "") + heading, "heading")
        if body:
            say(body)
