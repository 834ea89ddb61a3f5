# SPDX-License-Identifier: Apache-2.0
"""Figures of sweeps, as the section `plot` of a sweep file describes them.

    plot:
      x: accelerator.mxu.rows        # a parameter or a metric; the first parameter by default
      y: [time_s, energy_total_pj]   # metrics, one panel each
      system: anda                   # the last system of the run by default
      series: workload.phase         # the parameter shown by colour; each combination of the others is a separate line
      x_scale: log                   # linear by default; y_scale likewise
"""

from pathlib import Path

from anda_sim.common.errors import InputError
from anda_sim.common.terminal import one_line
from anda_sim.figures.style import LONGEST_AXIS, PALETTE, check_file, label_text, plain_ticks, save, styled
from anda_sim.figures.units import scaled

from .lines import line_keys, line_label, lines, text_of
from .results import FIXED_COLUMNS
from .space import system_names

DEFAULT_Y = ["time_s", "energy_total_pj"]
DEFAULT_Y_OF_SERVERS = ["first_token_p99_s", "goodput_per_s"]


def target_of(sweep, target):
    """The file of a sweep's figure: `target`, or a file in it if that is a folder."""
    target = Path(target)
    return target if target.suffix else target / f"{sweep.name}.svg"


def check_plot(sweep, target):
    """Raises InputError if the section `plot` names something that the sweep does not have, or the target is not a figure file."""
    check_file(target_of(sweep, target), "--plot")
    plot, where = sweep.file.plot, sweep.file.where("plot")
    systems = system_names(sweep.effective)
    if "systems" not in sweep.file.keys and plot.get("system", systems[-1]) not in systems:
        raise InputError(f"{where}: plot.system: `{plot['system']}` is none of {', '.join(systems)}")
    for part, metrics in (("x", sweep.outputs), ("series", [])):
        if part in plot and plot[part] not in [*sweep.file.keys, *metrics]:
            raise InputError(f"{where}: plot.{part}: `{plot[part]}` is not a parameter of this sweep"
                             f"{' or one of its outputs' if metrics else ''}; there are {', '.join([*sweep.file.keys, *metrics])}")
    for name in plot.get("y", DEFAULT_Y_OF_SERVERS if sweep.serves else DEFAULT_Y):
        if name not in sweep.outputs:
            raise InputError(f"{where}: plot.y: `{name}` is not one of the outputs {', '.join(sweep.outputs)}")


def systems_of(columns, parameters):
    """Names of the systems in the columns of a sweep."""
    other = {*FIXED_COLUMNS, *parameters}
    return list(dict.fromkeys(name.split(".")[0] for name in columns if name not in other))


def plot_sweep(rows, columns, parameters, x=None, y=None, system=None, series=None, title="", x_scale="linear",
               y_scale="linear"):
    """A matplotlib figure with a panel for each metric of `y` over `x`, a parameter or another metric.

    rows, columns -- of a SweepResult; parameters -- keys of the sweep. Unfinished points are left out."""
    x, system = x or parameters[0], system or systems_of(columns, parameters)[-1]
    y = y or (DEFAULT_Y if f"{system}.{DEFAULT_Y[0]}" in columns else DEFAULT_Y_OF_SERVERS)
    x_name, x = x, x if x in parameters else f"{system}.{x}"
    missing = [name for name in [x, *(f"{system}.{name}" for name in y)] if name not in columns]
    if missing:
        raise InputError(f"the sweep has no column {missing[0]}; its systems are {', '.join(systems_of(columns, parameters))}")
    with styled() as plt:
        return _sweep_figure(plt, rows, parameters, x, x_name, y, system, series, title, x_scale, y_scale)


def _sweep_figure(plt, rows, parameters, x, x_name, y, system, series, title, x_scale, y_scale):
    done = [row for row in rows if row["status"] == "done"]
    keys = line_keys(done, parameters, x, series)
    found = lines(done, keys)
    beside = len(found) > 1
    # A legend with many lines needs a taller figure.
    height = max(2.1, 0.45 + 0.13 * min(len(found), MOST_NAMED)) if beside else 2.1
    longest = max((len(line_label(keys, values)) for values in found), default=0)
    figure, panels = plt.subplots(1, len(y), figsize=(2.6 * len(y) + (0.5 + 0.055 * max(longest, 8) if beside else 0), height), squeeze=False)
    texts = any(isinstance(row[x], str) for row in done)
    across, x_label = _axis([row[x] for row in done], x_name if x in parameters else x, x in parameters, texts)
    looks = _looks(found)
    for panel, name in zip(panels[0], y):
        up, y_label = _axis([row[f"{system}.{name}"] for row in done], f"{system}.{name}")
        for number, (values, places) in enumerate(found.items()):
            chosen = [(across[place], up[place]) for place in places]
            if not texts:
                chosen.sort(key=lambda point: point[0])
            shown = beside and number < MOST_NAMED
            panel.plot(*zip(*chosen), label=label_text(line_label(keys, values)) if shown else None, **looks[values])
        panel.set(xlabel=x_label, ylabel=y_label, yscale=y_scale)
        panel.grid()
        if y_scale == "linear":
            panel.set_ylim(bottom=0)
        else:
            plain_ticks(panel.yaxis)
        if texts:
            panel.tick_params(axis="x", labelrotation=30)
        else:
            panel.set_xscale(x_scale)
            _place_ticks(panel, sorted(set(across)), x_scale)
    if beside:
        name = label_text(keys[0].split(".")[-1]) if len(keys) == 1 else None
        more = f"{len(found)} lines" if len(found) > MOST_NAMED else None
        panels[0][-1].legend(title=", ".join(filter(None, (name, more))) or None, loc="upper left", bbox_to_anchor=(1, 1))
    if title:
        figure.suptitle(one_line(title))
    return figure


# Largest number of lines named in the legend.
MOST_NAMED = 24
_STYLES = ["-", "--", ":", "-."]
_MARKS = ["o", "s", "^", "D", "v", "P", "X"]


def _looks(found):
    """A colour for each value of the first parameter, and a dash and mark for each combination of the others."""
    firsts = list(dict.fromkeys(values[:1] for values in found))
    others = list(dict.fromkeys(values[1:] for values in found))
    return {values: {"color": PALETTE[firsts.index(values[:1]) % len(PALETTE)],
                     "linestyle": _STYLES[others.index(values[1:]) % len(_STYLES)],
                     "marker": _MARKS[(others.index(values[1:]) + firsts.index(values[:1]) // len(PALETTE)) % len(_MARKS)]} for values in found}


def plot_front(found):
    """A matplotlib figure of a search: trials, Pareto front and base over the first two objectives, a third as colour."""
    with styled() as plt:
        return _front_figure(plt, found)


def _front_figure(plt, found):
    names = found.objectives if len(found.objectives) > 1 else [found.objectives[0], "point"]
    figure, panel = plt.subplots(figsize=(4.2, 2.8))
    feasible = [row for row in found.rows if row["feasible"]]
    other = [row for row in found.rows if not row["feasible"] and row["status"] == "done"]
    front, reference = found.front, [found.reference]
    everything = [*other, *feasible, *front, *reference]
    columns, labels = {}, {}
    for name in names:
        values, labels[name] = _axis([row[name] for row in everything], name.split(".", 1)[-1])
        columns[name] = dict(zip(map(id, everything), values))

    def across(rows):
        return [[columns[name][id(row)] for row in rows] for name in names]

    panel.scatter(*across(other)[:2], s=6, color="#bbbbbb", label="breaks a constraint")
    panel.scatter(*across(feasible)[:2], s=8, color=PALETTE[6], label="meets them" if other else "trials")
    if len(names) < 3:
        panel.plot(*across(front), marker="o", color=PALETTE[0], label="Pareto front")
    else:
        dots = panel.scatter(*across(front)[:2], c=across(front)[2], s=16, label="Pareto front")
        figure.colorbar(dots, label=labels[names[2]])
    panel.plot(*across(reference)[:2], "*", color=PALETTE[1], markersize=8, label="base")
    panel.set(xlabel=labels[names[0]], ylabel=labels[names[1]], xscale="log")
    plain_ticks(panel.xaxis)
    if names[1] != "point":
        panel.set_yscale("log")
        plain_ticks(panel.yaxis)
    panel.grid()
    panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, handletextpad=0.3, columnspacing=1)
    return figure


def _axis(values, name, parameter=False, texts=False):
    """Values to draw and the label of their axis; keys of the configuration keep both."""
    if texts:
        return [label_text(text_of(value)) for value in values], label_text(name, LONGEST_AXIS)
    shown, label = (values, name) if parameter else scaled(name, values)
    return shown, label_text(label, LONGEST_AXIS)


def _place_ticks(panel, values, x_scale):
    """Places ticks at the points if there are few or the scale is logarithmic."""
    if x_scale == "log" or 0 < len(values) <= 16:
        ticks = values[::-(-len(values) // 6)] if x_scale == "log" else values[::-(-len(values) // 8)]
        panel.set_xticks(ticks, [_short(tick) for tick in ticks])
        panel.set_xticks([], minor=True)


def _short(number):
    """A number with a prefix: 1048576 as 1 Mi, 2000000000 as 2 G."""
    for unit, size in (("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)):
        if number % size == 0 and 0 < number // size < 1024:
            return f"{number // size} {unit}"
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= 10 * size or (number >= size and number % size == 0):
            return f"{number / size:.4g} {unit}"
    return f"{number:g}"


def save_plot(sweep, result, target):
    """Draws a sweep's result into the file or folder `target` and returns the file."""
    target = target_of(sweep, target)
    save(plot_sweep(result.rows, result.columns, sweep.file.keys, **sweep.file.plot), target)
    return target
