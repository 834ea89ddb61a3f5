# SPDX-License-Identifier: Apache-2.0
"""A figure for notebooks and files."""

import io
from typing import Any, Callable, Optional

from .figures.style import check_file, save, styled
from .simulator import PathLike

DOTS_PER_INCH = 160


class Picture:
    """A figure in the style of papers. A notebook displays it as the last value of a cell."""

    def __init__(self, make: Callable[[], Any]) -> None:
        # Layout changes a figure: each file gets its own, so that its bytes are the same each time.
        self._make = make
        self._next: Optional[Any] = make()
        self._figure: Optional[Any] = None

    @property
    def figure(self) -> Any:
        """The matplotlib Figure. Changes to it are shown and saved from then on."""
        if self._figure is None:
            self._figure = self._make()
        return self._figure

    def _drawn(self) -> Any:
        if self._figure is not None:
            return self._figure
        drawn, self._next = self._next, None
        return drawn if drawn is not None else self._make()

    def save(self, path: PathLike) -> None:
        """Writes a .pdf, .svg or .png file, the same bytes each time. InputError for another kind of file."""
        check_file(path, "save()")
        save(self._drawn(), path)

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        with styled():
            self._drawn().savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        return file.getvalue()
