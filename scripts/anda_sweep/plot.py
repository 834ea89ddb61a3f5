# SPDX-License-Identifier: Apache-2.0
"""Figures of sweeps, as the section `plot` of a sweep file describes them.

    plot:
      x: accelerator.mxu.rows        # a parameter or a metric; the first parameter unless said otherwise
      y: [time_s, energy_total_pj]   # metrics, a panel each
      system: anda                   # the last system of the run unless said otherwise
      series: workload.phase         # a second parameter: a line for each of its values
      x_scale: log                   # linear unless said otherwise; y_scale likewise
"""

import json
from pathlib import Path

from .errors import InputError
from .results import FIXED_COLUMNS

DEFAULT_Y = ["time_s", "energy_total_pj"]
# Colours that colour-blind readers tell apart (Okabe and Ito).
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
STYLE = {"font.size": 8, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
         "axes.prop_cycle": None, "lines.markersize": 3, "lines.linewidth": 1.2, "legend.frameon": False,
         # Text as text, and nothing that differs from one call to the next: small files that are the same every time.
         "svg.fonttype": "none", "svg.hashsalt": "anda", "figure.dpi": 150}
_SI = {"cycles": "cycles", "s": "s", "pj": "pJ", "mw": "mW", "mm2": "mm²", "bytes": "bytes"}


def figure_module():
    """matplotlib.pyplot set up for files, with STYLE."""
    import matplotlib
    matplotlib.use("Agg")
    from cycler import cycler
    from matplotlib import pyplot
    pyplot.rcParams.update({**STYLE, "axes.prop_cycle": cycler(color=COLOURS)})
    return pyplot


def label(name):
    """`energy_total_pj` as `energy total (pJ)`."""
    *words, unit = name.split("_")
    if name.endswith("_bytes_per_s"):
        return " ".join(name.removesuffix("_bytes_per_s").split("_")) + " (bytes/s)"
    if name.endswith("_pj_s"):
        return " ".join(name.removesuffix("_pj_s").split("_")) + " (pJ·s)"
    return f"{' '.join(words)} ({_SI[unit]})" if words and unit in _SI else name.replace("_", " ")


def check_plot(sweep):
    """InputError where the section `plot` names what the sweep does not have."""
    plot, where = sweep.file.plot, sweep.file.where("plot")
    for part, metrics in (("x", sweep.outputs), ("series", [])):
        if part in plot and plot[part] not in [*sweep.file.keys, *metrics]:
            raise InputError(f"{where}: plot.{part}: `{plot[part]}` is not a parameter of this sweep"
                             f"{' or one of its outputs' if metrics else ''}; there are {', '.join([*sweep.file.keys, *metrics])}")
    for name in plot.get("y", DEFAULT_Y):
        if name not in sweep.outputs:
            raise InputError(f"{where}: plot.y: `{name}` is not one of the outputs {', '.join(sweep.outputs)}")


def systems_of(columns, parameters):
    """Names of the systems that the columns of a sweep have numbers of."""
    other = {*FIXED_COLUMNS, *parameters}
    return list(dict.fromkeys(name.split(".")[0] for name in columns if name not in other))


def plot_sweep(rows, columns, parameters, x=None, y=None, system=None, series=None, title="", x_scale="linear",
               y_scale="linear"):
    """A matplotlib figure with a panel for each metric of `y` over `x`, a parameter or another metric.

    rows, columns -- of a SweepResult; parameters -- keys of the sweep. Points that are not done are left out."""
    pyplot = figure_module()
    x, y, system = x or parameters[0], y or DEFAULT_Y, system or systems_of(columns, parameters)[-1]
    x_name = x if x in parameters else label(x)
    x = x if x in parameters else f"{system}.{x}"
    missing = [name for name in [x, *(f"{system}.{name}" for name in y)] if name not in columns]
    if missing:
        raise InputError(f"the sweep has no column {missing[0]}; its systems are {', '.join(systems_of(columns, parameters))}")
    figure, panels = pyplot.subplots(1, len(y), figsize=(2.9 * len(y) + (1.0 if series else 0.3), 2.4), squeeze=False)
    done = [row for row in rows if row["status"] == "done"]
    groups = list(dict.fromkeys(row[series] for row in done)) if series else [None]
    texts = any(isinstance(row[x], str) for row in done)
    for panel, name in zip(panels[0], y):
        for group in groups:
            chosen = [row for row in done if series is None or row[series] == group]
            if not texts:
                chosen.sort(key=lambda row: row[x])
            panel.plot([_text(row[x]) if texts else row[x] for row in chosen], [row[f"{system}.{name}"] for row in chosen],
                       marker="o", label=None if group is None else _text(group))
        _decorate(panel, x_name, name, texts, x_scale, y_scale)
        _place_ticks(panel, sorted({row[x] for row in done}) if not texts else [], x_scale)
    if series:
        panels[0][-1].legend(title=series.split(".")[-1], fontsize=7, title_fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    if title:
        figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    return figure


def plot_front(found):
    """A matplotlib figure of a search: trials, Pareto front and base over the first two objectives, a third as colour."""
    pyplot = figure_module()
    names = found.objectives if len(found.objectives) > 1 else [found.objectives[0], "point"]
    figure, panel = pyplot.subplots(figsize=(4.2, 3))
    feasible = [row for row in found.rows if row["feasible"]]
    other = [row for row in found.rows if not row["feasible"] and row["status"] == "done"]

    def across(rows, name):
        return [row[name] for row in rows]

    panel.scatter(across(other, names[0]), across(other, names[1]), s=6, color="#bbbbbb", label="breaks a constraint")
    panel.scatter(across(feasible, names[0]), across(feasible, names[1]), s=8, color=COLOURS[5], label="meets them")
    front = found.front
    if len(names) < 3:
        panel.plot(across(front, names[0]), across(front, names[1]), marker="o", color=COLOURS[0], label="Pareto front")
    else:
        dots = panel.scatter(across(front, names[0]), across(front, names[1]), c=across(front, names[2]), s=16, label="Pareto front")
        figure.colorbar(dots, label=label(names[2].split(".", 1)[1]))
    panel.plot([found.reference[names[0]]], [found.reference[names[1]]], "*", color=COLOURS[1], markersize=9, label="base")
    panel.set_xlabel(label(names[0].split(".", 1)[-1]))
    panel.set_ylabel(label(names[1].split(".", 1)[-1]))
    panel.set_xscale("log")
    if names[1] != "point":
        panel.set_yscale("log")
    panel.legend(fontsize=6)
    figure.tight_layout()
    return figure


def _decorate(panel, x, name, texts, x_scale, y_scale):
    panel.set_xlabel(x)
    panel.set_ylabel(label(name))
    panel.set_yscale(y_scale)
    if y_scale == "linear":
        panel.set_ylim(bottom=0)
    if texts:
        panel.tick_params(axis="x", labelrotation=30)
    else:
        panel.set_xscale(x_scale)


def _place_ticks(panel, values, x_scale):
    """Ticks where the points are, where these are few or the scale is logarithmic."""
    if x_scale == "log" or 0 < len(values) <= 16:
        ticks = values[::-(-len(values) // 6)] if x_scale == "log" else values[::-(-len(values) // 8)]
        panel.set_xticks(ticks, [_short(tick) for tick in ticks])
        panel.set_xticks([], minor=True)


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)


def _short(number):
    """1048576 as 1 Mi, 2000000000 as 2 G."""
    for unit, size in (("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
        if number % size == 0 and 0 < number // size < 1024:
            return f"{number // size} {unit}"
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= 10 * size or (number >= size and number % size == 0):
            return f"{number / size:.4g} {unit}"
    return f"{number:g}"


def save_figure(figure, path):
    """Writes the figure; the same figure gives the same bytes."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    stamp = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {}}.get(path.suffix)
    if stamp is None:
        raise InputError(f"{path}: plots are .svg, .png or .pdf")
    figure.savefig(path, metadata=stamp)
    figure_module().close(figure)
    return path


def save_plot(sweep, result, target):
    """Draws a sweep's result into the file or folder `target` and returns the file."""
    target = Path(target)
    if not target.suffix:
        target = target / f"{sweep.name}.svg"
    figure = plot_sweep(result.rows, result.columns, sweep.file.keys, **sweep.file.plot)
    return save_figure(figure, target)
