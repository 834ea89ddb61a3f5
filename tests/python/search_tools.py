# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of anda-sim search: made-up models, an independent Algorithm 1, calls of the command."""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import jsonschema

SOURCE = Path(__file__).resolve().parents[2]
TYPES = ["A_qkv", "A_o", "A_u", "A_d"]
TINY = ["--set", "workload.layers=2", "--set", "workload.tokens=64"]
HANGS = 300  # seconds, after which a program is taken to hang: far more than it takes on a busy machine

# Perplexity of a combination: the baseline and, for each tensor type, a weight that halves with every bit. Every answer
# adds a line to a file, so that evaluations can be counted. Layers, where given, count three times as much as those
# before, up to the eighth.
EVALUATOR = """
import json, sys, time
base, weights, counted = {base!r}, {weights!r}, {counted!r}
def loss(combination):
    return sum(w * 2.0 ** -combination[t] for w, t in zip(weights, {types!r}))
limit, then = [*sys.argv[1:], "", ""][:2]
for number, line in enumerate(sys.stdin):
    if limit and number >= int(limit):
        time.sleep(600) if then == "silence" else sys.exit(5)
    question = json.loads(line)
    with open(counted, "a") as file:
        file.write(line)
    layers = question.get("layers") or [question["combination"]]
    total = shares = 0.0
    for i, layer in enumerate(layers):
        total += 3.0 ** (i % 8) * loss(layer) if layer else 0.0
        shares += 3.0 ** (i % 8)
    print(json.dumps({{"perplexity": base * (1 + total / shares)}}), flush=True)
"""


def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


class Landscape:
    """A made-up model, as an evaluator and as a function."""

    def __init__(self, folder, weights, base=7.25):
        self.base, self.weights, self.counted = base, weights, folder / "asked.jsonl"
        script = folder / "evaluator.py"
        script.write_text(EVALUATOR.format(base=base, weights=weights, counted=str(self.counted), types=TYPES))
        self.command = f"exec {shlex.quote(sys.executable)} {shlex.quote(str(script))}"

    def perplexity(self, *layers):
        total = shares = 0.0
        for i, layer in enumerate(layers):
            total += 3.0 ** (i % 8) * sum(w * 2.0**-bits for w, bits in zip(self.weights, layer))
            shares += 3.0 ** (i % 8)
        return self.base * (1 + total / shares)

    def loss(self, *layers):
        return (self.perplexity(*layers) - self.base) / self.base

    def asked(self):
        return self.counted.read_text().splitlines() if self.counted.exists() else []


def search(folder, landscape, *args, model="OPT-1.3B", tiny=TINY, status=0):
    command = landscape if isinstance(landscape, str) else landscape.command
    words = [program(), "search", "--model", model, "--evaluator", command, "--out", "out", *tiny, *map(str, args)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr and "terminate" not in done.stderr
    return done


def log_of(folder, name="out/log.jsonl"):
    header, baseline, *visits = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    assert header["anda_sim_search"] == 1 and list(baseline) == ["baseline"]
    return visits


def result_of(folder):
    result = json.loads((folder / "out" / "search.json").read_text())
    jsonschema.validate(result, json.loads((SOURCE / "docs" / "search.schema.json").read_text()))
    return result


def run_program(*args):
    """The output of anda-sim."""
    return subprocess.run([program(), *map(str, args)], capture_output=True, text=True, check=True).stdout


def macs_by_type(model="OPT-1.3B", layers=2, tokens=64):
    macs = dict.fromkeys(TYPES, 0)
    for row in run_program("trace", "--model", model, "--layers", layers, "--tokens", tokens).splitlines()[2:]:
        _, _, tensor, m, k, n = row.split(",")
        macs[tensor] += int(m) * int(k) * int(n)
    return [macs[name] for name in TYPES]


def algorithm_1(cost, loss, tolerance, iterations=32):
    """The paper's algorithm, plainly on lists: (combination, accepted) of every iteration, and the best."""
    queue = [(b, b, b, b) for b in range(4, 14)]
    visited, trail, best = set(), [], None
    while len(trail) < iterations:
        waiting = [c for c in queue if c not in visited]
        if not waiting:
            break
        combination = min(waiting, key=cost)  # the first of the least
        # The rest of the published loop could accept nothing more.
        if best is not None and cost(combination) >= cost(best):
            break
        visited.add(combination)
        accepted = (best is None or cost(combination) < cost(best)) and loss(combination) <= tolerance
        trail.append((combination, accepted))
        if accepted:
            best = combination
            for i in range(4):
                relaxed = tuple(bits - (i == j) for j, bits in enumerate(combination))
                if min(relaxed) >= 1:
                    queue.append(relaxed)
    return trail, best


def wait_for(condition, what):
    deadline = time.monotonic() + HANGS
    while not condition():
        assert time.monotonic() < deadline, f"{what} does not happen"
        time.sleep(0.02)


def processes_of(marker):
    """Processes with this text in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and marker.encode() in (folder / "environ").read_bytes():
                found.append(folder.name)
        except OSError:
            pass
    return found


def wait_until_gone(marker):
    """A killed process may still exist for a moment."""
    wait_for(lambda: not processes_of(marker), f"the end of {processes_of(marker)}")
