# SPDX-License-Identifier: Apache-2.0
"""anda-sim search --schedule: the cheapest of all schedules, costs and gains of runs, losses by position of anda-sim evaluate."""

import itertools
import json
import subprocess
import sys

import anda_sim
import numpy as np
import pytest
from search_tools import HANGS, log_of, program, result_of, run_program, SOURCE
from test_search_attention_cost import search, write_case

MODELS = SOURCE / "tests" / "data" / "small_models"

# A part of a text loses what its own lengths lose, less towards its end; the whole text loses the mean.
EVALUATOR = """
import json, sys
weights, least, relief = {weights!r}, {least!r}, {relief!r}
def loss(lengths, part):
    if any(bits < least.get(name, 1) for name, bits in lengths.items()):
        return 1
    return relief ** part * sum(weights.get(name, 0) * 2.0 ** -bits for name, bits in lengths.items())
for line in sys.stdin:
    question = json.loads(line)
    lengths, schedule = question["combination"] or {{}}, question.get("schedule", {{}})
    parts = [loss(lengths, 0)]
    for i, position in enumerate(question.get("positions", [])):
        lengths = schedule.get(str(position), lengths)
        parts.append(loss(lengths, i + 1))
    if "positions" not in question:
        parts = [loss(lengths, i) for i in range(3)]
    answer = {{"perplexity": 4 * (1 + sum(parts) / len(parts))}}
    if "positions" in question:
        answer["perplexities"] = [4 * (1 + part) for part in parts]
    print(json.dumps(answer), flush=True)
"""


def write_landscape(folder, weights, least, workload, relief=0.5, **case):
    write_case(folder, weights, least, workload, **case)
    (folder / "evaluator.py").write_text(EVALUATOR.format(weights=weights, least=least, relief=relief))


@pytest.mark.parametrize("weights, relief, tolerance", [((0.5, 0.2), 0.5, 0.02), ((0.3, 0.3), 0.5, 0.01), ((0.5, 0.2), 0.3, 0.03),
                                                        ((0.2, 0.6), 0.5, 0.02)])
def test_the_schedule_is_the_cheapest_of_all(tmp_path, weights, relief, tolerance):
    """A_u and A_d of three parts, 16, 32 and 16 tokens, are traded; A_qkv and A_o may not fall below 5. Bit operations by hand."""
    write_landscape(tmp_path, dict(zip(["A_u", "A_d"], weights)), {"A_qkv": 5, "A_o": 5}, "tokens: 64", relief)
    search(tmp_path, "--tolerance", tolerance, "--schedule", "16,48", "--schedule-iterations", 400)
    (found,) = result_of(tmp_path)["results"]
    constant, best = found["best"], found["schedule"]

    def loss(part, lengths):
        return relief**part * sum(w * 2.0**-bits for w, bits in zip(weights, lengths))

    def bops(schedule):
        rest = 64 * 5 * (64 * 128 + 2 * 64 * 64 + 128 * 64)
        return 2 * 4 * (rest + sum(tokens * 64 * 96 * (2 * u + d) for tokens, (u, d) in zip((16, 32, 16), schedule)))

    start = tuple(constant["combination"][2:])
    parts = [[lengths for lengths in itertools.product(range(1, start[0] + 1), range(1, start[1] + 1))
              if loss(part, lengths) <= max(tolerance, loss(part, start))] for part in range(3)]
    within = [s for s in itertools.product(*parts) if sum(loss(part, lengths) for part, lengths in enumerate(s)) / 3 <= tolerance]
    assert best["bops"] == min(map(bops, within)) < bops([start] * 3) == constant["bops"]
    assert best["gain"]["bops"] == constant["bops"] / best["bops"]
    assert best["gain"]["cycles"] == constant["cycles"] / best["cycles"]
    lengths = [tuple(best["combination"][2:])]
    for position in ("16", "48"):
        lengths.append(tuple(best["schedule"].get(position, {"combination": [0, 0, *lengths[-1]]})["combination"][2:]))
    assert best["losses"] == pytest.approx([loss(part, each) for part, each in enumerate(lengths)], abs=1e-12)


def test_a_schedule_of_a_real_model(tmp_path):
    """What is found loses what anda-sim evaluate says, and takes what anda-sim run says."""
    np.save(tmp_path / "tokens.npy", np.load(MODELS / "held_out.npy")[:512])
    words = [program(), "search", "--model-dir", MODELS / "llama", "--tokens", "tokens.npy", "--threads", 1, "--out", "out",
             "--tolerance", "3%", "--schedule", "decode", "--simulate", "--set", "workload.scope=model", "--set", "workload.phase=generate",
             "--set", "workload.tokens=64", "--set", "workload.output_tokens=40"]
    done = subprocess.run([str(word) for word in words], cwd=tmp_path, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == 0, done.stderr
    assert "from position" in done.stdout
    (found,) = result_of(tmp_path)["results"]
    schedule = found["schedule"]
    assert schedule["schedule"] and schedule["positions"] == [64]
    assert schedule["cycles"] == found["simulation"]["cycles"] and schedule["energy_pj"] == found["simulation"]["energy_total_pj"]
    report = json.loads((tmp_path / "out" / "loss-3" / "report.json").read_text())
    gain = report["systems"][1]["schedule_gain"]
    assert schedule["gain"]["bops"] > 1 and gain["speedup"] == pytest.approx(schedule["gain"]["cycles"], rel=1e-12)
    assert gain["energy_efficiency"] == pytest.approx(schedule["gain"]["energy_pj"], rel=1e-12)
    measured = json.loads(run_program("evaluate", MODELS / "llama", "--tokens", tmp_path / "tokens.npy", "--threads", 1, "--json",
                                      "--positions", 64, "--precision", tmp_path / "out" / "loss-3.yaml"))["results"][0]
    assert measured["perplexity"] == schedule["perplexity"]
    assert [part["perplexity"] for part in measured["positions"]] == schedule["perplexities"]
    start = next(visit for visit in log_of(tmp_path) if visit.get("stage") == "schedule")
    for lost, before in zip(schedule["losses"], start["losses"]):
        assert lost <= max(0.03, before)


def test_an_interrupted_schedule_is_resumed_from_the_log(tmp_path):
    write_landscape(tmp_path, {"A_u": 0.5}, dict.fromkeys(["A_qkv", "A_o", "A_d"], 5), "tokens: 64")
    args = ["--schedule", "16,48", "--tolerance", "2%"]
    search(tmp_path, *args)
    log, result = (tmp_path / "out" / "log.jsonl").read_text(), result_of(tmp_path)
    lines = log.splitlines(keepends=True)
    (tmp_path / "out" / "log.jsonl").write_text("".join(lines[:-4]))
    search(tmp_path, *args)
    assert (tmp_path / "out" / "log.jsonl").read_text() == log
    assert result_of(tmp_path) == result
    again = search(tmp_path, *args)
    assert "0 of them new" in again.stdout
    (tmp_path / "out" / "log.jsonl").write_text(log.replace('"positions":[16,48]', '"positions":[48,16]'))
    assert "must have ascending positions" in search(tmp_path, *args, status=2).stderr


@pytest.mark.parametrize("args, workload, message", [
    (["--schedule", "64"], "tokens: 64", "64 is position 64, behind the last token of the workload, 63"),
    (["--schedule", "decode+3"], "scope: model, phase: generate, tokens: 8, output_tokens: 4", "behind the last token of the workload, 10"),
    (["--schedule", "9,9"], "tokens: 64", "9 must be behind the position before it, 9"),
    (["--schedule", "soon"], "tokens: 64", "must be a position from 2 to 16777216, decode or decode+N"),
    (["--schedule", "1"], "tokens: 64", "must be a position from 2 to 16777216, decode or decode+N"),
    (["--schedule", "decode"], "phase: decode, tokens: 1", "decode is position 1, must be 2 or more: nothing predicts the token before it"),
    (["--schedule", "decode"], "scope: model, phase: decode, prompts: 8 9", "another position for each of workload.prompts"),
    (["--schedule", "9", "--per-layer"], "tokens: 64", "--schedule"),
    (["--schedule", "9", "--attention", "K"], "tokens: 64", "must be layer or model to search with --attention and --schedule"),
    (["--schedule-iterations", "9"], "tokens: 64", "--schedule-iterations needs --schedule"),
])
def test_what_makes_no_schedule_is_refused_by_name(tmp_path, args, workload, message):
    write_case(tmp_path, {}, {}, workload)
    assert message in search(tmp_path, *args, status=2).stderr


def test_python_runs_with_the_schedule_that_it_finds(tmp_path, monkeypatch):
    write_landscape(tmp_path, {"A_u": 0.5}, {}, "scope: layer, phase: decode, tokens: 40", cache="k: {format: anda, group: 32}")
    monkeypatch.chdir(tmp_path)
    found = anda_sim.search(tmp_path / "base.yaml", evaluator=f"{sys.executable} evaluator.py", tolerance=0.025, attention=["K"], schedule=[20, 40],
                            progress=False, program=program())
    (result,) = found.report["results"]
    config = found.config_for(0.025)
    assert result["schedule"]["schedule"] and config["kv_cache.k.bits"] == result["schedule"]["attention"]["K"]
    report = anda_sim.run(config, systems="anda", progress=False).report
    assert report["systems"][0]["cycles"] == result["schedule"]["cycles"]


def test_an_evaluator_without_positions_is_told(tmp_path):
    write_case(tmp_path, {}, {}, "tokens: 64")
    done = search(tmp_path, "--schedule", "9", status=1)
    assert "answered a question with 1 positions with 0 perplexities, must be 2" in done.stderr
