# SPDX-License-Identifier: Apache-2.0
"""anda-sim search --per-layer against its rule in docs/search.md written down once more, on made-up losses."""

import json
import subprocess

import pytest

from search_tools import TYPES, Landscape, log_of, macs_by_type, program, result_of, search


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
def test_layers_are_refined_by_the_rule(tmp_path, weights, budget):
    layers, tolerance = 3, 0.01
    landscape = Landscape(tmp_path, weights)
    tiny = ["--set", f"workload.layers={layers}", "--set", "workload.tokens=64"]
    done = search(tmp_path, landscape, "--per-layer", "--layer-iterations", budget, tiny=tiny)
    macs = [m // layers for m in macs_by_type(tmp_path, layers=layers)]
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

    config = subprocess.run([program(), "config", "out/loss-1.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert config.returncode == 0, config.stderr
    run = subprocess.run([program(), "run", "out/loss-1.yaml", "--out", "run", "-q"], cwd=tmp_path, capture_output=True,
                         text=True)
    assert run.returncode == 0, run.stderr
    ops = json.loads((tmp_path / "run" / "report.json").read_text())["systems"][1]["ops"]
    for op in ops:
        assert op["input_mantissa_bits"] == best[op["layer"]][TYPES.index(op["tensor"])]


def test_a_resumed_refinement_asks_nothing_twice(tmp_path):
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
