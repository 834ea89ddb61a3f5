# SPDX-License-Identifier: Apache-2.0
"""scripts/plot: figures of runs and sweeps for papers."""

import argparse

from anda_sim.common.errors import InputError
from anda_sim.figures.style import COLUMN_INCHES, check_file, save, styled

from .inputs import load
from .plots import RUN_KINDS, TABLE_KINDS

DESCRIPTION = f"""\
Draws one figure, as wide as a column of a two-column paper ({COLUMN_INCHES} inches), as PDF with TrueType fonts,
SVG or PNG. The same results give the same file, byte for byte.

  energy      energy by component            cycles      time, busy and by stall
  stalls      stalls alone, by cause         area        silicon by component
  compare     speedup and efficiencies       roofline    kinds of GeMM under their roofs
  bandwidth   external memory over time      pareto      two columns of a sweep, with its front

RESULT is a folder of anda-sim run, serve, compare or search, of a sweep or an exploration, or a file in it.
"""


def plot_parser():
    parser = argparse.ArgumentParser(description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", metavar="RESULT", help="a folder or file, see above")
    parser.add_argument("--kind", required=True, choices=[*RUN_KINDS, *TABLE_KINDS], help="which figure")
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="the file to write: .pdf, .svg or .png")
    parser.add_argument(
        "--by",
        choices=["system", "tensor", "kind"],
        default="system",
        help="energy, cycles, stalls: bars for systems, tensor types or kinds of GeMM (system)",
    )
    parser.add_argument("--share", action="store_true", help="energy, cycles, stalls, area: shares in percent")
    parser.add_argument("--x", metavar="COLUMN", help="pareto: the horizontal column (time of the last system)")
    parser.add_argument("--y", metavar="COLUMN", help="pareto: the vertical column (energy of the last system)")
    return parser


def main(arguments=None):
    options = plot_parser().parse_args(arguments)
    check_file(options.out, "--out")
    runs, tables = load(options.results)
    wanted, kind = (runs, RUN_KINDS) if options.kind in RUN_KINDS else (tables, TABLE_KINDS)
    if not wanted:
        needed = (
            "runs: folders with report.json"
            if kind is RUN_KINDS
            else "a table: results of a sweep, an exploration, a comparison or a search"
        )
        raise InputError(f"--kind {options.kind} needs {needed}")
    with styled() as plt:
        figure = kind[options.kind](plt, wanted, options)
    save(figure, options.out)
    print(options.out)
