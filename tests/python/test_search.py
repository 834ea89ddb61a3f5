# SPDX-License-Identifier: Apache-2.0
"""anda-sim search against Algorithm 1 written down once more in Python, on made-up losses; and everything that an
evaluator, a log or a user can do wrong.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_search.py
"""

import json
import os
import pty
import random
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[2]
TYPES = ["A_qkv", "A_o", "A_u", "A_d"]
TINY = ["--set", "workload.layers=2", "--set", "workload.tokens=64"]

# Perplexity of a combination: the baseline and, for each tensor type, a weight that halves with every bit. Every answer
# leaves a line in a file, so that evaluations can be counted. Layers, where given, count three times as much as those
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


@pytest.fixture(scope="session")
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


def search(program, folder, landscape, *args, model="OPT-1.3B", tiny=TINY, status=0):
    command = landscape if isinstance(landscape, str) else landscape.command
    words = [program, "search", "--model", model, "--evaluator", command, "--out", "out", *tiny, *map(str, args)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
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


def macs_by_type(program, folder, model="OPT-1.3B", layers=2, tokens=64):
    done = subprocess.run([program, "trace", "--model", model, "--layers", str(layers), "--tokens", str(tokens)],
                          cwd=folder, capture_output=True, text=True, check=True)
    macs = dict.fromkeys(TYPES, 0)
    for row in done.stdout.splitlines()[2:]:
        _, _, tensor, m, k, n = row.split(",")
        macs[tensor] += int(m) * int(k) * int(n)
    return [macs[name] for name in TYPES]


def algorithm_1(cost, loss, tolerance, iterations=32):
    """The paper's, on lists and without cleverness: (combination, accepted) of every iteration, and the best."""
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


# --- the algorithm ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_every_visit_is_that_of_the_published_algorithm(program, tmp_path, seed):
    rng = random.Random(seed)
    model = rng.choice(["OPT-1.3B", "LLaMA-7B"])
    landscape = Landscape(tmp_path, [rng.choice([0.02, 0.3, 1.0, 4.0]) * rng.random() for _ in TYPES])
    tolerance = rng.choice([0.001, 0.01, 0.05])
    iterations = rng.choice([5, 32, 200])
    macs = macs_by_type(program, tmp_path, model)
    cost = lambda combination: sum(4 * m * bits for m, bits in zip(macs, combination))
    trail, best = algorithm_1(cost, landscape.loss, tolerance, iterations)
    search(program, tmp_path, landscape, "--tolerance", tolerance, "--iterations", iterations, model=model,
           status=0 if best else 1)
    visits = log_of(tmp_path)
    assert [(tuple(v["combination"]), v["accepted"]) for v in visits] == trail
    for i, visit in enumerate(visits):
        combination = visit["combination"]
        assert visit["iteration"] == i + 1 and visit["tolerance"] == tolerance and visit["stage"] == "modules"
        assert visit["bops"] == cost(combination)
        # Bit for bit: the evaluator's numbers, and one subtraction and division.
        assert visit["perplexity"] == landscape.perplexity(combination)
        assert visit["loss"] == landscape.loss(combination)
    (found,) = result_of(tmp_path)["results"]
    if best:
        assert tuple(found["best"]["combination"]) == best and found["meets_tolerance"]
        uniform = next(c for c, accepted in trail if accepted)
        assert tuple(found["best_uniform"]["combination"]) == uniform and len(set(uniform)) == 1
    assert len(landscape.asked()) == len(visits) + 1


def test_ties_go_to_the_one_pushed_first(program, tmp_path):
    """Four types of the same size: A_qkv, A_o, A_u, A_d."""
    rows = "".join(f"g{i},0,{name},64,128,128\n" for i, name in enumerate(TYPES))
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\n")
    landscape = Landscape(tmp_path, [0.0, 0.0, 0.5, 0.0])
    search(program, tmp_path, landscape, "--tolerance", 0.01, model="run.yaml", tiny=[])
    trail, _ = algorithm_1(sum, landscape.loss, 0.01)
    assert [tuple(v["combination"]) for v in log_of(tmp_path)] == [c for c, _ in trail]
    # 6 is the first uniform one within 1 %; then the four neighbours, earliest type first.
    assert [c for c, _ in trail][:5] == [(4,) * 4, (5,) * 4, (6,) * 4, (5, 6, 6, 6), (4, 6, 6, 6)]


def test_no_length_falls_below_one(program, tmp_path):
    landscape = Landscape(tmp_path, [0.0] * 4)
    search(program, tmp_path, landscape, "--iterations", 1000)
    visits = log_of(tmp_path)
    assert visits[-1]["combination"] == [1, 1, 1, 1] and visits[-1]["accepted"]
    assert min(bits for v in visits for bits in v["combination"]) == 1


def test_a_tolerance_that_nothing_meets(program, tmp_path):
    landscape = Landscape(tmp_path, [1e6, 0.0, 0.0, 0.0])
    done = search(program, tmp_path, landscape, "--tolerance", "1%", status=1)
    assert "nothing was found within a loss of 1 %; closest is [13, 13, 13, 13]" in done.stderr
    assert "not met" in done.stdout
    (found,) = result_of(tmp_path)["results"]
    assert not found["meets_tolerance"] and found["file"] is None and found["best_uniform"] is None
    assert found["best"]["combination"] == [13] * 4 and found["best"]["loss"] == landscape.loss([13] * 4)
    assert not list((tmp_path / "out").glob("loss-*"))


def test_one_of_two_tolerances_met(program, tmp_path):
    landscape = Landscape(tmp_path, [40.0] * 4)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "loss-0.01.yaml").write_text("of an earlier search")
    search(program, tmp_path, landscape, "--tolerance", "0.01%,10 %", "--simulate", status=1)
    missed, met = result_of(tmp_path)["results"]
    assert (missed["meets_tolerance"], met["meets_tolerance"]) == (False, True)
    assert "simulation" in met and "simulation" not in missed
    assert not (tmp_path / "out" / "loss-0.01.yaml").exists() and (tmp_path / "out" / "loss-10.yaml").exists()


def test_several_tolerances_share_evaluations_and_give_a_front(program, tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(program, tmp_path, landscape, "--tolerance", "0.1%,0.01,5%")
    asked = landscape.asked()
    assert len(asked) == len(set(asked)), "nothing is asked twice"
    result = result_of(tmp_path)
    assert [r["tolerance"] for r in result["results"]] == [0.001, 0.01, 0.05]
    visits = log_of(tmp_path)
    seen = {(v["bops"], v["loss"]) for v in visits}
    beaten = lambda a: any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in seen)
    assert [(c["bops"], c["loss"]) for c in result["front"]] == sorted(a for a in seen if not beaten(a))
    assert result["evaluations"] == len({tuple(v["combination"]) for v in visits}) == len(asked) - 1
    for found in result["results"]:
        assert found["best"]["bops"] <= found["best_uniform"]["bops"]
        assert found["best"]["bops_saving"] == result["bops_fp16"] / found["best"]["bops"]


def test_savings_are_the_published_ones(program, tmp_path):
    """Table II for OPT-1.3B: a landscape with a wall right below the published combination."""
    wall = "import json,sys\nfor line in sys.stdin:\n c = json.loads(line)['combination']\n" \
           " bad = c and any(c[t] < b for t, b in zip(['A_qkv','A_o','A_u','A_d'], [8, 6, 5, 5]))\n" \
           " print(json.dumps({'perplexity': 20.0 if bad else 10.0}), flush=True)\n"
    (tmp_path / "wall.py").write_text(wall)
    search(program, tmp_path, f"{sys.executable} wall.py", "--iterations", 100, tiny=[])
    (found,) = result_of(tmp_path)["results"]
    assert found["best"]["combination"] == [8, 6, 5, 5]
    assert round(found["best"]["bops_saving"], 2) == 2.74


# --- layer by layer --------------------------------------------------------------------------------------------


def refined(start, layers, cost, loss, tolerance, iterations):
    """The rule of docs/search.md, on lists."""
    best = [list(start) for _ in range(layers)]
    trail = []

    def look(candidate):
        nonlocal best
        accepted = cost(candidate) < cost(best) and loss(*candidate) <= tolerance
        trail.append((candidate, accepted))
        if accepted:
            best = candidate
        return accepted

    def changed(combinations, place, by):
        copy = [list(layer) for layer in combinations]
        copy[place[0]][place[1]] += by
        return copy

    while len(trail) < iterations:
        base = best
        below, above = {}, {}  # prices
        for by, limit, prices in ((-1, 1, below), (1, 13, above)):
            for place in ((layer, t) for layer in range(layers) for t in range(4)):
                candidate = changed(base, place, by)
                if base[place[0]][place[1]] == limit or by * (cost(candidate) - cost(base)) <= 0:
                    continue
                if len(trail) == iterations:
                    return trail, best
                look(candidate)
                prices[place] = (loss(*base) - loss(*candidate)) / (cost(candidate) - cost(base))
        steps = [(price, place) for place, price in above.items()]
        steps += [(max(price, above.get(place, price)), place) for place, price in below.items()]
        point = base
        for place in above:
            point = changed(point, place, 1)
        way = []
        for _, place in sorted(steps, key=lambda step: step[0]):
            point = changed(point, place, -1)
            if cost(point) < cost(best):
                way.append(point)
        while way and len(trail) < iterations:
            middle = len(way) // 2
            way = way[middle + 1 :] if look(way[middle]) else way[:middle]
        if best == base:
            break
    return trail, best


@pytest.mark.parametrize("weights, budget", [([1.0, 0.05, 0.3, 0.2], 5), ([1.0, 0.05, 0.3, 0.2], 30),
                                             ([1.0, 0.05, 0.3, 0.2], 300), ([20.0, 0.0, 7.0, 0.0], 300)])
def test_layers_are_refined_by_the_rule(program, tmp_path, weights, budget):
    layers, tolerance = 3, 0.01
    landscape = Landscape(tmp_path, weights)
    tiny = ["--set", f"workload.layers={layers}", "--set", "workload.tokens=64"]
    done = search(program, tmp_path, landscape, "--per-layer", "--layer-iterations", budget, tiny=tiny)
    macs = [m // layers for m in macs_by_type(program, tmp_path, layers=layers)]
    cost = lambda combinations: sum(4 * m * bits for layer in combinations for m, bits in zip(macs, layer))
    (found,) = result_of(tmp_path)["results"]
    trail, best = refined(found["best"]["combination"], layers, cost, landscape.loss, tolerance, budget)
    visits = [v for v in log_of(tmp_path) if v["stage"] == "layers"]
    assert [(v["layers"], v["accepted"]) for v in visits] == trail
    assert [v["loss"] for v in visits] == [landscape.loss(*c) for c, _ in trail]
    assert found["per_layer"]["layers"] == best and found["per_layer"]["bops"] == cost(best)
    if any(accepted for _, accepted in trail):
        assert found["per_layer"]["bops"] < found["best"]["bops"] and "unlike" in done.stdout
    if budget == 300:
        # Bits are taken from the first layer, which counts least, and given to the last one.
        assert len(trail) < budget and any(accepted for _, accepted in trail)
        assert any(bits > of_all for bits, of_all in zip(best[-1], found["best"]["combination"]))
        assert sum(best[0]) < sum(best[1]) < sum(best[2])

    config = subprocess.run([program, "config", "out/loss-1.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert config.returncode == 0, config.stderr
    run = subprocess.run([program, "run", "out/loss-1.yaml", "--out", "run", "-q"], cwd=tmp_path, capture_output=True,
                         text=True)
    assert run.returncode == 0, run.stderr
    ops = json.loads((tmp_path / "run" / "report.json").read_text())["systems"][1]["ops"]
    for op in ops:
        assert op["input_mantissa_bits"] == best[op["layer"]][TYPES.index(op["tensor"])]


# --- other objectives ------------------------------------------------------------------------------------------


def simulated(program, folder, combination, *settings):
    settings = [*TINY, "--set", f"precision={list(combination)}", *settings]
    done = subprocess.run([program, "run", "base.yaml", *settings, "--out", "one", "-q"], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    anda = json.loads((folder / "one" / "report.json").read_text())["systems"][1]
    return anda["cycles"], anda["energy_pj"]["total"], anda["time_s"]


@pytest.mark.parametrize("objective", ["cycles", "energy", "edp"])
def test_objectives_are_the_numbers_of_runs(program, tmp_path, objective):
    (tmp_path / "base.yaml").write_text("workload: {model: OPT-1.3B}\n")
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    search(program, tmp_path, landscape, "--objective", objective, model="base.yaml")
    visits = log_of(tmp_path)
    costs = {}
    for visit in visits:
        cycles, energy, seconds = simulated(program, tmp_path, visit["combination"])
        assert (visit["cycles"], visit["energy_pj"]) == (cycles, energy)
        assert visit["edp_pj_s"] == energy * seconds
        costs[tuple(visit["combination"])] = {"cycles": cycles, "energy": energy, "edp": energy * seconds}[objective]

    def cost(combination):
        if combination not in costs:  # pushed, but never taken
            cycles, energy, seconds = simulated(program, tmp_path, combination)
            costs[combination] = {"cycles": cycles, "energy": energy, "edp": energy * seconds}[objective]
        return costs[combination]

    trail, _ = algorithm_1(cost, landscape.loss, 0.01)
    assert [(tuple(v["combination"]), v["accepted"]) for v in visits] == trail


def test_costs_of_single_layers_and_fp16_outputs_are_those_of_runs(program, tmp_path):
    (tmp_path / "base.yaml").write_text("workload: {model: LLaMA-7B}\nprecision: {output: fp16}\n")
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    search(program, tmp_path, landscape, "--objective", "cycles", "--per-layer", "--layer-iterations", 4, "--simulate",
           model="base.yaml")
    (found,) = result_of(tmp_path)["results"]
    assert found["per_layer"]["cycles"] == found["simulation"]["cycles"]
    assert found["per_layer"]["energy_pj"] == found["simulation"]["energy_total_pj"]


# --- the loop --------------------------------------------------------------------------------------------------


def test_what_was_found_is_simulated_and_runs_again(program, tmp_path):
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    done = search(program, tmp_path, landscape, "--tolerance", "1%,5%", "--simulate")
    assert "speedup" in done.stdout and done.stderr == ""
    for found in result_of(tmp_path)["results"]:
        file = tmp_path / "out" / found["file"]
        run = subprocess.run([program, "run", file, "--out", "again", "-q"], cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        report = json.loads((tmp_path / "again" / "report.json").read_text())
        assert [system["name"] for system in report["systems"]] == ["fp-fp", "anda"]
        assert report["systems"][1]["ops"][0]["input_mantissa_bits"] == found["best"]["combination"][0]
        for key in ("speedup", "area_efficiency", "energy_efficiency"):
            assert found["simulation"][key] == report["ratios"][0][key]
        assert (tmp_path / "out" / file.stem / "report.json").read_text() == (tmp_path / "again" / "report.json").read_text()
    assert not list((tmp_path / "out").glob("*.errors"))


def test_shapes_of_a_config_json(program, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({
        "model_type": "llama", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2}))
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    search(program, tmp_path, landscape, model="config.json", tiny=[])
    visit = log_of(tmp_path)[0]
    assert visit["bops"] == 4 * 4 * 2048 * 2 * (128 * 256 + 128 * 128 + 3 * 128 * 256)


# --- log -------------------------------------------------------------------------------------------------------


def test_a_second_search_asks_nothing_and_writes_the_same(program, tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    first = search(program, tmp_path, landscape)
    files = {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()}
    asked = len(landscape.asked())
    again = search(program, tmp_path, landscape)
    assert len(landscape.asked()) == asked
    assert {f.name: f.read_bytes() for f in (tmp_path / "out").iterdir()} == files
    assert f"{asked - 1} of them new" in first.stdout and "0 of them new" in again.stdout


def test_a_wider_search_asks_only_what_is_new(program, tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(program, tmp_path, landscape, "--iterations", 6)
    search(program, tmp_path, landscape, "--tolerance", "0.1%,1%,5%", "--objective", "energy", "--per-layer")
    asked = landscape.asked()
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("kept", [0, 1, 20, 60, 400, 900, 1500])
def test_a_log_cut_anywhere_is_continued(program, tmp_path, kept):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(program, tmp_path, landscape)
    log = tmp_path / "out" / "log.jsonl"
    whole = log.read_bytes()
    # 1 byte can be of any file.
    log.write_bytes(whole[:kept])
    status = 2 if kept == 1 else 0
    done = search(program, tmp_path, landscape, status=status)
    assert log.read_bytes() == (whole if status == 0 else whole[:1])
    assert status == 0 or "no log of a search" in done.stderr


def test_logs_of_something_else(program, tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(program, tmp_path, landscape)
    log = tmp_path / "out" / "log.jsonl"
    whole = log.read_text()
    for args, fragment in [
        (dict(model="OPT-2.7B"), "its workload"),
        (dict(tiny=[*TINY, "--set", "workload.tokens=65"]), "its workload"),
        (dict(tiny=[*TINY, "--set", "accelerator.mxu.rows=32"]), "its config_sha256"),
    ]:
        done = search(program, tmp_path, landscape, **args, status=2)
        assert "log.jsonl:1: is the log of another search" in done.stderr and fragment in done.stderr
    done = search(program, tmp_path, landscape.command + " ", status=2)
    assert "its evaluator" in done.stderr and "give another --log or --out" in done.stderr

    lines = whole.splitlines()
    for number, line, fragment in [
        (1, "name,layer", "log.jsonl:1: this is no log"),
        (1, lines[0].replace('search":1', 'search":99'), "version 99"),
        (2, '{"baseline":-1}', "log.jsonl:2: baseline"),
        (2, '{"baseline":null}', "log.jsonl:2: baseline"),
        (3, "rubbish", "log.jsonl:3: is no JSON object"),
        (3, '{"combination":[4,4,4],"perplexity":5}', "log.jsonl:3: must have"),
        (3, '{"combination":[4,4,4,17],"perplexity":5}', "log.jsonl:3: must have"),
        (3, '{"combination":[4,4,4,4],"perplexity":"5"}', "log.jsonl:3: must have"),
    ]:
        changed = [*lines]
        changed[number - 1] = line
        log.write_text("\n".join(changed) + "\n")
        done = search(program, tmp_path, landscape, status=2)
        assert fragment in done.stderr, done.stderr
        assert log.read_text() == "\n".join(changed) + "\n", "a refused log stays as it was"


def test_a_log_of_its_own(program, tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(program, tmp_path, landscape, "--log", "logs/mine.jsonl")
    assert log_of(tmp_path, "logs/mine.jsonl") and not (tmp_path / "out" / "log.jsonl").exists()


def test_a_terminal_sees_how_far_it_is(program, tmp_path):
    command = "while read line; do sleep 0.15; echo '{\"perplexity\": 5}'; done"
    words = [program, "search", "--model", "OPT-1.3B", "--evaluator", command, "--iterations", "4", "--out", "out", *TINY]
    try:
        terminal, its_end = pty.openpty()
    except OSError as error:
        pytest.skip(f"no terminal to be had here: {error}")
    done = subprocess.run(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=its_end, text=True, timeout=60,
                          env={**os.environ, "TERM": "xterm"})
    os.close(its_end)
    seen = os.read(terminal, 1 << 16).decode()
    os.close(terminal)
    assert done.returncode == 0 and "OPT-1.3B" in done.stdout
    assert "[#######                       ]  25 %" in seen and seen.endswith("\r\x1b[K")


# --- evaluators that misbehave ---------------------------------------------------------------------------------

ANSWER = "read line; echo '{\"perplexity\": 5}'; "
BAD = {
    "ends at once": ("exit 3", "ended with exit status 3 (after 0 answers)"),
    "ends later": (ANSWER + "read line; exit 7", "ended with exit status 7 (after 1 answer)"),
    "killed": (ANSWER + "read line; kill -9 $$", "was ended by signal 9"),
    "no such program": ("no-such-program-at-all", "ended with exit status 127"),
    "no JSON": (ANSWER + "read line; echo hello", 'answered "hello"; must be'),
    "an empty line": (ANSWER + "read line; echo", 'answered ""; must be'),
    "a list": (ANSWER + "read line; echo '[5]'", "must be"),
    "no perplexity": (ANSWER + "read line; echo '{}'", "must be"),
    "a text": (ANSWER + "read line; echo '{\"perplexity\": \"5\"}'", "must be"),
    "null": (ANSWER + "read line; echo '{\"perplexity\": null}'", "must be"),
    "NaN": (ANSWER + "read line; echo '{\"perplexity\": NaN}'", "must be"),
    "infinite": (ANSWER + "read line; echo '{\"perplexity\": 1e999}'", "must be"),
    "negative": (ANSWER + "read line; echo '{\"perplexity\": -5}'", "a perplexity is a positive number"),
    "zero": (ANSWER + "read line; echo '{\"perplexity\": 0}'", "a perplexity is a positive number"),
    "an error": (ANSWER + "read line; echo '{\"error\": \"out of memory\"}'", "reports an error: out of memory"),
    "two lines": (ANSWER + "read line; printf '{\"perplexity\":5}\\n{\"perplexity\":6}\\n'", "more than one line"),
    "unasked": ("echo loading; sleep 0.2; " + ANSWER, "loading"),
    "a second line later": (ANSWER + "echo more; while read line; do echo '{\"perplexity\": 5}'; sleep 0.05; done", "more"),
    "a line without end": (ANSWER + "read line; yes x | tr -d '\\n'", "a line of more than 1048576 bytes"),
    "half a line": (ANSWER + "read line; printf '{\"perplexity\": 5'", "ended with exit status 0"),
    "silence": (ANSWER + "read line; sleep 600", "gave no answer within 0.5 s"),
    "deaf": ("exec <&-; sleep 600", "gave no answer within 0.5 s"),
    "closed output": ("exec >&-; sleep 600", "closed its standard output"),
    "deep": (ANSWER + "read line; head -c 500000 /dev/zero | tr '\\0' '['; echo", "must be"),
}


def processes_of(group_marker):
    """Processes with this text in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and group_marker.encode() in (folder / "environ").read_bytes():
                state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
                found.append((folder.name, state))
        except OSError:
            pass
    return found


@pytest.mark.parametrize("case", BAD)
def test_evaluators_that_misbehave(program, tmp_path, case):
    command, fragment = BAD[case]
    marker = f"MARK_{os.getpid()}_{time.monotonic_ns()}"
    words = [program, "search", "--model", "OPT-1.3B", "--evaluator", command, "--evaluator-timeout",
             "0.5" if case in ("silence", "deaf") else "60", "--out", "out", *TINY]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, errors="replace",
                          env={**os.environ, "MARKER": marker})
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("error: the evaluator `") or case == "no such program", done.stderr
    assert fragment in done.stderr, done.stderr
    assert "the same command goes on from there" in done.stderr
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["log.jsonl"]
    for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines():
        json.loads(line)
    assert processes_of(marker) == [], "no process is left behind"


def test_a_failed_search_goes_on_where_it_stopped(program, tmp_path):
    """The evaluator dies after every third answer; the log carries the search over."""
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    command = f"{landscape.command} 3"
    runs = 0
    while True:
        words = [program, "search", "--model", "OPT-1.3B", "--evaluator", command, "--out", "out", *TINY]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        runs += 1
        if done.returncode == 0:
            break
        assert done.returncode == 1 and runs < 40
    broken = (tmp_path / "out" / "search.json").read_text()
    asked = [line for line in landscape.asked()]
    assert runs > 3 and len(asked) == len(set(asked))
    (tmp_path / "whole").mkdir()
    landscape = Landscape(tmp_path / "whole", [2.0, 0.1, 0.4, 0.2])
    search(program, tmp_path / "whole", landscape)
    ours, theirs = json.loads(broken), result_of(tmp_path / "whole")
    ours.pop("evaluator"), theirs.pop("evaluator")
    assert ours == theirs


def test_a_large_question_and_a_slow_reader(program, tmp_path):
    """Layers enough that a question does not fit into a pipe."""
    rows = "".join(f"g{i},{i},A_qkv,1,64,64\n" for i in range(3000))
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\n")
    landscape = Landscape(tmp_path, [0.3, 0.0, 0.0, 0.0])
    search(program, tmp_path, landscape, "--per-layer", "--layer-iterations", 2, model="run.yaml", tiny=[])
    assert len(landscape.asked()[-1]) > 65536


def test_interruption_ends_the_evaluator_and_keeps_the_log(program, tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    marker = f"MARK_{os.getpid()}_{time.monotonic_ns()}"
    command = f"{landscape.command} 4 silence"
    process = subprocess.Popen([program, "search", "--model", "OPT-1.3B", "--evaluator", command, "--out", "out", *TINY],
                               cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "MARKER": marker})
    deadline = time.time() + 60
    while len(landscape.asked()) < 4 and time.time() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in error
    assert processes_of(marker) == []
    assert len(log_of(tmp_path)) == 3


MODELS = SOURCE / "tests" / "data" / "small_models"


def test_interruption_in_the_middle_of_a_built_in_evaluation(program, tmp_path):
    """Many passes an evaluation: it must end at a layer, not with the evaluation."""
    np.save(tmp_path / "tokens.npy", np.tile(np.load(MODELS / "held_out.npy"), 40))
    words = [program, "search", "--model-dir", MODELS / "opt", "--tokens", "tokens.npy", "--out", "out", "--threads", "2"]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.time() + 60
    while not (tmp_path / "out" / "log.jsonl").exists() and time.time() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in error
    # The baseline alone takes longer than all this: nothing was evaluated.
    assert (tmp_path / "out" / "log.jsonl").read_bytes() == b""


def test_a_wrong_token_file_leaves_no_log_in_the_way(program, tmp_path):
    words = [program, "search", "--model-dir", MODELS / "opt", "--tokens", "tokens.npy", "--out", "out", "--iterations", "1",
             "--tolerance", "5%"]
    tokens = np.load(MODELS / "held_out.npy")[:512].astype(np.int32)
    for wrong in (256, -1):
        np.save(tmp_path / "tokens.npy", np.where(np.arange(512) == 77, wrong, tokens))
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "token 77 is" in done.stderr and "goes on" not in done.stderr
    np.save(tmp_path / "tokens.npy", tokens)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1) and len(log_of(tmp_path)) == 1, done.stderr


def test_two_searches_do_not_share_a_log(program, tmp_path):
    words = [program, "search", "--model", "OPT-1.3B", "--evaluator", "sleep 600", "--out", "out", *TINY]
    process = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    deadline = time.time() + 60
    while not (tmp_path / "out" / "log.jsonl").exists() and time.time() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert done.returncode == 1 and "another search is writing this log" in done.stderr


# --- options ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("args, fragment", [
    (["--model", "OPT-1.3B"], "needs --evaluator COMMAND"),
    (["--evaluator", "x"], "needs a configuration or --model"),
    (["--evaluator", "x", "--model-dir", "y"], "exclude each other"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tokens", "y"], "--tokens has no meaning with --evaluator"),
    (["--model-dir", "y", "--model", "OPT-1.3B"], "option --tokens is missing"),
    (["--model-dir", "y", "--tokens", "y", "--evaluator-timeout", "5"], "no meaning with --model-dir"),
    (["--evaluator", "x", "--model", "OPT-1.4B"], "OPT-1.3B"),
    (["--evaluator", "x", "--model", "none.json"], "none.json"),
    (["--evaluator", "x", "none.yaml"], "none.yaml"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "run.yaml"], "not both"),
    (["--evaluator", " ", "--model", "OPT-1.3B"], "option --evaluator is empty"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "1"], "otherwise 1%"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "-1%"], "--tolerance"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "nan"], "--tolerance"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "1%,"], "--tolerance"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--tolerance", "1%,0.01"], "1 % stands there twice"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--objective", "cycle"], "did you mean `cycles`"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--iterations", "0"], "--iterations"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--layer-iterations", "3"], "--per-layer only"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--evaluator-timeout", "0"], "--evaluator-timeout"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--set", "functional.enabled=true"], "functional.enabled"),
    (["--evaluator", "x", "--model", "OPT-1.3B", "--set", "accelerator.mxu.rows=0"], "accelerator.mxu.rows"),
    (["--evaluator", "x", "plain.yaml"], "there is nothing to search"),
])
def test_wrong_options(program, tmp_path, args, fragment):
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\na,0,T,16,64,64\n")
    (tmp_path / "plain.yaml").write_text("workload: {trace: trace.csv}\n")
    done = subprocess.run([program, "search", *args, "--out", "out"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert fragment in done.stderr, done.stderr
    assert not (tmp_path / "out").exists()


def test_results_that_cannot_be_written(program, tmp_path):
    (tmp_path / "file").write_text("")
    done = subprocess.run([program, "search", "--model", "OPT-1.3B", "--evaluator", "exit 1", "--out", "file/out"],
                          cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "file" in done.stderr


# --- the built-in evaluator ------------------------------------------------------------------------------------

MODELS = SOURCE / "tests" / "data" / "small_models"


@pytest.fixture
def some_tokens(tmp_path):
    """The first 512 held-out tokens: enough to see a difference, few enough for no time."""
    np.save(tmp_path / "tokens.npy", np.load(MODELS / "held_out.npy")[:512])
    return tmp_path / "tokens.npy"


def built_in(program, folder, tokens, *args, model=MODELS / "llama", status=0):
    words = [program, "search", "--model-dir", model, "--tokens", tokens, "--threads", "1", "--out", "out", *args]
    done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stderr
    return done


@pytest.mark.parametrize("family", ["opt", "llama"])
def test_the_built_in_evaluator_searches_a_real_model(program, tmp_path, some_tokens, family):
    built_in(program, tmp_path, some_tokens, "--tolerance", "1%", "--per-layer", "--layer-iterations", 3,
             model=MODELS / family)
    visits = log_of(tmp_path)
    (found,) = result_of(tmp_path)["results"]
    assert found["meets_tolerance"] and found["best"]["bops"] <= found["best_uniform"]["bops"]
    modules = [v for v in visits if v["stage"] == "modules"]
    words = [program, "evaluate", MODELS / family, "--tokens", some_tokens, "--threads", "1", "--json"]
    for visit in modules:
        words += ["--precision", ",".join(map(str, visit["combination"]))]
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)["results"]
    assert [v["perplexity"] for v in modules] == [m["perplexity"] for m in measured]
    assert [v["loss"] for v in modules] == pytest.approx([m["loss"] for m in measured], abs=1e-12)
    shapes = json.loads((MODELS / family / "config.json").read_text())
    assert all(len(v["layers"]) == shapes["num_hidden_layers"] for v in visits if v["stage"] == "layers")


def test_logs_of_another_model_or_other_tokens_or_formats(program, tmp_path, some_tokens):
    args = ["--iterations", 2, "--tolerance", "50%"]
    built_in(program, tmp_path, some_tokens, *args)
    done = built_in(program, tmp_path, some_tokens, *args)
    assert "0 of them new" in done.stdout
    np.save(tmp_path / "other.npy", np.load(some_tokens)[::-1])
    (tmp_path / "llama").mkdir()
    for file in ("config.json", "model.safetensors"):
        data = bytearray((MODELS / "llama" / file).read_bytes())
        if file == "model.safetensors":
            data[-1] ^= 1
        (tmp_path / "llama" / file).write_bytes(data)
    for change in [dict(tokens=tmp_path / "other.npy"), dict(model=tmp_path / "llama"),
                   dict(args=["--length", 64]), dict(args=["--stored-weights"]),
                   dict(args=["--set", "precision.weight_bits=3"]),
                   dict(args=["--set", "accelerator.format.group_size=32"])]:
        done = built_in(program, tmp_path, change.get("tokens", some_tokens), *args, *change.get("args", []),
                        model=change.get("model", MODELS / "llama"), status=2)
        assert "is the log of another search" in done.stderr


def test_a_model_that_cannot_be_run(program, tmp_path, some_tokens):
    done = built_in(program, tmp_path, some_tokens, model=tmp_path / "none", status=2)
    assert "none/config.json" in done.stderr and not (tmp_path / "out").exists()
    done = built_in(program, tmp_path, tmp_path / "none.npy", status=2)
    assert "none.npy" in done.stderr and not (tmp_path / "out").exists()
    np.save(tmp_path / "few.npy", np.zeros(5, np.uint8))
    done = built_in(program, tmp_path, tmp_path / "few.npy", status=2)
    assert "holds 5 tokens" in done.stderr


# --- the page --------------------------------------------------------------------------------------------------


def test_a_resumed_refinement_asks_nothing_twice(program, tmp_path):
    landscape = Landscape(tmp_path, [1.0, 0.05, 0.3, 0.2])
    for budget in ("7", "25", "300"):
        search(program, tmp_path, landscape, "--per-layer", "--layer-iterations", budget)
    asked = landscape.asked()
    assert len(asked) == len(set(asked))
    (whole,) = result_of(tmp_path)["results"]
    (tmp_path / "fresh").mkdir()
    landscape = Landscape(tmp_path / "fresh", [1.0, 0.05, 0.3, 0.2])
    search(program, tmp_path / "fresh", landscape, "--per-layer", "--layer-iterations", "300")
    assert result_of(tmp_path / "fresh")["results"] == [whole] and len(landscape.asked()) == len(asked)


def test_the_first_commands_of_the_page_print_what_it_shows(program, tmp_path):
    page = (SOURCE / "docs" / "search.md").read_text()
    commands = page.split("```sh\n")[1].split("```")[0]
    (tmp_path / "examples").symlink_to(SOURCE / "examples")
    done = subprocess.run(["sh", "-ec", commands.replace("scripts/anda-sim", shlex.quote(program))], cwd=tmp_path,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    shown = page.split("```text\n")[1].split("```")[0]
    assert done.stdout.startswith(shown)
    shown = page.split("```text\n{")[1].split("```")[0]
    shown = ("{" + shown).splitlines()
    for line, written in zip(shown, (tmp_path / "results" / "search" / "log.jsonl").read_text().splitlines()):
        line, written = json.loads(line), json.loads(written)
        for key in line:
            assert line[key] == written[key] or str(written[key]).startswith(line[key].rstrip("…"))
