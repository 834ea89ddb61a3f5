# SPDX-License-Identifier: Apache-2.0
"""anda-sim search --attention by simulated costs: those of runs of the same configuration, and the best of all there are."""

import itertools
import json
import shlex
import subprocess
import sys

import pytest
from search_tools import HANGS, log_of, program, result_of, run_program

MODEL = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "head_dim": 32, "vocab_size": 100, "max_position_embeddings": 512}
NAMES = ["A_qkv", "A_o", "A_u", "A_d", "A_q", "A_p", "K", "V"]

# Loses a weight that halves with every bit, and everything where a length is below its least.
EVALUATOR = """
import json, sys
weights, least = {weights!r}, {least!r}
for line in sys.stdin:
    lengths = json.loads(line)["combination"] or {{}}
    loss = sum(weights.get(name, 0) * 2.0 ** -bits for name, bits in lengths.items())
    if any(bits < least.get(name, 1) for name, bits in lengths.items()):
        loss += 1
    print(json.dumps({{"perplexity": 4 * (1 + loss)}}), flush=True)
"""


def write_case(folder, weights, least, workload, cache="k: {format: int}, v: {format: anda}"):
    (folder / "config.json").write_text(json.dumps(MODEL))
    (folder / "evaluator.py").write_text(EVALUATOR.format(weights=weights, least=least))
    (folder / "base.yaml").write_text(f"workload: {{config_json: config.json, {workload}}}\nkv_cache: {{{cache}}}\n"
                                      "accelerator: {format: {group_size: 32}}\nprecision: {other: 6}\n")


def search(folder, *args, status=0):
    evaluator = f"{shlex.quote(sys.executable)} evaluator.py"
    done = subprocess.run([program(), "search", "base.yaml", "--evaluator", evaluator, "--out", "out", *map(str, args)], cwd=folder,
                          capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == status, done.stderr
    return done


def cost_of_run(folder, lengths):
    """Cycles and energy of anda-sim run with these lengths."""
    keys = {**{f"precision.{name}": lengths[name] for name in NAMES[:6] if name in lengths},
            **{f"kv_cache.{name.lower()}.bits": lengths[name] for name in "KV" if name in lengths}}
    settings = [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]
    report = json.loads(run_program("run", folder / "base.yaml", "--set", "systems=anda", *settings, "--out", folder / "one", "--json"))
    (anda,) = report["systems"]
    return anda["cycles"], anda["energy_pj"]["total"], anda["time_s"]


def lengths_of(visit):
    return {**dict(zip(NAMES, visit["combination"])), **visit.get("attention", {})}


@pytest.mark.parametrize("workload, attention", [
    ("scope: model, phase: generate, tokens: 40, batch: 2, output_tokens: 3", "A_q,A_p,K,V"),
    ("scope: layer, phase: decode, prompts: 30 50*2", "A_p,V"),
    ("scope: layer, phase: prefill, tokens: 48", None),
], ids=["generate", "decode", "prefill"])
def test_costs_are_those_of_runs(tmp_path, workload, attention):
    write_case(tmp_path, {name: 0.05 for name in NAMES}, {}, workload)
    search(tmp_path, *(["--attention", attention] if attention else []), "--objective", "edp", "--iterations", 6, "--tolerance", "2%",
           "--simulate")
    for visit in [log_of(tmp_path)[0], log_of(tmp_path)[-1]]:
        cycles, energy, seconds = cost_of_run(tmp_path, lengths_of(visit))
        assert (visit["cycles"], visit["energy_pj"], visit["edp_pj_s"]) == (cycles, energy, energy * seconds)
        assert set(visit.get("attention", {})) == set(attention.split(",") if attention else [])
    (found,) = result_of(tmp_path)["results"]
    assert (found["best"]["cycles"], found["best"]["energy_pj"]) == (
        found["simulation"]["cycles"], found["simulation"]["energy_total_pj"])


@pytest.mark.parametrize("objective", ["cycles", "energy"])
def test_the_best_is_that_of_all_combinations(tmp_path, objective):
    """Four lengths may not fall below 6; A_q and K are traded against each other."""
    least = dict.fromkeys(NAMES[:4], 6)
    weights = {"A_q": 0.6, "K": 0.15}
    write_case(tmp_path, weights, least, "scope: layer, phase: decode, tokens: 100, batch: 4")
    search(tmp_path, "--attention", "A_q,K", "--objective", objective, "--iterations", 100, "--tolerance", "3.5%")
    (found,) = result_of(tmp_path)["results"]
    costs = {}
    for q, k in itertools.product(range(4, 8), range(2, 6)):
        if sum(w * 2.0**-bits for w, bits in zip(weights.values(), (q, k))) <= 0.035:
            costs[q, k] = cost_of_run(tmp_path, {**least, "A_q": q, "K": k})[objective == "energy"]
    best = found["best"]
    assert best["combination"] == [6, 6, 6, 6]
    assert best["energy_pj" if objective == "energy" else "cycles"] == min(costs.values()) < max(costs.values())
    assert costs[best["attention"]["A_q"], best["attention"]["K"]] == min(costs.values())


def test_bit_operations_are_those_of_the_machine(tmp_path):
    """By hand: a decode of two sequences after 70 tokens; V's open group, 7 of its tokens, is FP16."""
    write_case(tmp_path, {}, {}, "scope: layer, phase: decode, tokens: 70, batch: 2", "k: {format: int}, v: {format: anda, bits: 3}")
    search(tmp_path, "--attention", "A_q,A_p,K", "--iterations", 1)
    (visit,) = log_of(tmp_path)
    linear = 2 * 4 * 4 * (64 * 128 + 2 * 64 * 64 + 128 * 64 + 3 * 64 * 96)
    scores = 2 * 4 * 32 * 71 * 4 * 4
    values = 2 * 4 * 32 * (64 * 4 * 3 + 7 * 4 * 16)
    assert visit["bops"] == linear + scores + values
    fp16 = 4 * linear + 2 * 4 * 32 * 71 * 2 * 256
    assert result_of(tmp_path)["bops_fp16"] == fp16


def test_what_is_not_simulated_is_refused_by_name(tmp_path):
    write_case(tmp_path, {}, {}, "scope: gemms")
    done = search(tmp_path, "--attention", "K", "--objective", "cycles", status=2)
    assert "workload.scope is gemms, must be layer or model to search with --attention and --objective cycles" in done.stderr
    write_case(tmp_path, {}, {}, "scope: layer, tokens: 16, attention: {unit: array}")
    done = search(tmp_path, "--attention", "K", "--objective", "cycles", status=2)
    assert "elements anda do not multiply" in done.stderr


def test_the_cache_of_a_machine_has_at_most_8_bits(tmp_path):
    write_case(tmp_path, {"A_qkv": 1}, {}, "scope: layer, tokens: 16")
    search(tmp_path, "--attention", "K,V", "--tolerance", "0.15%", "--objective", "energy", "--simulate")
    (found,) = result_of(tmp_path)["results"]
    assert found["best_uniform"]["combination"] == [10] * 4 and found["best_uniform"]["attention"] == {"K": 8, "V": 8}
    gemms = tmp_path / "gemms"
    gemms.mkdir()
    write_case(gemms, {"A_qkv": 1}, {}, "tokens: 16")
    search(gemms, "--attention", "K,V", "--tolerance", "0.15%")
    (found,) = result_of(gemms)["results"]
    assert found["best_uniform"]["attention"] == {"K": 8, "V": 10}


@pytest.mark.parametrize("key", ["kv_cache.v.bits", "precision.schedule.8.V"])
def test_longer_elements_than_the_machine_stores_are_refused(tmp_path, key):
    write_case(tmp_path, {}, {}, "scope: layer, tokens: 16")
    done = subprocess.run([program(), "run", tmp_path / "base.yaml", "--set", f"{key}=9"], capture_output=True, text=True)
    assert done.returncode == 2 and f"{key}: is 9, must be at most 8, the longest elements that the machine stores" in done.stderr
