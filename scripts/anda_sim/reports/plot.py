# SPDX-License-Identifier: Apache-2.0
"""scripts/plot: figures of runs, comparisons and sweeps for papers."""

import argparse

from anda_sim.common.options import real_number
from anda_sim.figures.style import COLUMN_INCHES, PAGE_INCHES, check_file, save, styled

from .inputs import load
from .look import Look
from .plots import RUN_KINDS, TABLE_KINDS, plot_results

DESCRIPTION = f"""\
Draws one figure as PDF with TrueType fonts, SVG or PNG, as wide as a column of
a two-column paper ({COLUMN_INCHES} inches) unless --width says otherwise. The same results
give the same file, byte for byte.

  energy     energy by component      cycles    time, busy and by stall
  stalls     stalls alone, by cause   area      silicon by component
  compare    speedup, efficiencies    roofline  kinds of GeMM under their roofs
  bandwidth  memory over time         pareto    two columns and their front

RESULT is a folder of anda-sim run, serve, compare or search, of a sweep or an
exploration, or a file in it. compare draws runs, or a comparison with a group
of bars for each model and their geometric means.
"""
SIZES = {"column": COLUMN_INCHES, "page": PAGE_INCHES}


def inches(text):
    """`column`, `page` or a number of inches."""
    value = SIZES.get(text) or real_number("column, page or a number of inches from 1 to 40")(text)
    if not 1 <= value <= 40:
        raise argparse.ArgumentTypeError(f"`{text}` is not column, page or a number of inches from 1 to 40")
    return value


def points(text):
    value = real_number("a number of points from 4 to 40")(text)
    if not 4 <= value <= 40:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of points from 4 to 40")
    return value


def names(text):
    found = [name.strip() for name in text.split(",")]
    if not all(found) or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"`{text}` is not a list of different systems such as fp-fp,anda")
    return found


def renamed(text):
    name, sign, label = text.partition("=")
    if not name or not sign or not label:
        raise argparse.ArgumentTypeError(f"`{text}` is not SYSTEM=TEXT")
    return name, label


def plot_parser():
    parser = argparse.ArgumentParser(prog="scripts/plot", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", metavar="RESULT", help="a folder or file, see above")
    parser.add_argument("--kind", required=True, choices=[*RUN_KINDS, *TABLE_KINDS], metavar="KIND", help="which figure, see above")
    parser.add_argument("-o", "--out", required=True, metavar="FILE", help="the file to write: .pdf, .svg or .png")
    parser.add_argument("--by", choices=["system", "tensor", "kind"], default="system",
                        help="energy, cycles, stalls: bars for systems, tensor types or kinds of GeMM (system)")
    parser.add_argument("--share", action="store_true", help="energy, cycles, stalls, area: shares in percent")
    parser.add_argument("--x", metavar="COLUMN", help="pareto: the horizontal column (time of the last system)")
    parser.add_argument("--y", metavar="COLUMN", help="pareto: the vertical column (energy of the last system)")
    looks = parser.add_argument_group("looks")
    looks.add_argument("--width", type=inches, metavar="INCHES", help="column, page or a number of inches (column; page for large comparisons)")
    looks.add_argument("--height", type=inches, metavar="INCHES", help="by default what the figure needs")
    looks.add_argument("--font", metavar="NAME", help="serif, sans-serif, monospace or an installed family (DejaVu Sans)")
    looks.add_argument("--font-size", type=points, metavar="POINTS", help="of the labels of axes; others are in proportion (7.5)")
    looks.add_argument("--systems", type=names, metavar="A,B", help="only these systems, in this order")
    looks.add_argument("--label", type=renamed, action="append", default=[], metavar="SYSTEM=TEXT",
                       help="call a system something else; may be repeated")
    looks.add_argument("--values", action="store_true", help="bars: write their numbers")
    looks.add_argument("--hatches", action="store_true", help="bars: patterns too, for print without colours")
    return parser


def main(arguments=None):
    options = vars(plot_parser().parse_args(arguments))
    results, kind, out = (options.pop(name) for name in ("results", "kind", "out"))
    look = Look(labels=dict(options.pop("label")), **options)
    check_file(out, "--out")
    runs, tables = load(results)
    with styled(look.font, look.font_size) as plt:
        figure = plot_results(plt, kind, runs, tables, look)
    save(figure, out, look.font, look.font_size)
    print(out)
