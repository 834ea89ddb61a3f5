# SPDX-License-Identifier: Apache-2.0
"""scripts/report: runs and sweeps as one HTML file."""

import argparse
from pathlib import Path

from anda_sim.common.errors import InputError
from anda_sim.common.files import write_atomically

from .inputs import load_all
from .page import page
from .plotly import plotly_text

DESCRIPTION = """\
Makes one HTML file of runs of anda-sim and of sweeps: headline, comparison,
energy and time by block, roofline, area, memory bandwidth over time, Pareto
front, tables, configuration and assumptions; for servers, latencies, load and
series over time. The file needs no network.

RESULT is a folder of anda-sim run (report.json, config.yaml and, if present,
timeline.json), serve (serve.json), compare (compare.json) or search
(search.json), of scripts/sweep or scripts/explore (results.csv), such a file
itself, or a results.sqlite. docs/reports.md shows what is in the report.
"""


def report_parser():
    parser = argparse.ArgumentParser(description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", metavar="RESULT", help="a folder or file, see above")
    parser.add_argument("-o", "--out", default="report.html", metavar="FILE", help="the file to write (report.html)")
    return parser


def main(arguments=None):
    options = report_parser().parse_args(arguments)
    runs, tables, servers = load_all(options.results)
    if not Path(options.out).name or Path(options.out).is_dir():
        raise InputError(f"--out {options.out}: is a folder, must be a file")
    Path(options.out).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(options.out, page(runs, tables, plotly_text(), servers))
    print(options.out)
