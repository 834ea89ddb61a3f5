# SPDX-License-Identifier: Apache-2.0
"""Figures of runs, comparisons and sweeps for papers: selects the kind, and draws two columns of a table."""

from anda_sim.common.errors import InputError
from anda_sim.figures.pareto import front_indices
from anda_sim.figures.style import LONGEST_AXIS, PALETTE, label_text, plain_ticks
from anda_sim.figures.units import more_is_better, scaled

from .bars import plot_area, plot_compare, plot_comparison, plot_cycles, plot_energy, plot_stalls
from .curves import plot_bandwidth, plot_roofline
from .look import legend

LOGARITHMIC_FROM = 30


def _like(values, shown, value):
    """Scales another value of a column like the values already shown."""
    scale = next((after / before for before, after in zip(values, shown) if before and after), 1)
    return None if value is None else value * scale


def plot_pareto(plt, tables, look):
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
    x, y = column(look.x, "time_s", results[0]), column(look.y, "energy_total_pj", results[-1])
    xs, ys = table.column(x), table.column(y)
    signs = [-1 if more_is_better(name) else 1 for name in (x, y)]
    feasible = [table.is_feasible(row) for row in table.rows]
    front = front_indices(
        (signs[0] * a, signs[1] * b) if ok and None not in (a, b) else (None, None) for ok, a, b in zip(feasible, xs, ys)
    )
    figure, axis = look.canvas(plt, 2.3)
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
    if table.base is not None:
        base = [_like(table.column(name), shown, table.base[table.columns.index(name)]) for name, shown in ((x, xs), (y, ys))]
        axis.plot(*([value] for value in base), "*", color="#000000", markersize=8, label="base")
    axis.set(xlabel=label_text(x_label, LONGEST_AXIS), ylabel=label_text(y_label, LONGEST_AXIS))
    for values, set_scale, scaled_axis in ((xs, axis.set_xscale, axis.xaxis), (ys, axis.set_yscale, axis.yaxis)):
        known = [value for value in values if value is not None]
        # If the largest value is many times the smallest, most points would overlap on a linear scale. The report has the same rule.
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


def plot_results(plt, kind, runs, tables, look):
    """The figure of one kind for the loaded results. InputError if they have no data of this kind."""
    comparisons = [table.comparison for table in tables if table.comparison is not None]
    if kind == "compare" and comparisons and not runs:
        if len(comparisons) > 1:
            raise InputError("--kind compare takes one comparison")
        return plot_comparison(plt, comparisons[0], look)
    if kind in RUN_KINDS:
        if not runs:
            also = ", or a folder with compare.json" if kind == "compare" else ""
            raise InputError(f"--kind {kind} needs runs: folders with report.json{also}")
        return RUN_KINDS[kind](plt, runs, look)
    if not tables:
        raise InputError(f"--kind {kind} needs a table: results of a sweep, an exploration, a comparison or a search")
    if look.systems is not None or look.labels:
        raise InputError(f"--systems and --label go with runs and comparisons; choose columns for --kind {kind} by --x and --y")
    return TABLE_KINDS[kind](plt, tables, look)
