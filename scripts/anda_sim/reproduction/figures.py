# SPDX-License-Identifier: Apache-2.0
"""The figures of docs/reproduction.md."""

from anda_sim.figures.style import PALETTE, save, styled

from .terms import METRICS, NAMES

PAPER, OURS = PALETTE[6], PALETTE[0]
PARTS = (("compute", PALETTE[0]), ("SRAM", PALETTE[4]), ("DRAM", PALETTE[6]))
# The width of a two-column page.
WIDTH = 7.0


def draw(folder, data):
    """Writes systems.svg, elements.svg, bops.svg and breakdown.svg. ImportError if matplotlib is not installed."""
    with styled() as plt:
        _draw(plt, folder, data)


def _draw(plt, folder, data):
    def panels(count, **options):
        return plt.subplots(1, count, figsize=(WIDTH, 2.3), **options)

    def bars(axis, title, labels, paper, ours):
        places = range(len(labels))
        axis.bar([x - 0.2 for x in places], [value or 0 for value in paper], 0.4, label="paper", color=PAPER)
        axis.bar([x + 0.2 for x in places], ours, 0.4, label="ours", color=OURS)
        slanted(axis, labels)
        axis.set_title(title)
        axis.grid(axis="y")

    def slanted(axis, labels):
        axis.set_xticks(range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor")

    def system(name):
        return NAMES[name].replace("% loss", " % loss")

    def words(metric):
        return metric.replace("_", " ") + " (× FP-FP)"

    figure, axes = panels(3)
    for axis, metric in zip(axes, METRICS):
        rows = [row for row in data["systems"] if row[1] == metric]
        bars(axis, words(metric), [system(row[0]) for row in rows], [row[2] for row in rows], [row[3] for row in rows])
    axes[0].legend()
    save(figure, folder / "systems.svg")

    figure, axes = panels(2)
    for axis, metric in zip(axes, METRICS[1:]):
        rows = [row for row in data["pe"] if row[1] == metric]
        labels = [f"Anda, {row[2]} bits" if row[2] else row[0] for row in rows]
        bars(axis, words(metric), labels, [row[3] for row in rows], [row[4] for row in rows])
    axes[0].legend()
    save(figure, folder / "elements.svg")

    figure, axes = panels(2, sharey=True)
    for axis, loss in zip(axes, ("0.1", "1")):
        rows = [row for row in data["bops"] if row[1] == loss]
        bars(axis, f"bit operations saved at {loss} % loss (× FP-FP)", [row[0] for row in rows], [row[3] for row in rows],
             [row[4] for row in rows])
    axes[0].legend(loc="upper right", ncols=2)
    axes[0].set_ylim(top=1.2 * axes[0].get_ylim()[1])
    save(figure, folder / "bops.svg")

    figure, axis = plt.subplots(figsize=(WIDTH / 2, 2.3))
    below = [0.0] * len(data["breakdown"])
    for part, (name, colour) in enumerate(PARTS, 1):
        values = [row[part] for row in data["breakdown"]]
        axis.bar(range(len(values)), values, bottom=below, label=name, color=colour)
        below = [a + b for a, b in zip(below, values)]
    slanted(axis, [system(row[0]) for row in data["breakdown"]])
    axis.set_title("energy of LLaMA-13B (share of FP-FP)")
    axis.grid(axis="y")
    axis.legend()
    save(figure, folder / "breakdown.svg")
