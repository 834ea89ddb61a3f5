# SPDX-License-Identifier: Apache-2.0
"""anda-sim search --per-layer against an independent implementation of docs/search.md, on made-up losses."""

import itertools
import json
import subprocess

import pytest

from search_tools import TYPES, Landscape, log_of, macs_by_type, program, result_of, search


def changed(combinations, place, by):
    copy = [list(layer) for layer in combinations]
    copy[place[0]][place[1]] += by
    return copy


def exchanges(base, effects, lost, tolerance):
    """Exchanges of up to two steps up and two down that no other beats, most expensive first."""
    up = [step for step in effects if step[2] > 0]
    down = [step for step in effects if step[2] < 0]
    sets = [(a, b) for a in up for b in down]
    sets += [(a, b, c) for a, b in itertools.combinations(up, 2) for c in down]
    sets += [(a, b, c) for a in up for b, c in itertools.combinations(down, 2)]
    saving = []
    for steps in sets:
        costs, losses = (sum(effects[step][i] for step in steps) for i in (0, 1))
        if len({step[:2] for step in steps}) == len(steps) and costs < 0 and lost + losses <= tolerance:
            saving.append((costs, losses, steps))
    unbeaten = [a for a in saving if not any(b[:2] != a[:2] and b[0] <= a[0] and b[1] <= a[1] for b in saving)]
    found = []
    for _, _, steps in sorted({a[:2]: a for a in reversed(unbeaten)}.values(), reverse=True):
        candidate = base
        for layer, tensor, by in steps:
            candidate = changed(candidate, (layer, tensor), by)
        found.append(candidate)
    return found


def refined(start, layers, cost, loss, tolerance, iterations):
    """The rule of docs/search.md, on lists: (combinations, accepted) of every iteration, the best, accepted exchanges."""
    best = [list(start) for _ in range(layers)]
    trail, exchanged = [], []

    def look(candidate):
        nonlocal best
        accepted = cost(candidate) < cost(best) and loss(*candidate) <= tolerance
        trail.append((candidate, accepted))
        if accepted:
            best = candidate
        return accepted

    def bisect(way, note=None):
        while way and len(trail) < iterations:
            middle = len(way) // 2
            if look(way[middle]):
                if note is not None:
                    note.append(way[middle])
                way = way[middle + 1 :]
            else:
                way = way[:middle]

    while len(trail) < iterations:
        base = best
        below, above, effects = {}, {}, {}  # prices; changes of cost and loss
        for by, limit, prices in ((-1, 1, below), (1, 13, above)):
            for place in ((layer, t) for layer in range(layers) for t in range(4)):
                candidate = changed(base, place, by)
                if base[place[0]][place[1]] == limit or by * (cost(candidate) - cost(base)) <= 0:
                    continue
                if len(trail) == iterations:
                    return trail, best, exchanged
                look(candidate)
                effects[(*place, by)] = (cost(candidate) - cost(base), loss(*candidate) - loss(*base))
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
        bisect(way)
        if best == base:
            bisect(exchanges(base, effects, loss(*base), tolerance), exchanged)
        if best == base:
            break
    return trail, best, exchanged


@pytest.mark.parametrize("weights, budget, exchanges", [
    ([1.0, 0.05, 0.3, 0.2], 5, 0), ([1.0, 0.05, 0.3, 0.2], 30, 0), ([1.0, 0.05, 0.3, 0.2], 300, 0),
    ([20.0, 0.0, 7.0, 0.0], 300, 1), ([3.03, 0.16, 1.62, 0.97], 300, 1), ([0.61, 0.29, 0.01, 0.3], 300, 1)])
def test_layers_are_refined_by_the_rule(tmp_path, weights, budget, exchanges):
    layers, tolerance = 3, 0.01
    landscape = Landscape(tmp_path, weights)
    tiny = ["--set", f"workload.layers={layers}", "--set", "workload.tokens=64"]
    done = search(tmp_path, landscape, "--per-layer", "--layer-iterations", budget, tiny=tiny)
    macs = [m // layers for m in macs_by_type(layers=layers)]
    cost = lambda combinations: sum(4 * m * bits for layer in combinations for m, bits in zip(macs, layer))
    (found,) = result_of(tmp_path)["results"]
    trail, best, exchanged = refined(found["best"]["combination"], layers, cost, landscape.loss, tolerance, budget)
    assert len(exchanged) == exchanges
    visits = [v for v in log_of(tmp_path) if v["stage"] == "layers"]
    assert [(v["layers"], v["accepted"]) for v in visits] == trail
    assert [v["loss"] for v in visits] == [landscape.loss(*c) for c, _ in trail]
    assert found["per_layer"]["layers"] == best and found["per_layer"]["bops"] == cost(best)
    if any(accepted for _, accepted in trail):
        assert found["per_layer"]["bops"] < found["best"]["bops"] and "differ" in done.stdout
    if budget == 300:
        # Bits move from the first layer, which counts least, to the last one.
        assert len(trail) < budget and any(accepted for _, accepted in trail)
        assert any(bits > of_all for bits, of_all in zip(best[-1], found["best"]["combination"]))
        assert sum(best[0]) < sum(best[1]) < sum(best[2])

    config = subprocess.run([program(), "config", "out/loss-1.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert config.returncode == 0, config.stderr
    run = subprocess.run([program(), "run", "out/loss-1.yaml", "--out", "run", "-q"], cwd=tmp_path, capture_output=True,
                         text=True)
    assert run.returncode == 0, run.stderr
    ops = json.loads((tmp_path / "run" / "report.json").read_text())["systems"][1]["ops"]
    for op in ops:
        assert op["input_mantissa_bits"] == best[op["layer"]][TYPES.index(op["tensor"])]


def test_a_resumed_refinement_evaluates_nothing_twice(tmp_path):
    landscape = Landscape(tmp_path, [1.0, 0.05, 0.3, 0.2])
    for budget in ("7", "25", "300"):
        search(tmp_path, landscape, "--per-layer", "--layer-iterations", budget)
    asked = landscape.asked()
    assert len(asked) == len(set(asked))
    (whole,) = result_of(tmp_path)["results"]
    (tmp_path / "fresh").mkdir()
    landscape = Landscape(tmp_path / "fresh", [1.0, 0.05, 0.3, 0.2])
    search(tmp_path / "fresh", landscape, "--per-layer", "--layer-iterations", "300")
    assert result_of(tmp_path / "fresh")["results"] == [whole] and len(landscape.asked()) == len(asked)
