# SPDX-License-Identifier: Apache-2.0
"""Figures of runs over two axes: the roofline, and bandwidth over time."""

import math

from anda_sim.common.errors import InputError
from anda_sim.figures.palette import series
from anda_sim.figures.style import label_text, plain_ticks
from anda_sim.figures.units import prefixed

from .bars import bars_of
from .look import columns_for, legend
from .runs import bandwidth, roofline

# Height of a roof's label, as a share of the roofline's height.
LABEL_SHARE = 0.055
MARKERS = ["o", "s", "D", "^", "v", "P", "X", "*"]


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
            axis.plot([peak * 1e12 / roof["bytes_per_s"], high], [peak, peak], color=series(i), linewidth=0.8)
            if any(abs(math.log(peak / other)) < near for other in written):
                continue
            axis.annotate("FP16" if not bits else f"{bits} bits", (high, peak), (-2, 0), textcoords="offset points", ha="right",
                          va="center", fontsize=7, color="#555555", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5})
            written.append(peak)


def draw_gemms(axis, roofs, tensors):
    """GeMMs as points: a colour for each system, a mark for each tensor type."""
    for i, (bar, roof) in enumerate(roofs):
        colour = series(i)
        for point in roof["points"]:
            if point["intensity"]:
                # Coinciding points of several systems are nested.
                axis.plot(point["intensity"], point["tops"], MARKERS[tensors.index(point["tensor"]) % len(MARKERS)], color=colour,
                          markersize=4 + 2 * max(0, 3 - i), markeredgecolor="white", markeredgewidth=0.4)
        axis.plot([], [], color=colour, label=bar.label)
    for i, tensor in enumerate(tensors):
        axis.plot([], [], MARKERS[i % len(MARKERS)], color="#555555", markersize=4, label=label_text(tensor))


def plot_roofline(plt, runs, look):
    figure, axis = look.canvas(plt, 2.4)
    roofs = [(bar, roofline(bar.system)) for bar in bars_of(runs, "system", look)]
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


# Below this share of the memory's peak, curves would look flat next to the peak line.
LEAST_OF_PEAK = 0.2


def plot_bandwidth(plt, runs, look):
    figure, axis = look.canvas(plt, 1.9)
    bars = bars_of(runs, "system", look)
    curves = [bandwidth(bar.run, bar.system) for bar in bars]
    factor, prefix = prefixed(max(starts[-1] for _, starts, _, _ in curves), "s")
    for i, (bar, (_, starts, read, write)) in enumerate(zip(bars, curves)):
        edges = [start / factor for start in starts]
        axis.stairs([(a + b) * 1e-9 for a, b in zip(read, write)], edges, color=series(i), label=bar.label, baseline=None)
    axis.set(xlabel=f"time ({prefix}s)", ylabel="DRAM (GB/s)", xlim=(0, None), ylim=(0, None))
    draw_memory_peaks(axis, bars, max(a + b for _, _, read, write in curves for a, b in zip(read, write)))
    axis.grid(axis="y")
    legend(figure, axis, columns_for([bar.label for bar in bars]))
    return figure


def draw_memory_peaks(axis, bars, most):
    """Draws a line at the peak of each memory, or a text if the peak is far above the largest rate."""
    peaks = sorted({bar.system["dram_bandwidth_bytes_per_s"]["peak"] for bar in bars})
    low = [peak for peak in peaks if most >= LEAST_OF_PEAK * peak]
    for peak in low:
        axis.axhline(peak * 1e-9, color="#000000", linestyle="--", linewidth=0.8)
        axis.annotate(f"peak, {peak * 1e-9:.4g} GB/s", (1, peak * 1e-9), (-2, 1), xycoords=("axes fraction", "data"), textcoords="offset points",
                      ha="right", va="bottom", fontsize=7)
    if low:
        axis.set_ylim(0, 1.12 * max(low) * 1e-9)
    elif peaks:
        axis.margins(y=0.15)
        axis.set_ylim(0, most * 1.2e-9 or 1)
        axis.annotate(f"peak: {', '.join(f'{peak * 1e-9:.4g}' for peak in peaks)} GB/s ↑", (1, 1), (-2, -1), xycoords="axes fraction",
                      textcoords="offset points", ha="right", va="top", fontsize=7)
