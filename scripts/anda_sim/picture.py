# SPDX-License-Identifier: Apache-2.0
"""A figure for notebooks and files."""

import io
from dataclasses import fields
from typing import Any, Callable, Mapping, Optional

from .common.errors import InputError
from .figures.style import check_file, save, styled
from .simulator import PathLike

DOTS_PER_INCH = 160


class Picture:
    """A figure in the style of papers. A notebook displays it as the last value of a cell."""

    def __init__(self, make: Callable[[], Any], **style: Any) -> None:
        """`style`: arguments of styled() with which `make` draws."""
        self._style = style
        # Layout changes a figure, so each file is drawn from a new one: its bytes are then always the same.
        self._make = make
        self._next: Optional[Any] = make()
        self._figure: Optional[Any] = None

    @property
    def figure(self) -> Any:
        """The matplotlib Figure. Later displays and saved files include changes to it."""
        if self._figure is None:
            self._figure = self._make()
        return self._figure

    def _drawn(self) -> Any:
        if self._figure is not None:
            return self._figure
        drawn, self._next = self._next, None
        return drawn if drawn is not None else self._make()

    def save(self, path: PathLike) -> None:
        """Writes a .pdf, .svg or .png file, with the same bytes each time. InputError for other file types."""
        check_file(path, "save()")
        save(self._drawn(), path, **self._style)

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        with styled(**self._style):
            self._drawn().savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        return file.getvalue()


def drawn(make: Callable[[Any, Any], Any], options: Mapping[str, Any]) -> Picture:
    """The Picture that make(plt, look) draws with these options of scripts/plot."""
    from .reports.look import Look

    try:
        look = Look(**options)
    except TypeError:
        known = [each.name for each in fields(Look)]
        wrong = next(name for name in options if name not in known)
        raise InputError(f"plot: {wrong} is no option; there are {', '.join(known)}") from None
    style = {"font": look.font, "font_size": look.font_size}

    def make_styled() -> Any:
        with styled(**style) as plt:
            return make(plt, look)

    return Picture(make_styled, **style)
