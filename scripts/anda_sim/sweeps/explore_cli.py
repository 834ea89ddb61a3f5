# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/explore."""

import argparse
from pathlib import Path

from anda_sim.common.options import real_number, whole_number
from anda_sim.common.terminal import choose_colour
from anda_sim.figures.style import check_file
from anda_sim.progress import Progress

from .cli import add_common, check_cache, executor, limits
from .explore import ALIASES, DEFAULTS, Exploration
from .sweep import Sweep
from .sweep_file import SAMPLERS


def explore_parser():
    parser = argparse.ArgumentParser(
        description="Searches the space of a sweep file (docs/exploration.md) for the configurations that are best "
        "in several numbers at once, with Optuna. Resumes an interrupted search; the same seed gives the same "
        "search, on any number of cores. Options override the section `explore` of the file.",
        epilog="Exit status: 0 done, 1 the search could not be finished or nothing meets the constraints, 2 the input is wrong.")
    parser.add_argument("file", metavar="FILE", type=Path, help="a sweep file, such as configs/explore/llama-13b-prefill.yaml")
    add_common(parser, "results/explore")
    parser.add_argument("--minimise", action="append", metavar="NUMBER",
                        help=f"{', '.join(ALIASES)} or a metric of docs/glossary.md; may be repeated "
                        f"({', '.join(DEFAULTS['minimise'])})")
    parser.add_argument("--constraint", action="append", metavar="'NUMBER <= BOUND'",
                        help="a condition on the results, such as 'area <= 2.5'; may be repeated")
    parser.add_argument("--system", help="the system whose numbers are used (the last one)")
    parser.add_argument("--loss-table", type=Path, metavar="FILE", help="CSV or YAML: A_qkv, A_o, A_u, A_d, loss; or log.jsonl of "
                        "anda-sim search")
    parser.add_argument("--max-loss", type=real_number(), metavar="LOSS", help="largest accepted loss, in the table's unit")
    parser.add_argument("--monotone-loss", action="store_true",
                        help="assume that a combination loses no more than one of the table that is nowhere longer")
    parser.add_argument("--sampler", choices=SAMPLERS, help=f"how trials are proposed ({DEFAULTS['sampler']})")
    parser.add_argument("--trials", type=whole_number(1, 10**6), metavar="N", help=f"total number of trials ({DEFAULTS['trials']})")
    parser.add_argument("--seed", type=whole_number(0, 2**31 - 1), metavar="N", help=f"random seed ({DEFAULTS['seed']})")
    parser.add_argument("--batch", type=whole_number(1, 10**6), metavar="N", help=f"trials proposed at a time ({DEFAULTS['batch']})")
    parser.add_argument("--population", type=whole_number(1, 10**6), metavar="N", help=f"population of NSGA-II ({DEFAULTS['population']})")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run the trials on a Dask cluster, such as tcp://host:8786")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the trials and the front: .svg, .png or .pdf")
    return parser


def main(arguments=None):
    parser = explore_parser()
    options = parser.parse_args(arguments)
    choose_colour(options.color)
    if (options.loss_table is None) != (options.max_loss is None):
        parser.error("--loss-table and --max-loss go together")
    if options.scheduler and options.jobs:
        parser.error("--jobs is for this machine; with --scheduler the cluster decides")
    check_cache(parser, options, options.scheduler)
    if options.plot:
        check_file(options.plot, "--plot")
    given = {"minimise": options.minimise, "constraints": options.constraint, "system": options.system,
             "sampler": options.sampler, "trials": options.trials, "seed": options.seed, "batch": options.batch,
             "population": options.population}
    if options.loss_table:
        given["loss"] = {"table": options.loss_table, "limit": options.max_loss, "monotone": options.monotone_loss}
    sweep = Sweep(options.file, options.program, dict(options.set))
    found = Exploration(sweep, given).run(
        options.out, options.jobs, executor(options), limits(options),
        lambda total, known: Progress(total, known, sweep.name, options.quiet))
    if not options.quiet:
        found.print()
        print(found.folder / "results.csv")
    if options.plot:
        found.plot().save(options.plot)
        if not options.quiet:
            print(options.plot)
    return 0 if found.front else 1
