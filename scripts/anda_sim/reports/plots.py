# SPDX-License-Identifier: Apache-2.0
"""Figures of runs and sweeps for papers, as wide as a column of a two-column paper."""

import math

from anda_sim.common.errors import InputError
from anda_sim.figures.pareto import front_indices
from anda_sim.figures.style import COLUMN_INCHES, LONGEST_AXIS, PALETTE, label_text, plain_ticks
from anda_sim.figures.units import more_is_better, prefixed, scaled

from .runs import COMPONENTS, bandwidth, cycle_parts, energy_parts, kinds, ratios, roofline, states_of

COMPONENT_COLOURS = dict(zip(COMPONENTS, ["#0072B2", "#CC79A7", "#009E73", "#E69F00", "#D55E00", "#8A8F98", "#56B4E9"]))
STATE_COLOURS = ["#0072B2", "#D55E00", "#E69F00", "#009E73", "#56B4E9", "#CC79A7", "#000000", "#8A8F98", "#A65628"]
# Height of a roof's label in that of the roofline.
LABEL_SHARE = 0.055
LOGARITHMIC_FROM = 30
MARKERS = ["o", "s", "D", "^", "v", "P", "X", "*"]


class Bars:
    """A row drawn as a bar: `label`, the row itself, and its system."""

    def __init__(self, label, row, system):
        self.label, self.row, self.system = label_text(label), row, system


def bars_of(runs, by):
    several_runs, several = len(runs) > 1, sum(len(run.systems) for run in runs) > 1
    found = []
    for run in runs:
        for system in run.systems:
            name = f"{run.label}, {system['name']}" if several_runs else system["name"]
            if by == "system":
                found.append(Bars(name, system, system))
            else:
                for row in system["tensors"] if by == "tensor" else kinds(system):
                    part = row["tensor"] if by == "tensor" else row["name"]
                    found.append(Bars(f"{name}, {part}" if several else part, row, system))
    return found


def canvas(plt, height):
    return plt.subplots(figsize=(COLUMN_INCHES, height))


def legend(figure, axis, columns):
    """Places the legend above the axis, which shrinks accordingly."""
    handles, labels = axis.get_legend_handles_labels()
    made = figure.legend(
        handles,
        labels,
        loc="upper center",
        ncols=columns,
        handlelength=1,
        columnspacing=1,
        handletextpad=0.5,
        borderaxespad=0.2,
    )
    extent = made.get_window_extent(figure.canvas.get_renderer())
    if extent.width > figure.bbox.width and columns > 1:
        made.remove()
        legend(figure, axis, columns - 1)
        return
    height = extent.height / figure.bbox.height
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - height))


def columns_for(bars):
    """Number of columns of a legend of systems: four for short names."""
    return 4 if all(len(bar.label) < 12 for bar in bars) else 2


def stacked(plt, bars, parts_of, names, colours, unit, title, share):
    parts = [parts_of(bar.row) for bar in bars]
    unknown = [[names[key] for key in names if part.get(key, 0) is None] for part in parts]
    parts = [{key: value or 0 for key, value in part.items()} for part in parts]
    totals = [sum(part.get(key, 0) for key in names) for part in parts]
    factor, prefix = (0.01, "") if share else prefixed(max(totals), unit)
    shown = [key for key in names if any(part.get(key, 0) > 0 for part in parts)]
    rows = -(-len(shown) // 3)
    figure, axis = canvas(plt, 0.62 + 0.17 * rows + 0.19 * len(bars))
    left = [0.0] * len(bars)
    for key in shown:
        widths = [part.get(key, 0) / ((total or 1) if share else 1) / factor for part, total in zip(parts, totals)]
        axis.barh(range(len(bars)), widths, 0.72, left=left, label=names[key], color=colours[key], linewidth=0)
        left = [a + b for a, b in zip(left, widths)]
    axis.set_yticks(range(len(bars)), [bar.label + (f"\n({', '.join(missing)} n/a)" if missing else "") for bar, missing in zip(bars, unknown)])
    axis.invert_yaxis()
    axis.set_xlabel(f"{title} (%)" if share else f"{title} ({prefix}{unit})")
    axis.grid(axis="x")
    if share:
        axis.set_xlim(0, 100)
    legend(figure, axis, 3)
    return figure


def plot_energy(plt, runs, options):
    def joules(row):
        return {key: None if value is None else value * 1e-12 for key, value in energy_parts(row).items()}

    return stacked(plt, bars_of(runs, options.by), joules, COMPONENTS, COMPONENT_COLOURS, "J", "Energy", options.share)


def state_colours(states):
    return {state: STATE_COLOURS[i % len(STATE_COLOURS)] for i, state in enumerate(states)}


def plot_cycles(plt, runs, options):
    names = {key: name.replace("stall: ", "") for key, name in states_of(runs).items()}
    colours = state_colours(names)
    return stacked(plt, bars_of(runs, options.by), cycle_parts, names, colours, " cycles", "Time", options.share)


def plot_stalls(plt, runs, options):
    bars = bars_of(runs, options.by)
    names = {key: name.replace("stall: ", "") for key, name in states_of(runs).items()}
    colours = state_colours(names)
    del names["busy"]
    if not any(cycle_parts(bar.row).get(cause) for bar in bars for cause in names):
        raise InputError("the array never waits: there are no stalls to draw")
    return stacked(plt, bars, cycle_parts, names, colours, " cycles", "Stalls", options.share)


def plot_area(plt, runs, options):
    names = {key: name for key, name in COMPONENTS.items() if key != "dram"}
    bars = bars_of(runs, "system")
    return stacked(
        plt,
        bars,
        lambda system: system["area_mm2"]["by_component"],
        names,
        COMPONENT_COLOURS,
        "mm²",
        "Area",
        options.share,
    )


def plot_compare(plt, runs, options):
    metrics = {"speedup": "speedup", "energy_efficiency": "energy\nefficiency", "area_efficiency": "area\nefficiency"}
    bars = bars_of(runs, "system")
    figure, axis = canvas(plt, 1.9)
    width = 0.8 / len(bars)
    baselines = {id(system): run.systems[0] for run in runs for system in run.systems}
    for i, bar in enumerate(bars):
        values = [ratios(bar.system, baselines[id(bar.system)])[key] for key in metrics]
        places = [x + (i - (len(bars) - 1) / 2) * width for x in range(len(metrics))]
        axis.bar(places, [value or 0 for value in values], width * 0.95, label=bar.label, color=PALETTE[i % len(PALETTE)], linewidth=0)
        if baselines[id(bar.system)] is bar.system:
            continue  # is 1 by definition
        for x, value in zip(places, values):
            axis.annotate(
                "n/a" if value is None else f"{value:.2f}",
                (x, value or 0),
                (0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7,
                rotation=90 if len(bars) > 3 else 0,  # as wide as the bar
            )
    axis.set_xticks(range(len(metrics)), metrics.values())
    axis.set_ylabel("times the baseline")
    axis.margins(y=0.2 if len(bars) > 3 else 0.1)
    axis.grid(axis="y")
    legend(figure, axis, columns_for(bars))
    return figure


def draw_bandwidths(axis, roofs, low, bottom):
    """The slopes of a roofline, the bandwidths of the external memories, labelled where space permits, below the lowest roof."""
    peaks = [peak for _, roof in roofs for peak in roof["peaks"].values()]
    for rate in dict.fromkeys(roof["bytes_per_s"] for _, roof in roofs):
        top = max(peaks)
        axis.plot([low, top * 1e12 / rate], [low * rate * 1e-12, top], color="#000000", linestyle="--", linewidth=0.8)
        height = math.sqrt(max(bottom, low * rate * 1e-12) * min(peaks))
        axis.annotate(f"{rate / 1e9:.0f} GB/s", (height * 1e12 / rate, height), (4, 0), textcoords="offset points", fontsize=7, va="top")


def draw_peaks(axis, roofs, high, near):
    """The roofs of the arrays. Omits the label of a roof within a factor of exp(near) of another."""
    written = []
    for i, (_, roof) in enumerate(roofs):
        for bits, peak in roof["peaks"].items():
            axis.plot([peak * 1e12 / roof["bytes_per_s"], high], [peak, peak], color=PALETTE[i % len(PALETTE)], linewidth=0.8)
            if any(abs(math.log(peak / other)) < near for other in written):
                continue
            axis.annotate("FP16" if not bits else f"{bits} bits", (high, peak), (-2, 0), textcoords="offset points", ha="right",
                          va="center", fontsize=7, color="#555555", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})
            written.append(peak)


def draw_gemms(axis, roofs, tensors):
    """GeMMs as points: a colour for each system, a mark for each tensor type."""
    for i, (bar, roof) in enumerate(roofs):
        colour = PALETTE[i % len(PALETTE)]
        for point in roof["points"]:
            if point["intensity"]:
                # Points of several systems at one place nest.
                axis.plot(point["intensity"], point["tops"], MARKERS[tensors.index(point["tensor"]) % len(MARKERS)], color=colour,
                          markersize=4 + 2 * max(0, 3 - i), markeredgecolor="white", markeredgewidth=0.4)
        axis.plot([], [], color=colour, label=bar.label)
    for i, tensor in enumerate(tensors):
        axis.plot([], [], MARKERS[i % len(MARKERS)], color="#555555", markersize=4, label=label_text(tensor))


def plot_roofline(plt, runs, options):
    figure, axis = canvas(plt, 2.4)
    roofs = [(bar, roofline(bar.system)) for bar in bars_of(runs, "system")]
    points = [point for _, roof in roofs for point in roof["points"] if point["intensity"]]
    if not points:
        raise InputError("no GeMM moves bytes: there is no roofline to draw")
    if not all(roof["bytes_per_s"] > 0 for _, roof in roofs):
        raise InputError("the external memory has no bandwidth: there is no roofline to draw")
    ridges = [peak * 1e12 / roof["bytes_per_s"] for _, roof in roofs for peak in roof["peaks"].values()]
    places = [point["intensity"] for point in points] + ridges
    low, high = min(places) / 2, max(places) * 4
    bottom = min(point["tops"] for point in points) / 2
    ceiling = max(peak for _, roof in roofs for peak in roof["peaks"].values()) * 1.5
    draw_bandwidths(axis, roofs, low, bottom)
    # Labels closer than their letter height would overlap.
    draw_peaks(axis, roofs, high, math.log(ceiling / bottom) * LABEL_SHARE)
    draw_gemms(axis, roofs, list(dict.fromkeys(point["tensor"] for point in points)))
    axis.set(xscale="log", yscale="log", xlim=(low, high), ylim=(bottom, ceiling),
             xlabel="operations for each byte of external memory", ylabel="TOPS")
    plain_ticks(axis.xaxis)
    plain_ticks(axis.yaxis)
    axis.grid(which="major")
    legend(figure, axis, 4)
    return figure


def plot_bandwidth(plt, runs, options):
    figure, axis = canvas(plt, 1.9)
    bars = bars_of(runs, "system")
    curves = [
        (bar.label, bandwidth(run, system))
        for bar, (run, system) in zip(bars, ((run, system) for run in runs for system in run.systems))
    ]
    factor, prefix = prefixed(max(starts[-1] for _, (_, starts, _, _) in curves), "s")
    for i, (label, (_, starts, read, write)) in enumerate(curves):
        edges = [start / factor for start in starts]
        axis.stairs(
            [(a + b) * 1e-9 for a, b in zip(read, write)],
            edges,
            color=PALETTE[i % len(PALETTE)],
            label=label,
            baseline=None,
        )
    axis.set(xlabel=f"time ({prefix}s)", ylabel="DRAM (GB/s)", xlim=(0, None), ylim=(0, None))
    axis.grid(axis="y")
    legend(figure, axis, columns_for(bars))
    return figure


def plot_pareto(plt, tables, options):
    """Two columns of the first table; by default the system's time and energy."""
    table = tables[0]

    def column(given, ending, other):
        if given:
            if given not in table.numeric:
                raise InputError(
                    f"{table.path}: has no column of numbers {given}; there are {', '.join(table.numeric)}"
                )
            return given
        return next((name for name in reversed(table.numeric) if name.endswith(ending)), other)

    results = [name for name in table.numeric if name != "point" and name not in table.parameters] or table.numeric
    x, y = column(options.x, "time_s", results[0]), column(options.y, "energy_total_pj", results[-1])
    xs, ys = table.column(x), table.column(y)
    signs = [-1 if more_is_better(name) else 1 for name in (x, y)]
    feasible = [table.is_feasible(row) for row in table.rows]
    front = front_indices(
        (signs[0] * a, signs[1] * b) if ok and None not in (a, b) else (None, None) for ok, a, b in zip(feasible, xs, ys)
    )
    figure, axis = canvas(plt, 2.3)
    (xs, x_label), (ys, y_label) = (
        (values, name) if name in table.parameters else scaled(name, values) for name, values in ((x, xs), (y, ys))
    )
    for meets, colour, label in ((False, PALETTE[6], "breaks a constraint"), (True, PALETTE[0], "points")):
        shown = [i for i, ok in enumerate(feasible) if ok == meets and None not in (xs[i], ys[i])]
        if shown:
            axis.plot([xs[i] for i in shown], [ys[i] for i in shown], "o", color=colour, markersize=3, label=label)
    axis.plot(
        [xs[i] for i in front],
        [ys[i] for i in front],
        "-o",
        color=PALETTE[1],
        markersize=5,
        markerfacecolor="none",
        label="Pareto front",
    )
    axis.set(xlabel=label_text(x_label, LONGEST_AXIS), ylabel=label_text(y_label, LONGEST_AXIS))
    for values, set_scale, scaled_axis in ((xs, axis.set_xscale, axis.xaxis), (ys, axis.set_yscale, axis.yaxis)):
        known = [value for value in values if value is not None]
        # If the largest is many times the smallest, all but a few points would overlap, as in the report.
        if min(known) > 0 and max(known) > LOGARITHMIC_FROM * min(known):
            set_scale("log")
            plain_ticks(scaled_axis)
    axis.grid()
    legend(figure, axis, 3)
    return figure


RUN_KINDS = {
    "energy": plot_energy,
    "cycles": plot_cycles,
    "stalls": plot_stalls,
    "area": plot_area,
    "compare": plot_compare,
    "roofline": plot_roofline,
    "bandwidth": plot_bandwidth,
}
TABLE_KINDS = {"pareto": plot_pareto}
