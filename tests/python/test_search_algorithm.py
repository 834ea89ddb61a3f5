# SPDX-License-Identifier: Apache-2.0
"""anda-sim search against Algorithm 1 of the paper, on made-up losses: visits, ties, tolerances, results."""

import random
import sys

import pytest

from search_tools import TYPES, Landscape, algorithm_1, log_of, macs_by_type, result_of, search


@pytest.mark.parametrize("seed", range(8))
def test_every_visit_follows_the_published_algorithm(tmp_path, seed):
    rng = random.Random(seed)
    model = rng.choice(["OPT-1.3B", "LLaMA-7B"])
    landscape = Landscape(tmp_path, [rng.choice([0.02, 0.3, 1.0, 4.0]) * rng.random() for _ in TYPES])
    tolerance = rng.choice([0.001, 0.01, 0.05])
    iterations = rng.choice([5, 32, 200])
    macs = macs_by_type(model)
    cost = lambda combination: sum(4 * m * bits for m, bits in zip(macs, combination))
    trail, best = algorithm_1(cost, landscape.loss, tolerance, iterations)
    search(tmp_path, landscape, "--tolerance", tolerance, "--iterations", iterations, model=model,
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


def test_ties_go_to_the_one_pushed_first(tmp_path):
    """Four types of the same size: A_qkv, A_o, A_u, A_d."""
    rows = "".join(f"g{i},0,{name},64,128,128\n" for i, name in enumerate(TYPES))
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\n")
    landscape = Landscape(tmp_path, [0.0, 0.0, 0.5, 0.0])
    search(tmp_path, landscape, "--tolerance", 0.01, model="run.yaml", tiny=[])
    trail, _ = algorithm_1(sum, landscape.loss, 0.01)
    assert [tuple(v["combination"]) for v in log_of(tmp_path)] == [c for c, _ in trail]
    # 6 is the first uniform length within 1 %; then the four neighbours, earliest type first.
    assert [c for c, _ in trail][:5] == [(4,) * 4, (5,) * 4, (6,) * 4, (5, 6, 6, 6), (4, 6, 6, 6)]


def test_thirty_two_iterations_unless_told_otherwise(tmp_path):
    landscape = Landscape(tmp_path, [0.01, 0.0, 16.26, 0.3])
    macs = macs_by_type()
    cost = lambda combination: sum(m * bits for m, bits in zip(macs, combination))
    whole, _ = algorithm_1(cost, landscape.loss, 0.01, 1000)
    search(tmp_path, landscape, "--tolerance", "1%")
    assert [tuple(v["combination"]) for v in log_of(tmp_path)] == [c for c, _ in whole[:32]] and len(whole) > 32


def test_no_length_falls_below_one(tmp_path):
    landscape = Landscape(tmp_path, [0.0] * 4)
    search(tmp_path, landscape, "--iterations", 1000)
    visits = log_of(tmp_path)
    assert visits[-1]["combination"] == [1, 1, 1, 1] and visits[-1]["accepted"]
    assert min(bits for v in visits for bits in v["combination"]) == 1


def test_an_unmet_tolerance_is_reported(tmp_path):
    landscape = Landscape(tmp_path, [1e6, 0.0, 0.0, 0.0])
    done = search(tmp_path, landscape, "--tolerance", "1%", status=1)
    assert "no combination is within a loss of 1 %; the closest is [13, 13, 13, 13]" in done.stderr
    assert "not met" in done.stdout
    (found,) = result_of(tmp_path)["results"]
    assert not found["meets_tolerance"] and found["file"] is None and found["best_uniform"] is None
    assert found["best"]["combination"] == [13] * 4 and found["best"]["loss"] == landscape.loss([13] * 4)
    assert not list((tmp_path / "out").glob("loss-*"))


def test_one_of_two_tolerances_met(tmp_path):
    landscape = Landscape(tmp_path, [40.0] * 4)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "loss-0.01.yaml").write_text("of an earlier search")
    search(tmp_path, landscape, "--tolerance", "0.01%,10 %", "--simulate", status=1)
    missed, met = result_of(tmp_path)["results"]
    assert (missed["meets_tolerance"], met["meets_tolerance"]) == (False, True)
    assert "simulation" in met and "simulation" not in missed
    assert not (tmp_path / "out" / "loss-0.01.yaml").exists() and (tmp_path / "out" / "loss-10.yaml").exists()


def test_several_tolerances_share_evaluations_and_give_a_front(tmp_path):
    landscape = Landscape(tmp_path, [2.0, 0.1, 0.4, 0.2])
    search(tmp_path, landscape, "--tolerance", "0.1%,0.01,5%")
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


def test_savings_are_the_published_ones(tmp_path):
    """Table II for OPT-1.3B: a landscape with a wall right below the published combination."""
    wall = "import json,sys\nfor line in sys.stdin:\n c = json.loads(line)['combination']\n" \
           " bad = c and any(c[t] < b for t, b in zip(['A_qkv','A_o','A_u','A_d'], [8, 6, 5, 5]))\n" \
           " print(json.dumps({'perplexity': 20.0 if bad else 10.0}), flush=True)\n"
    (tmp_path / "wall.py").write_text(wall)
    search(tmp_path, f"{sys.executable} wall.py", "--iterations", 100, tiny=[])
    (found,) = result_of(tmp_path)["results"]
    assert found["best"]["combination"] == [8, 6, 5, 5]
    assert round(found["best"]["bops_saving"], 2) == 2.74
