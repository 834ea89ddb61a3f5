# SPDX-License-Identifier: Apache-2.0
"""Figures for papers: fonts that match captions, colour-blind-safe colours, reproducible bytes."""

import io
import warnings
from contextlib import contextmanager
from pathlib import Path

from anda_sim.common.errors import InputError
from anda_sim.common.files import write_atomically
from anda_sim.common.terminal import one_line

from . import palette

# Width of a column of a two-column paper.
COLUMN_INCHES = 3.3
# Both columns and the space between them.
PAGE_INCHES = 7.0
PALETTE = palette.COLOURS[palette.LIGHT][: palette.SERIES]
STYLE = {
    "font.size": 7.5,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "figure.titlesize": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1,
    "lines.markersize": 3,
    "grid.linewidth": 0.4,
    "grid.alpha": 0.4,
    "axes.axisbelow": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    # TrueType fonts, as publishers require; text stays text; no random identifiers.
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "anda",
    "savefig.dpi": 300,
    # Names are not formulas: a tensor may be called $$.
    "text.usetex": False,
    "text.parse_math": False,
}
LONGEST_NAME, LONGEST_AXIS = 40, 80
# File metadata by suffix, without anything that differs between calls.
METADATA = {
    "pdf": {"CreationDate": None, "Creator": "anda-sim", "Producer": None},
    "svg": {"Date": None},
    "png": {"Software": None},
}


class Figures:
    """Creates figures independent of windows and of other figures of the process, such as a notebook's."""

    @staticmethod
    def subplots(rows=1, columns=1, *, figsize, layout="constrained", **options):
        """(figure, axes), as matplotlib.pyplot.subplots()."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=figsize, layout=layout)
        FigureCanvasAgg(figure)
        return figure, figure.subplots(rows, columns, **options)

    @staticmethod
    def label_size():
        """Points of the labels of axes."""
        import matplotlib

        return matplotlib.rcParams["axes.labelsize"]


@contextmanager
def styled(font=None, font_size=None):
    """Applies the style of this module within the context. ImportError if matplotlib is not installed.

    font -- a family such as `serif` or `Times New Roman`, InputError if it is not installed; font_size -- size of axis
    labels in points; other sizes scale with it."""
    import matplotlib

    style = {**STYLE, "axes.prop_cycle": matplotlib.cycler(color=PALETTE), "hatch.linewidth": 0.4}
    if font is not None:
        style["font.family"] = check_font(font)
    if font_size is not None:
        style.update({key: size * font_size / STYLE["font.size"] for key, size in STYLE.items() if key.endswith("size") and "marker" not in key})
    with matplotlib.rc_context(style):
        yield Figures


def check_font(name):
    """The name of a font family. Raises an InputError that lists the available ones if there is none of this name."""
    from matplotlib import font_manager

    families = sorted({entry.name for entry in font_manager.fontManager.ttflist})
    generic = ("serif", "sans-serif", "monospace")
    for known in (*generic, *families):
        if known.lower() == name.lower():
            return known
    raise InputError(f"--font {one_line(name)}: is not installed; there are {', '.join(generic)} and {', '.join(families)}")


def label_text(text, longest=LONGEST_NAME):
    """A name as shown in a figure: one line, shortened in the middle if too long, and never hidden from
    the legend."""
    text = one_line(text)
    if len(text) > longest:
        text = f"{text[: longest // 2]}…{text[-(longest - longest // 2 - 1):]}"
    return f"\u00a0{text}" if text.startswith("_") else text


def plain_ticks(axis):
    """Plain numbers at 1, 2 and 5 of a logarithmic axis: the exponents of powers of ten would be too small to print."""
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in "25" else "")


def check_file(path, option):
    """Raises InputError, naming the option, unless a figure can be written under this name."""
    if Path(path).suffix[1:] not in METADATA:
        raise InputError(f"{option} {path}: must end in .pdf, .svg or .png")


def save(figure, path, font=None, font_size=None):
    """Writes a figure, creating its folder if needed. The same figure gives the same bytes. `font`, `font_size`: those given to styled() for it."""
    path = Path(path)
    file = io.BytesIO()
    ending = path.suffix[1:]
    with warnings.catch_warnings(), styled(font, font_size):
        warnings.simplefilter("ignore")  # such as for characters missing from the font
        figure.savefig(file, format=ending, metadata=METADATA[ending])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, file.getvalue())
