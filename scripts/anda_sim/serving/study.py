# SPDX-License-Identifier: Apache-2.0
"""How many accelerators serve LLaMA-3-8B, and how large their arrays have to
be.

Serves requests of the size of Azure's conversations on FP-FP and on Anda, with
arrays of several sizes and layers shared by 1 to 8 accelerators, finds the
fewest accelerators with which 99 % of the first tokens come within 2 s, and
prints the page docs/serving_study.md, or writes it to FILE.
"""

import argparse
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, Optional

from ..common.errors import InputError
from ..common.files import write_atomically
from ..common.options import whole_number
from ..progress import bar
from ..simulator import Simulator
from . import page
from .points import FIRST_TOKEN_S, MOST_ACCELERATORS, SYSTEMS, TENSORS, Alone, Load, Machine, Served, area_mm2

SIDES = (16, 64, 128)
RATES = (1, 5, 10)


def numbers(text):
    """A list of whole numbers from 1 on."""
    return [whole_number(1, 1 << 20)(part) for part in text.split(",")]


def alone(load, system, side):
    """{machine: Alone} of requests without queueing, from most to fewest accelerators per layer. Stops after the first machine that
    misses the limit, since fewer accelerators take longer."""
    found: Dict[Machine, Alone] = {}
    for tensor in sorted(TENSORS, reverse=True):
        machine = Machine(system, side, tensor)
        found[machine] = load.alone(machine)
        if found[machine].first_token_p99_s > FIRST_TOKEN_S:
            break
    return found


def best(load, machines, rate):
    """The server with the fewest accelerators that keeps the limit, or None. `machines`: alone() of a system and an array size."""
    found: Optional[Served] = None
    for machine, times in reversed(machines.items()):
        if times.first_token_p99_s <= FIRST_TOKEN_S:
            limit = found.accelerators - 1 if found else MOST_ACCELERATORS
            found = load.fewest(machine, rate, times, limit) or found
    return found


def study(simulator, load, sides, rates, jobs, progress):
    """(area of an accelerator by system and side, Alone by machine, the best server by system, side and rate)."""
    places = [(system, side) for side in sides for system in SYSTEMS]
    areas = {place: area_mm2(simulator, *place) for place in places}

    def counted(work):
        def done(each):
            found = work(*each)
            progress.update()
            return found
        return done

    pool = ThreadPoolExecutor(jobs)
    try:
        idle = dict(zip(places, pool.map(counted(lambda *place: alone(load, *place)), places)))
        wanted = [(*place, rate) for place in places for rate in rates]
        servers = dict(zip(wanted, pool.map(counted(lambda system, side, rate: best(load, idle[system, side], rate)), wanted)))
    finally:
        pool.shutdown(cancel_futures=True)  # after an interrupt, no further simulation starts
    return areas, {machine: times for found in idle.values() for machine, times in found.items()}, servers


def main(arguments):
    parser = argparse.ArgumentParser(prog="scripts/serving_study", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the page here instead of printing it")
    parser.add_argument("--sides", type=numbers, default=SIDES, metavar="N,…", help="rows and columns of the arrays")
    parser.add_argument("--rates", type=numbers, default=RATES, metavar="R,…", help="requests a second")
    parser.add_argument("--requests", type=whole_number(1, 10**6), default=100, metavar="N", help="requests of each simulation")
    options = parser.parse_args(arguments)
    if options.page and options.page.is_dir():
        raise InputError(f"--page {options.page}: is a folder")
    simulator = Simulator()
    steps = len(SYSTEMS) * len(options.sides) * (1 + len(options.rates))
    with tempfile.TemporaryDirectory(prefix="anda-sim-") as cache, bar(total=steps, desc="servers") as progress:
        load = Load(simulator, options.requests, cache)
        results = study(simulator, load, options.sides, options.rates, len(os.sched_getaffinity(0)), progress)
    text = page.page(*results, options.requests)
    if options.page:
        write_atomically(options.page, text)
    else:
        print(text, end="")
    return 0
