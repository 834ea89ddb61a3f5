# SPDX-License-Identifier: Apache-2.0
"""Tables on the terminal, no wider than it is."""

import shutil
import sys
from typing import List, Optional, Sequence

from .terminal import one_line, say

_GAP = 2


def terminal_columns() -> Optional[int]:
    """Columns of the terminal that standard output is; None for files and pipes, whose lines have no limit."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], columns: Optional[int] = None) -> str:
    """Lines of right-aligned columns. Columns that do not fit in `columns` follow below, next to a repeated first column."""
    from tabulate import tabulate

    table = [[one_line(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(head))]
    parts: List[List[int]] = [[0]]
    for place in range(1, len(head)):
        used = sum(widths[each] + _GAP for each in parts[-1]) + widths[place]
        if columns is not None and used > columns and len(parts[-1]) > 1:
            parts.append([0])
        parts[-1].append(place)
    texts = []
    for part in parts:
        cells = [[row[place] for place in part] for row in table]
        texts.append(tabulate(cells, tablefmt="plain", stralign="right", disable_numparse=True))
    return "\n\n".join("\n".join(line.rstrip() for line in text.splitlines()) for text in texts)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints such a table as wide as the terminal, with headings that stand out."""
    for place, part in enumerate(text_table(head, rows, terminal_columns()).split("\n\n")):
        heading, _, body = part.partition("\n")
        say(("\n" if place else "") + heading, "heading")
        if body:
            say(body)
