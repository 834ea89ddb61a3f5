# SPDX-License-Identifier: Apache-2.0
"""Small pieces of HTML for notebooks. Every text is escaped."""

from html import escape
from typing import Any, Iterable, Optional, Sequence

from .common.terminal import one_line, printable


def number(value: Any, digits: int = 4) -> str:
    """A number formatted for readers, `n/a` for None."""
    if value is None:
        return "n/a"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table whose cells are texts or numbers; numbers are right-aligned."""

    def cell(value: Any) -> str:
        side = "left" if isinstance(value, str) else "right"
        return f'<td style="text-align:{side}">{escape(one_line(number(value)))}</td>'

    body = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    heads = "".join(f'<th style="text-align:left">{escape(one_line(name))}</th>' for name in head)
    title = f"<caption><b>{escape(one_line(caption))}</b></caption>"
    return f"<table>{title}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def details(summary: str, text: str) -> str:
    """Collapsible text."""
    return f"<details><summary>{escape(one_line(summary))}</summary><pre>{escape(printable(text))}</pre></details>"


def notes(texts: Iterable[str], title: Optional[str] = "Notes") -> str:
    """A list, or nothing if it is empty."""
    items = "".join(f"<li>{escape(one_line(text))}</li>" for text in texts)
    return f"<p>{escape(title or '')}</p><ul>{items}</ul>" if items else ""
