# SPDX-License-Identifier: Apache-2.0
"""Regenerates the figures and tables of the Anda paper (HPCA 2025) and
compares them with the published ones.

Writes DIR/reproduction.md with DIR/reproduction/*.csv and, as plots, *.svg;
DIR is docs by default. The simulator is built first unless --program names it.
Needs Debian's python3-yaml, and python3-matplotlib for the plots.
"""

import argparse
import csv
import io
import math
import tempfile
from pathlib import Path

from anda_sim.common.errors import RunError
from anda_sim.common.files import write_atomically
from anda_sim.common.options import whole_number
from anda_sim.common.tree import SOURCE
from anda_sim.simulator import Simulator

from .computed import (PUBLISHED, PaperRuns, anda_energy_rows, bops_rows, breakdown_rows, dram_factor, fixed_share, load_yaml, pe_rows,
                       sensitivity_rows, system_rows, table_iii_rows)
from .page import page
from .terms import METRICS, SENSITIVITY


def write_csv(path, headings, rows):
    def text(value):
        if isinstance(value, list):
            return " ".join(map(str, value))
        return f"{value:.5g}" if isinstance(value, float) else value

    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(headings)
    for row in rows:
        writer.writerow(["" if value is None else text(value) for value in row])
    write_atomically(path, file.getvalue())


def check_writable(folder):
    """Raises an error before the work starts if the results could not be written. Creates no folder."""
    existing = folder
    while not existing.exists() and existing != existing.parent:
        existing = existing.parent
    try:
        tempfile.TemporaryFile(dir=existing).close()
    except OSError as error:
        raise RunError(f"--out {folder}: cannot write to {existing}: {error.strerror}") from None


def write(out, data, comparison, plots):
    folder = out / "reproduction"
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "systems.csv", ["system", "metric", "paper", "ours"], data["systems"])
    write_csv(folder / "elements.csv", ["element", "metric", "mantissa_bits", "paper", "ours"], data["pe"])
    write_csv(folder / "bops.csv", ["model", "loss_percent", "mantissa_bits", "paper", "ours"], data["bops"])
    write_csv(folder / "area_power.csv", ["component", "area_mm2_paper", "area_mm2_ours", "power_mw_paper", "power_mw_ours"],
              [(component, *area, *power) for component, (area, power) in data["table_iii"].items()])
    write_csv(folder / "breakdown.csv", ["system", "compute", "sram", "dram", "total"], data["breakdown"])
    write_csv(folder / "models.csv", ["model", "system", *METRICS],
              [(model["name"], system["name"], *[float(system[metric]) for metric in METRICS])
               for model in comparison["models"] for system in model["systems"]])
    write_csv(folder / "anda_energy.csv", ["quantity", "paper", "ours", "ours_weights_reloaded"], data["anda_energy"])
    write_csv(folder / "sensitivity.csv",
              ["assumption", "changed_to", *[f"{system} {metric}" for system, metric in SENSITIVITY]], data["sensitivity"])
    write_atomically(out / "reproduction.md", page(data, plots))
    if plots:
        from anda_sim.reproduction.figures import draw

        draw(folder, data)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="scripts/reproduce_paper", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=SOURCE / "docs", help="folder of the page (docs)")
    parser.add_argument("--jobs", type=whole_number(1, 1024), help="simulations at a time (number of processor cores)")
    parser.add_argument("--no-plots", action="store_true", help="only the page and the CSV files")
    parser.add_argument("--program", help="the anda-sim to run; without it, the tree's own is built")
    options = parser.parse_args(arguments)

    if not options.no_plots:
        import matplotlib  # noqa: F401  reports a missing package before the work starts
    for folder in (options.out, options.out / "reproduction"):
        check_writable(folder)
    published = load_yaml(PUBLISHED)
    with tempfile.TemporaryDirectory() as folder:
        paper_runs = PaperRuns(Simulator(options.program), folder, options.jobs)
        comparison = paper_runs.compare()
        rows = table_iii_rows(paper_runs, published)
        table_iii = {}
        for component, _, paper, ours in rows:
            table_iii.setdefault(component, []).append((paper, ours))
        sensitivity = sensitivity_rows(paper_runs, comparison)
        data = {
            "systems": system_rows(comparison, published),
            "pe": pe_rows(paper_runs, published),
            "bops": bops_rows(paper_runs, published),
            "table_iii": table_iii,
            "breakdown": breakdown_rows(comparison),
            "sensitivity": sensitivity,
            "anda_energy": anda_energy_rows(sensitivity, published),
            "dram_factor": dram_factor(comparison, published),
            "fixed_share": fixed_share(paper_runs),
        }
        assert all(math.isfinite(row[-1]) for row in data["systems"])
    write(options.out, data, comparison, not options.no_plots)
    print(f"{options.out}/reproduction.md, {options.out}/reproduction/")
