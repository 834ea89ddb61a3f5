# SPDX-License-Identifier: Apache-2.0
"""Figures fit for papers: the fonts of captions, colours for everybody, the same bytes every time."""

import io
import warnings
from contextlib import contextmanager
from pathlib import Path

from anda_sim.common.errors import InputError
from anda_sim.common.files import write_atomically
from anda_sim.common.terminal import one_line

# Width of a column of a two-column paper.
COLUMN_INCHES = 3.3
# Colours that colour-blind readers tell apart (Okabe and Ito), and a grey.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8F98", "#000000"]
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
    # TrueType fonts, which publishers ask for; text that stays text; no identifiers made by chance.
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "anda",
    "savefig.dpi": 300,
    # Names are no formulas: a tensor may be called $$.
    "text.usetex": False,
    "text.parse_math": False,
}
LONGEST_NAME, LONGEST_AXIS = 40, 80
# What files tell of themselves, by their ending: nothing that differs from one call to the next.
METADATA = {
    "pdf": {"CreationDate": None, "Creator": "anda-sim", "Producer": None},
    "svg": {"Date": None},
    "png": {"Software": None},
}


class Figures:
    """Makes figures that belong to no window and to no other figure of the process, such as one of a notebook."""

    @staticmethod
    def subplots(rows=1, columns=1, *, figsize, layout="constrained", **options):
        """(figure, axes) as matplotlib.pyplot.subplots() makes them."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=figsize, layout=layout)
        FigureCanvasAgg(figure)
        return figure, figure.subplots(rows, columns, **options)


@contextmanager
def styled():
    """Figures in the style of this module, while the context lasts. ImportError where matplotlib is not installed."""
    import matplotlib

    with matplotlib.rc_context({**STYLE, "axes.prop_cycle": matplotlib.cycler(color=PALETTE)}):
        yield Figures


def label_text(text, longest=LONGEST_NAME):
    """A name as a figure may show it: one line, cut in the middle where it is too long, and not taken for one that is to be left out
    of the legend."""
    text = one_line(text)
    if len(text) > longest:
        text = f"{text[: longest // 2]}…{text[-(longest - longest // 2 - 1):]}"
    return f"\u00a0{text}" if text.startswith("_") else text


def plain_ticks(axis):
    """Numbers in full at 1, 2 and 5 of a logarithmic axis: powers of ten would have exponents too small to print."""
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:.0e}"[0] in "25" else "")


def check_file(path, option):
    """InputError, which names the option, unless a figure can be written under this name."""
    if Path(path).suffix[1:] not in METADATA:
        raise InputError(f"{option} {path}: must end in .pdf, .svg or .png")


def save(figure, path):
    """Writes a figure, whose folder is made where it is missing. The same figure gives the same bytes."""
    path = Path(path)
    file = io.BytesIO()
    ending = path.suffix[1:]
    with warnings.catch_warnings(), styled():
        warnings.simplefilter("ignore")  # such as of characters that the font does not have
        figure.savefig(file, format=ending, metadata=METADATA[ending])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, file.getvalue())
