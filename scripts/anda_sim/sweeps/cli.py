# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/sweep, and its parts shared with scripts/explore."""

import argparse
import os
import re
import sys
from pathlib import Path

from anda_sim.common.errors import InputError
from anda_sim.common.options import add_color, real_number, whole_number
from anda_sim.common.table import print_table
from anda_sim.common.terminal import choose_colour, say
from anda_sim.progress import Progress
from anda_sim.simulator import Simulator
from anda_sim.values import Written, as_text

from .local import LocalExecutor, user_cache
from .summary import best_points
from .sweep import Sweep
from .node_reader import real
from .sweep_file import LIMITS, Axis, SweepFile, values_of

# Announces the slow check from this number of combinations.
MANY = 200
_SIZES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def memory(text):
    """`4GiB`, `512M` or a number of bytes."""
    match = re.fullmatch(r"([0-9]{1,20})\s*([kmgt]?)(i?b)?", text.strip(), re.IGNORECASE)
    size = int(match[1]) * _SIZES[match[2].lower()] if match else 0
    if not 0 < size < LIMITS["memory_bytes"]:
        raise argparse.ArgumentTypeError(f"`{text}` is not an amount of memory such as 512M or 4GiB")
    return size


def seconds(text):
    value = real_number("a number of seconds above 0")(text)
    if not 0 < value < LIMITS["time_s"]:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds above 0")
    return value


def setting(text):
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise argparse.ArgumentTypeError(f"`{text}` is not KEY=VALUE")
    return key, Written(value)


def parameter(text):
    key, sign, values = text.partition("=")
    if not sign or not key or not values:
        raise argparse.ArgumentTypeError(f"`{text}` is not KEY=VALUES, such as accelerator.mxu.rows=8,16,32")
    return key, values


def given_sweep(options):
    """The SweepFile of --param."""
    keys = [key for key, _ in options.param]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise InputError(f"--param {twice}: is given twice")
    base = real(options.files[0]) if options.files else None
    if base is not None and not base.is_file():
        raise InputError(f"{options.files[0]}: cannot be read: No such file or directory")
    name = "-".join([base.stem if base else "defaults", *(key.rpartition(".")[-1] for key in keys)])
    return SweepFile(path=Path("--param"), name=re.sub(r"[^\w.+-]", "_", name), base=base,
                     axes=[Axis([key], [(value,) for value in values_of(text, key)]) for key, text in options.param])


def add_common(parser, folder):
    """Adds the options of both scripts; results folders are below `folder`."""
    parser.add_argument("--out", metavar="DIR", type=Path, help=f"results folder ({folder}/NAME)")
    parser.add_argument("--set", action="append", default=[], type=setting, metavar="KEY=VALUE",
                        help="a key of the configuration that is the same in all points; may be repeated. Paths are "
                        "relative to the sweep file")
    parser.add_argument("-j", "--jobs", type=whole_number(1, 1024), metavar="N", help="simulations at a time (all cores)")
    parser.add_argument("--cache", metavar="DIR", help="folder of simulated GeMMs to reuse and extend (that of `anda-sim cache`)")
    parser.add_argument("--no-cache", action="store_true", help="simulate everything")
    parser.add_argument("--timeout", type=seconds, metavar="SECONDS", help="time limit per point")
    parser.add_argument("--memory", type=memory, metavar="SIZE", help="memory limit per point, such as 4GiB")
    parser.add_argument("--program", type=Path, metavar="FILE", help="anda-sim (that of the source tree, built if needed)")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    add_color(parser)


def limits(options):
    given = {"time_s": options.timeout, "memory_bytes": options.memory}
    return {name: value for name, value in given.items() if value is not None}


def sweep_parser():
    parser = argparse.ArgumentParser(
        description="Simulates every point of one or more sweep files (docs/sweeps.md), runs or servers, and writes a row for each to "
        "results.csv and results.sqlite. Only missing points are run, so the same command resumes an interrupted sweep "
        "and runs the new points of an extended one.",
        epilog="Exit status: 0 every point has its row (failed points have one with their error), 1 the sweep could not be "
        "finished or no point is done, 2 the input is wrong.")
    parser.add_argument("files", nargs="*", metavar="FILE", type=Path,
                        help="a sweep file, such as configs/sweeps/array_size.yaml; with --param, the configuration of a run")
    parser.add_argument("--param", action="append", default=[], type=parameter, metavar="KEY=VALUES",
                        help="instead of a sweep file: a key and its values, such as accelerator.mxu.rows=8,16,32 or "
                        "precision='{from: 4, to: 8}'; may be repeated for every combination")
    add_common(parser, "results/sweeps")
    parser.add_argument("--dry-run", action="store_true", help="list the points and run nothing")
    parser.add_argument("--retry-failed", action="store_true", help="run failed points again")
    parser.add_argument("--plot", metavar="FILE_OR_DIR", type=Path,
                        help="draw each sweep: a .svg, .png or .pdf file, or a folder that gets NAME.svg")
    where = parser.add_argument_group("beyond this machine")
    where.add_argument("--scheduler", metavar="ADDRESS", help="run the points on a Dask cluster, such as tcp://host:8786")
    where.add_argument("--slurm", action="store_true", help="run the points as a Slurm job array")
    where.add_argument("--slurm-option", action="append", default=[], metavar="OPTION",
                       help="an option for sbatch, such as --slurm-option=--partition=long; may be repeated")
    where.add_argument("--points-per-task", type=whole_number(1, 10**6), metavar="N", help="points per task of the array (1)")
    return parser


def executor(options):
    """The factory from which Sweep.run() obtains its executor."""
    if options.scheduler:
        from .dask_cluster import DaskExecutor
        return lambda results: DaskExecutor(options.scheduler)
    if getattr(options, "slurm", False):
        from .slurm import SlurmExecutor
        return lambda results: SlurmExecutor(results.folder, options.slurm_option, options.points_per_task)
    cache = None if options.no_cache else options.cache or user_cache
    return lambda results: LocalExecutor(results.work, options.jobs, cache)


def check_cache(parser, options, is_elsewhere):
    if options.cache is not None and (options.no_cache or not options.cache):
        parser.error("--cache and --no-cache: choose one" if options.no_cache else "--cache: the name is empty")
    if options.cache and is_elsewhere:
        parser.error("--cache is for this machine; on a cluster everything is simulated")


def dry_run(sweep):
    points = sweep.points()
    for point in points:
        values = "  ".join(f"{key}={as_text(value)}" for key, value in point.settings.items())
        print(f"{point.number:6}  {values}" + (f"  INVALID: {point.error}" if point.config is None else ""))
    different = len({point.key for point in points if point.config is not None})
    print(f"{sweep.name}: {len(points)} points, {different} different simulations, "
          f"{sum(point.config is None for point in points)} not legal")


def check_options(parser, options):
    if options.scheduler and options.slurm:
        parser.error("--scheduler and --slurm: choose one")
    if (options.slurm_option or options.points_per_task) and not options.slurm:
        parser.error("--slurm-option and --points-per-task go with --slurm")
    if options.jobs and (options.scheduler or options.slurm):
        parser.error("--jobs is for this machine; with --scheduler and --slurm the cluster decides")
    if not options.files and not options.param:
        parser.error("needs a sweep file, or --param KEY=VALUES")
    if options.param and len(options.files) > 1:
        parser.error("--param goes with one configuration")
    check_cache(parser, options, options.scheduler or options.slurm)
    if options.plot and len(options.files) > 1 and options.plot.suffix:
        parser.error("--plot needs a folder when there are several sweep files")


def main(arguments=None):
    parser = sweep_parser()
    options = parser.parse_args(arguments)
    choose_colour(options.color)
    check_options(parser, options)
    simulator = Simulator(options.program)
    files = [given_sweep(options)] if options.param else options.files
    sweeps = [Sweep(file, simulator, dict(options.set), folder=os.getcwd() if options.param else None) for file in files]
    names = [sweep.name for sweep in sweeps]
    if len(set(names)) < len(names):
        raise InputError("two sweeps have the same name, so that their results would share a folder")
    for sweep in sweeps:
        if options.plot:
            from .plot import check_plot
            check_plot(sweep, options.plot)
    done = True
    for sweep in sweeps:
        if options.dry_run:
            dry_run(sweep)
            continue
        out = (options.out or Path("results") / "sweeps") / (sweep.name if len(sweeps) > 1 or not options.out else "")
        if sweep.space.size >= MANY and not options.quiet:
            print(f"{sweep.name}: checking {sweep.space.size} configurations", file=sys.stderr)
        result = sweep.run(out, options.jobs, executor(options), limits(options), options.retry_failed,
                           lambda total, known: Progress(total, known, sweep.name, options.quiet))
        failed = result.failed
        if failed and not options.quiet:
            say(f"{sweep.name}: {len(failed)} of {len(result.rows)} points failed;", "bad", " ", error=True)
            say(f"the first one: point {failed[0]['point']}: {failed[0]['status']}: {failed[0]['error']}", error=True)
        if not options.quiet:
            best = best_points(result)
            if best is None:
                say("no point has numbers", "bad")
            else:
                print_table(*best)
            print(result.folder / "results.csv")
        done = done and len(failed) < len(result.rows)
        if options.plot and len(failed) < len(result.rows):
            from .plot import save_plot
            target = save_plot(sweep, result, options.plot)
            if not options.quiet:
                print(target)
    return 0 if done else 1
