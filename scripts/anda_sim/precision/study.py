# SPDX-License-Identifier: Apache-2.0
"""Measures the perplexity of the models of tests/data/small_models against
mantissa length, and searches for lengths.

Writes DIR/precision.md with DIR/precision/*.csv and, as plots, *.svg; DIR is
docs by default. The studies are those of the paper: perplexity against one
mantissa length for all, against the group size, and against the length of one
tensor type at a time; then the precision search at 0.1 %, 1 % and 5 % loss,
with one combination for all layers and layer by layer, on tokens of the
training text, evaluated on the held-out ones; and, where the search finds
nothing better than one length for all, the cheaper combinations around it.
With --keep, an interrupted study resumes. The simulator is built first unless
--program names it. Plots need Debian's python3-matplotlib.
"""

import argparse
import csv
import json
import tempfile
from pathlib import Path

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.common.files import write_atomically
from anda_sim.common.tree import SOURCE
from anda_sim.simulator import Simulator

from .measures import (FAMILIES, MODELS, SmallModels, around_study, baselines, group_study, search_study, tensor_study,
                       uniform_study)
from .page import page


def load_matplotlib():
    import matplotlib

    return matplotlib


def draw(folder, data):
    matplotlib = load_matplotlib()
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "anda", "svg.fonttype": "none", "font.size": 8})
    from matplotlib import pyplot

    def figure_of(name, fill, width=10):
        figure, axes = pyplot.subplots(1, len(FAMILIES), figsize=(width, 3), sharey=True)
        for axis, (family, title) in zip(axes, FAMILIES.items()):
            fill(axis, family)
            axis.set_title(title)
            axis.grid(alpha=0.3)
        figure.tight_layout()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)

    def lines(axis, rows, label_at, bits_at, legend):
        for label in dict.fromkeys(row[label_at] for row in rows):
            points = [(row[bits_at], 100 * row[-1]) for row in rows if row[label_at] == label]
            axis.plot(*zip(*points), marker="o", markersize=3, label=legend.format(label))
        axis.set_yscale("symlog", linthresh=0.1)
        axis.set_xlabel("mantissa bits")
        axis.set_ylabel("perplexity lost (%)")
        axis.legend()

    def of(name, family):
        return [row for row in data[name] if row[0] == family]

    figure_of("uniform", lambda axis, family: lines(axis, of("uniform", family), 0, 1, "A_qkv = A_o = A_u = A_d"))
    figure_of("groups", lambda axis, family: lines(axis, of("groups", family), 1, 2, "groups of {}"))
    figure_of("tensors", lambda axis, family: lines(axis, of("tensors", family), 1, 2, "{} alone"))

    def search(axis, family):
        rows = of("search", family)
        axis.plot([100 * row[4] for row in rows], [row[6] for row in rows], "o", label="found")
        refined = [row for row in rows if row[10] is not None]
        axis.plot([100 * row[10] for row in refined], [row[12] for row in refined], "^", label="found, layer by layer")
        axis.plot([100 * row[1] for row in rows if row[9]], [row[9] for row in rows if row[9]], "_", markersize=12,
                  label="best uniform at the tolerance")
        axis.set_xscale("symlog", linthresh=0.1)
        axis.set_xlabel("perplexity lost, calibration tokens (%)")
        axis.set_ylabel("bit operations saved (×)")
        axis.legend()

    figure_of("search", search)


def write_csv(path, headings, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows([f"{value:.6g}" if isinstance(value, float) else value for value in row] for row in rows)


def write(out, data, plots):
    folder = out / "precision"
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "baselines.csv", ["model", "parameters", "fp32", "int4_weights", "int4_weights_fp16"],
              data["baselines"])
    write_csv(folder / "uniform.csv", ["model", "mantissa_bits", "perplexity", "loss"], data["uniform"])
    write_csv(folder / "groups.csv", ["model", "group_size", "mantissa_bits", "perplexity", "loss"], data["groups"])
    write_csv(folder / "tensors.csv", ["model", "tensor", "mantissa_bits", "perplexity", "loss"], data["tensors"])
    write_csv(folder / "search.csv", ["model", "tolerance", "met", "combination", "loss_calibration", "loss_held_out",
                                      "bops_saving", "iterations", "uniform_bits", "uniform_bops_saving",
                                      "layers_loss_calibration", "layers_loss_held_out", "layers_bops_saving",
                                      "layers_iterations"], [row[:-1] for row in data["search"]])
    write_csv(folder / "around.csv", ["model", "tolerance", "combination", "cheaper_nearby", "evaluated", "cheapest_within",
                                      "least_loss_combination", "least_loss"], data["around"])
    (out / "precision.md").write_text(page(data, plots))
    if plots:
        draw(folder, data)


def kept(folder, name, measure):
    """The result of measure(), cached in a file of the folder: read if the file exists, else measured and written."""
    path = folder / f"{name}.json"
    if not path.exists():
        write_atomically(path, json.dumps(measure()))
    rows = strict_json.load(path)
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise InputError(f"{path}: is not what an earlier study has kept: must be a list of rows; delete it")
    return rows


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/precision_study", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=SOURCE / "docs", help="folder of the page (docs)")
    parser.add_argument("--no-plots", action="store_true", help="only the page and the CSV files")
    parser.add_argument("--program", help="the anda-sim to run; without it, the tree's own is built")
    parser.add_argument("--tokens", type=Path, default=MODELS / "held_out.npy", help="what perplexities are measured on")
    parser.add_argument("--calibration", type=Path, default=MODELS / "calibration.npy", help="what the search works on")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what is measured there, and go on from what is")
    parser.add_argument("--threads", type=int, metavar="N", help="of an evaluation (as many as there are processors)")
    options = parser.parse_args(arguments)

    if not options.no_plots:
        load_matplotlib()  # reports a missing package before the measurements start
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        models = SmallModels(Simulator(options.program), folder, options.threads)
        data = {
            "baselines": kept(folder, "baselines", lambda: baselines(models, options.tokens)),
            "uniform": kept(folder, "uniform", lambda: uniform_study(models, options.tokens)),
            "groups": kept(folder, "groups", lambda: group_study(models, options.tokens)),
            "tensors": kept(folder, "tensors", lambda: tensor_study(models, options.tokens)),
            "search": kept(folder, "search", lambda: search_study(models, options.tokens, options.calibration)),
        }
        data["around"] = kept(folder, "around", lambda: around_study(models, options.calibration, data["search"]))
    write(options.out, data, not options.no_plots)
    print(f"{options.out}/precision.md, {options.out}/precision/")
