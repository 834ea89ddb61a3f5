# SPDX-License-Identifier: Apache-2.0
"""The command line of scripts/mutate: draws, builds and runs mutants, and reports the survivors."""

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

from anda_sim.common.errors import InputError, RunError
from anda_sim.common.files import write_atomically
from anda_sim.common.tree import SOURCE
from anda_sim.mutation.draw import Draw
from anda_sim.mutation.mutant import Mutant, diff, read_equivalent
from anda_sim.mutation.suite import Suite
from anda_sim.mutation.workspace import Workspace

EQUIVALENT = SOURCE / "tests" / "equivalent_mutants.yaml"


def parser():
    result = argparse.ArgumentParser(
        prog="mutate", description="Makes random changes to the C++ code of models/ and src/, one at a time, and runs the tests "
        "that reach the change. A change that every test passes survives: it is listed with file, line and diff. Works in a "
        "copy of the tree in build/mutation. To resume an interrupted run, repeat its command.",
        epilog="Exit status: 0 the score reaches --score, 1 it does not, 2 usage.")
    result.add_argument("--mutants", type=_count, default=150, metavar="N", help="number of mutants (150)")
    result.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the random choice (1)")
    result.add_argument("--jobs", type=_count, default=os.cpu_count(), metavar="J", help="processes at a time (all cores)")
    result.add_argument("--per-file", type=_count, default=4, metavar="K",
                        help="mutants of each chosen file; more mutants in fewer files build sooner (4)")
    result.add_argument("--files", nargs="+", default=["models/anda", "src"], metavar="FILE",
                        help="files, folders or patterns to choose from (models/anda src)")
    result.add_argument("--limit", type=_count, default=600, metavar="SECONDS",
                        help="CPU time for the tests of one mutant; a mutant that uses it up counts as survived (600)")
    result.add_argument("--included-by", type=_count, metavar="N",
                        help="leave out headers that more than N files include, which take long to build")
    result.add_argument("--ctest", nargs="*", default=["*"], metavar="NAME",
                        help="which tests of ctest run, as patterns such as 'app:*' (all)")
    result.add_argument("--python", nargs="*", default=["*"], metavar="NAME",
                        help="which tests/python/test_NAME.py run in addition to ctest's tests, as patterns (all)")
    result.add_argument("--again", action="store_true", help="retry the survivors, after tests have changed")
    result.add_argument("--score", type=float, default=95, metavar="PERCENT", help="required score (95)")
    return result


def _count(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def mutate_main(arguments):
    options = parser().parse_args(arguments)
    folder = SOURCE / "build" / "mutation"
    workspace = Workspace(SOURCE, folder, options.jobs)
    workspace.prepare()
    files = workspace.code(options.files)
    if options.included_by:
        includers = workspace.includers()
        files = [file for file in files if includers.get(file, 0) <= options.included_by]
    if not files:
        raise InputError(f"--files {' '.join(options.files)}: names no C++ file of models/anda or src")
    draw = Draw(workspace, files, options.seed, options.per_file, read_equivalent(EQUIVALENT))
    mutants = build(workspace, draw, options.mutants, folder / "drawn.json")
    described = [mutant.described((SOURCE / mutant.file).read_bytes()) for mutant in mutants]
    suite = Suite(workspace, options.ctest, options.python)
    suite.collect()
    suite.trace(folder / "reach.json", options.jobs, lambda text: print(text, flush=True))
    for name in suite.failing:
        print(f"left out, it fails without any mutant: {name}")
    log = Log(folder / f"seed-{options.seed}.jsonl", workspace.digest())
    run(suite, mutants, described, log, options)
    return report([log.known[_key(each)] for each in described], draw, options.score)


def build(workspace, draw, count, cache):
    """Draws mutants until `count` of them compile, all in one copy of the tree. Mutants of the last call are not drawn again."""
    key = [workspace.digest(), count, draw.key()]
    known = json.loads(cache.read_text()) if cache.exists() else {}
    if known.get("key") == key:
        mutants = [Mutant(**mutant) for mutant in known["mutants"]]
        draw.unbuildable, draw.equivalent = known["unbuildable"], known["equivalent"]
    else:
        mutants = []
    while True:
        while len(mutants) < count:
            mutants.append(draw.next())
            print(f"\rdrawn: {len(mutants)}", end="", flush=True)
        print("; building", flush=True)
        numbered = list(enumerate(mutants))
        workspace.write(numbered)
        places = workspace.build()
        if not places:
            break
        blamed = workspace.mutants_at(places, numbered)
        if not blamed:
            raise RunError(f"the copy does not build, and no mutant is to blame: {places}")
        for mutant in blamed:
            draw.drop(mutant)
            mutants.remove(mutant)
    content = {"key": key, "mutants": [asdict(mutant) for mutant in mutants], "unbuildable": draw.unbuildable,
               "equivalent": draw.equivalent}
    write_atomically(cache, json.dumps(content))
    return mutants


class Log:
    """The results, one JSON object per line. Results of other sources are not reused."""

    def __init__(self, path, digest):
        self._path, self.known = path, {}
        head = {"sources": digest}
        lines = path.read_text().splitlines() if path.exists() else []
        if lines and json.loads(lines[0]) == head:
            for line in lines[1:]:
                result = json.loads(line)
                self.known[_key(result)] = result
        else:
            path.write_text(json.dumps(head) + "\n")

    def add(self, result):
        self.known[_key(result)] = result
        with self._path.open("a") as file:
            file.write(json.dumps(result) + "\n")


def _key(described):
    return described["file"], described["line"], described["before"], described["after"]


def run(suite, mutants, described, log, options):
    def waits(each):
        known = log.known.get(_key(each))
        return known is None or (options.again and known["verdict"] != "killed")

    def one(number):
        each = described[number]
        first = {known["by"] for known in log.known.values() if known["file"] == each["file"] and "by" in known}
        result = {**each, **suite.verdict(number, first, options.limit)}
        if result["verdict"] == "unreached" and mutants[number].in_constexpr:
            result["verdict"] = "compile time"
        log.add(result)
        print(f"{result['verdict']:9} {each['file']}:{each['line']} {each['kind']}, {result['tests']} tests, "
              f"{result['cpu_s']:.1f} s{', ' + result['by'] if 'by' in result else ''}", flush=True)

    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            list(pool.map(one, [number for number, each in enumerate(described) if waits(each)]))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def report(results, draw, wanted):
    judged = [result for result in results if result["verdict"] != "compile time"]
    survivors = [result for result in judged if result["verdict"] != "killed"]
    for result in survivors:
        print(f"\n{result['verdict']}\n{diff(result)}")
    score = 100 * (len(judged) - len(survivors)) / max(len(judged), 1)
    print(f"\n{len(judged)} mutants, {len(judged) - len(survivors)} killed: {score:.1f} %. Drawn and left out: "
          f"{draw.unbuildable} do not compile, {len(results) - len(judged)} only change what the compiler computes, "
          f"{draw.equivalent} are known to be equivalent.")
    return 0 if score >= wanted else 1
