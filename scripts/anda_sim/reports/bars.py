# SPDX-License-Identifier: Apache-2.0
"""Figures of bars: energy, cycles, stalls and area by part, and comparisons of systems."""

from anda_sim.common.errors import InputError
from anda_sim.figures import palette
from anda_sim.figures.style import COLUMN_INCHES, PAGE_INCHES, label_text
from anda_sim.figures.units import prefixed

from .look import columns_for, legend
from .runs import COMPONENTS, cycle_parts, energy_parts, kinds, ratios, states_of

RATIOS = {"speedup": "speedup", "energy_efficiency": "energy\nefficiency", "area_efficiency": "area\nefficiency"}
# Largest number of bars in a panel that fits a column of a paper.
MOST_IN_COLUMN = 30
GEOMETRIC_MEAN = "mean"


class Bars:
    """A row drawn as a bar: `label`, the row itself, its system and its run."""

    def __init__(self, label, row, system, run):
        self.label, self.row, self.system, self.run = label_text(label), row, system, run


def bars_of(runs, by, look):
    chosen = [(run, look.chosen(run.systems, lambda system: system["name"], run.label)) for run in runs]
    look.check_labels([system["name"] for _, systems in chosen for system in systems])
    several = sum(len(systems) for _, systems in chosen) > 1
    found = []
    for run, systems in chosen:
        for system in systems:
            name = look.label(system["name"])
            name = f"{run.label}, {name}" if len(runs) > 1 else name
            if by == "system":
                found.append(Bars(name, system, system, run))
            else:
                for row in system["tensors"] if by == "tensor" else kinds(system):
                    part = row["tensor"] if by == "tensor" else row["name"]
                    found.append(Bars(f"{name}, {part}" if several else part, row, system, run))
    return found


def stacked(plt, bars, parts_of, names, colours, unit, title, look):
    parts = [parts_of(bar.row) for bar in bars]
    unknown = [[names[key] for key in names if part.get(key, 0) is None] for part in parts]
    parts = [{key: value or 0 for key, value in part.items()} for part in parts]
    totals = [sum(part.get(key, 0) for key in names) for part in parts]
    factor, prefix = (0.01, "") if look.share else prefixed(max(totals), unit)
    shown = [key for key in names if any(part.get(key, 0) > 0 for part in parts)]
    rows = -(-len(shown) // 3)
    figure, axis = look.canvas(plt, 0.62 + 0.17 * rows + 0.19 * len(bars))
    left = [0.0] * len(bars)
    for place, key in enumerate(shown):
        widths = [part.get(key, 0) / ((total or 1) if look.share else 1) / factor for part, total in zip(parts, totals)]
        axis.barh(range(len(bars)), widths, 0.72, left=left, label=names[key], **look.bar(place, colours[key]))
        left = [a + b for a, b in zip(left, widths)]
    axis.set_yticks(range(len(bars)), [bar.label + (f"\n({', '.join(missing)} n/a)" if missing else "") for bar, missing in zip(bars, unknown)])
    axis.invert_yaxis()
    axis.set_xlabel(f"{title} (%)" if look.share else f"{title} ({prefix}{unit})")
    axis.grid(axis="x")
    if look.share:
        axis.set_xlim(0, 100)
    elif look.values:
        for place, total in enumerate(totals):
            axis.annotate(f"{total / factor:.4g}", (total / factor, place), (2, 0), textcoords="offset points", va="center")
        axis.margins(x=0.15)
    legend(figure, axis, 3)
    return figure


def plot_energy(plt, runs, look):
    def joules(row):
        return {key: None if value is None else value * 1e-12 for key, value in energy_parts(row).items()}

    return stacked(plt, bars_of(runs, look.by, look), joules, COMPONENTS, palette.components(), "J", "Energy", look)


def _states(runs):
    """(readable names, colours) of the states of the array."""
    names = {key: name.replace("stall: ", "") for key, name in states_of(runs).items()}
    return names, palette.each(names)


def plot_cycles(plt, runs, look):
    names, colours = _states(runs)
    return stacked(plt, bars_of(runs, look.by, look), cycle_parts, names, colours, " cycles", "Time", look)


def plot_stalls(plt, runs, look):
    bars = bars_of(runs, look.by, look)
    names, colours = _states(runs)
    del names["busy"]
    if not any(cycle_parts(bar.row).get(cause) for bar in bars for cause in names):
        raise InputError("the array never waits: there are no stalls to draw")
    return stacked(plt, bars, cycle_parts, names, colours, " cycles", "Stalls", look)


def plot_area(plt, runs, look):
    names = {key: name for key, name in COMPONENTS.items() if key != "dram"}
    bars = bars_of(runs, "system", look)
    return stacked(plt, bars, lambda system: system["area_mm2"]["by_component"], names, palette.components(), "mm²", "Area", look)


def grouped(axis, groups, series, look, written):
    """Bars of each series [(label, values)] beside each other in each group; None is n/a. `written`: whether a series has numbers."""
    width = 0.8 / len(series)
    upright = len(groups) * len(series) < 10  # else numbers would be wider than their bars
    for i, (label, values) in enumerate(series):
        places = [x + (i - (len(series) - 1) / 2) * width for x in range(len(groups))]
        axis.bar(places, [value or 0 for value in values], width * 0.95, label=label, **look.series_bar(i))
        for x, value in zip(places, values):
            if written[i] or value is None:
                axis.annotate("n/a" if value is None else f"{value:.2f}", (x, value or 0), (0, 2), textcoords="offset points", ha="center",
                              va="bottom", fontsize="small" if look.font_size else 7, rotation=0 if upright else 90)
    axis.set_xticks(range(len(groups)), groups)
    axis.margins(x=0.01, y=0.1 if upright else 0.25)
    axis.grid(axis="y")


def plot_compare(plt, runs, look):
    """Speedup, energy and area efficiency of systems against the first one of their run."""
    bars = bars_of(runs, "system", look)
    figure, axis = look.canvas(plt, 1.9)
    series = [(bar.label, [ratios(bar.system, bar.run.systems[0])[key] for key in RATIOS]) for bar in bars]
    written = [bar.system is not bar.run.systems[0] for bar in bars]  # the baseline is 1 by definition
    grouped(axis, RATIOS.values(), series, look, written)
    axis.set_ylabel("times the baseline")
    legend(figure, axis, columns_for([bar.label for bar in bars]))
    return figure


def plot_comparison(plt, comparison, look):
    """The same for a comparison: a panel for each of the three, with a group of bars for each model and one for the geometric means."""
    means = look.chosen(comparison["means"], lambda mean: mean["name"], comparison["name"])
    names = [mean["name"] for mean in means]
    look.check_labels(names)
    models = [label_text(model["name"], 16) for model in comparison["models"]]
    if len(models) > 1:
        models.append(GEOMETRIC_MEAN)
    wide = len(models) * len(names) > MOST_IN_COLUMN
    slanted = len(models) > 4
    figure, axes = look.canvas(plt, 0.5 + (0.35 if slanted else 0) + 1.15 * len(RATIOS), len(RATIOS), PAGE_INCHES if wide else COLUMN_INCHES, sharex=True)
    for axis, (key, title) in zip(axes, RATIOS.items()):
        values = {name: [] for name in names}
        for model in comparison["models"]:
            for system in model["systems"]:
                if system["name"] in values:
                    values[system["name"]].append(system[key])
        for mean in means if len(comparison["models"]) > 1 else []:
            values[mean["name"]].append(mean[key])
        grouped(axis, models, [(look.label(name), values[name]) for name in names], look,
                [look.values and name != comparison["baseline"] for name in names])
        axis.set_ylabel(title)
        axis.axhline(1, color="#000000", linewidth=0.5, zorder=0)
        if len(comparison["models"]) > 1:
            axis.axvline(len(models) - 1.5, color="#000000", linewidth=0.5, linestyle=":")
    if slanted:
        axes[-1].tick_params(axis="x", labelrotation=30)
        for text in axes[-1].get_xticklabels():
            text.set(ha="right", rotation_mode="anchor")
    figure.supxlabel(f"improvement over {look.label(comparison['baseline'])}" + ("; mean: geometric" if len(comparison["models"]) > 1 else ""),
                     fontsize=plt.label_size())
    legend(figure, axes[0], 8 if wide else columns_for(names))
    return figure
