# SPDX-License-Identifier: Apache-2.0
"""Common parts of the figures of runs, comparisons and tables: options, canvas and legend."""

from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional

from anda_sim.common.errors import InputError, suggestion
from anda_sim.figures import palette
from anda_sim.figures.style import COLUMN_INCHES, label_text

HATCHES = ["", "////", "\\\\\\\\", "xxxx", "....", "----", "||||", "++++", "oooo"]


@dataclass
class Look:
    """Options of a figure, as in scripts/plot. A width of None means a column, or the page for large comparisons."""

    by: str = "system"
    share: bool = False
    x: Optional[str] = None
    y: Optional[str] = None
    width: Optional[float] = None
    height: Optional[float] = None
    font: Optional[str] = None
    font_size: Optional[float] = None
    systems: Optional[List[str]] = None
    labels: Mapping[str, str] = field(default_factory=dict)
    hatches: bool = False
    values: bool = False

    def chosen(self, systems: List[Any], name: Any, where: str) -> List[Any]:
        """The systems named by --systems, in that order; all systems without it. `name` returns a system's name. InputError if one is missing."""
        if self.systems is None:
            return systems
        known = {name(system): system for system in systems}
        for wanted in self.systems:
            if wanted not in known:
                raise InputError(f"--systems {wanted}: {where} has no such system; there are {', '.join(known)}{suggestion(wanted, known)}")
        return [known[wanted] for wanted in self.systems]

    def label(self, system: str) -> str:
        """Name of a system in figures."""
        return label_text(self.labels.get(system, system))

    def hatch(self, place: int) -> str:
        return HATCHES[place % len(HATCHES)] if self.hatches else ""

    def bar(self, place: int, colour: str) -> Mapping[str, Any]:
        """Options of matplotlib for bars of the part or series with this number."""
        return {"color": colour, "hatch": self.hatch(place), "edgecolor": "white", "linewidth": 0.3}

    def series_bar(self, place: int) -> Mapping[str, Any]:
        return self.bar(place, palette.series(place))

    def canvas(self, plt: Any, height: float, rows: int = 1, width: float = COLUMN_INCHES, **options: Any) -> Any:
        """(figure, axes), with the height of --height, else `height`."""
        return plt.subplots(rows, 1, figsize=(self.width or width, self.height or height), **options)

    def check_labels(self, names: List[str]) -> None:
        """Raises InputError if --label names something that is not drawn."""
        for name in self.labels:
            if name not in names:
                raise InputError(f"--label {name}=…: there is no such system here; there are {', '.join(dict.fromkeys(names))}"
                                 f"{suggestion(name, names)}")


def legend(figure: Any, axis: Any, columns: int) -> None:
    """Places the legend above the axes, which shrink accordingly."""
    handles, labels = axis.get_legend_handles_labels()
    made = figure.legend(handles, labels, loc="upper center", ncols=columns, handlelength=1, columnspacing=1, handletextpad=0.5,
                         borderaxespad=0.2)
    extent = made.get_window_extent(figure.canvas.get_renderer())
    if extent.width > figure.bbox.width and columns > 1:
        made.remove()
        legend(figure, axis, columns - 1)
        return
    height = extent.height / figure.bbox.height
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - height))


def columns_for(labels: List[str]) -> int:
    """Number of columns of a legend of systems: four for short names."""
    return 4 if all(len(label) < 12 for label in labels) else 2
