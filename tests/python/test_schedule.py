# SPDX-License-Identifier: Apache-2.0
"""Lengths that follow a schedule of positions, in the simulated machine: against the same inference cut by hand where they change."""

import json

import pytest
from test_inference import SHAPES

from anda_sim.common.errors import InputError
from anda_sim.simulator import Simulator, set_options


CACHE = {"kv_cache.k.format": "anda", "kv_cache.k.bits": 4, "kv_cache.v.format": "anda", "kv_cache.v.bits": 4, "kv_cache.k.group": 32,
         "kv_cache.v.group": 32}
LONG = {"A_qkv": 9, "A_o": 8, "A_u": 7, "A_d": 6, "A_q": 8, "A_p": 8}
SHORT = {"A_qkv": 5, "A_o": 4, "A_u": 3, "A_d": 2, "A_q": 4, "A_p": 5}


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def text(lengths):
    return "{" + ", ".join(f"{key}: {value}" for key, value in lengths.items()) + "}"


def run(simulator, folder, precision, schedule=None, systems="[fp-fp, anda]", **settings):
    d, f, layers, heads, kv_heads, head_dim, vocabulary = SHAPES["grouped"]
    model = folder / "config.json"
    model.write_text(json.dumps({"model_type": "llama", "hidden_size": d, "intermediate_size": f, "num_hidden_layers": layers,
                                 "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim,
                                 "vocab_size": vocabulary, "max_position_embeddings": 4096}))
    own = {key: settings.pop(key) for key in list(settings) if key in ("kv_cache", "simulation")}
    keys = {"workload.config_json": str(model), "workload.scope": "model", "precision.other": 8, **own.get("kv_cache", {}),
            **own.get("simulation", {}), **{f"workload.{key}": value for key, value in settings.items()}}
    base = folder / "run.yaml"
    lengths = ", ".join(f"{key}: {value}" for key, value in precision.items())
    steps = "" if schedule is None else ", schedule: {" + ", ".join(f"{at}: {text(of)}" for at, of in schedule.items()) + "}"
    base.write_text(f"systems: {systems}\nprecision: {{{lengths}{steps}}}\n")
    return {system["name"]: system for system in simulator.results("run", base, "report.json", *set_options(keys))["systems"]}


def same(found, expected):
    for name, system in found.items():
        for key in ("cycles", "macs", "dram_bytes", "stall_cycles"):
            assert system[key] == expected[name][key], (name, key)


def test_a_schedule_from_the_first_position_is_the_precision_itself(simulator, tmp_path):
    case = {"phase": "generate", "tokens": 40, "batch": 2, "output_tokens": 4, "kv_cache": CACHE}
    same(run(simulator, tmp_path, LONG, {0: SHORT}, **case), run(simulator, tmp_path, SHORT, **case))
    same(run(simulator, tmp_path, LONG, {4000: SHORT}, **case), run(simulator, tmp_path, LONG, **case))


@pytest.mark.parametrize("cached", [{}, CACHE], ids=["fp16", "anda"])
def test_prefill_and_decode_have_the_lengths_of_their_positions(simulator, tmp_path, cached):
    """The prompts' length is where the lengths change: a prefill in the long ones, decodes in the short ones."""
    case = {"tokens": 32, "batch": 2, "kv_cache": cached}
    whole = run(simulator, tmp_path, LONG, {32: SHORT}, phase="generate", output_tokens=5, **case)
    parts = [run(simulator, tmp_path, LONG, phase="prefill", **case)]
    parts += [run(simulator, tmp_path, SHORT, phase="decode", **{**case, "tokens": 32 + step}) for step in range(4)]
    for name, system in whole.items():
        assert system["cycles"] == sum(part[name]["cycles"] for part in parts)
        assert system["energy_pj"]["total"] == pytest.approx(sum(part[name]["energy_pj"]["total"] for part in parts), rel=1e-12)


def test_lengths_that_change_within_a_prompt_cut_its_operations(simulator, tmp_path):
    """Of an unfused prefill the part before the change runs in the long lengths and the part behind it in the short ones, as two chunks
    of a prompt do; only the output head and what is FP16 in both is not cut."""
    found = run(simulator, tmp_path, LONG, {20: SHORT}, phase="prefill", tokens=48, scope="layer", systems="[anda]")["anda"]
    rows = {}
    for op in found["ops"]:
        rows.setdefault(op["name"].rsplit(".", 1)[1], []).append((op["m"], op["input_mantissa_bits"] if op["unit"] == "array" else None))
    assert rows["q_proj"] == [(20, 9), (28, 5)]
    assert rows["o_proj"] == [(20, 8), (28, 4)]
    assert rows["up_proj"] == [(20, 7), (28, 3)]
    assert rows["down_proj"] == [(20, 6), (28, 2)]


def test_unequal_prompts_are_in_different_parts_of_the_schedule(simulator, tmp_path):
    found = run(simulator, tmp_path, LONG, {40: SHORT}, phase="decode", prompts="30*3 60*2", scope="layer", systems="[anda]")["anda"]
    rows = {op["name"].rsplit(".", 1)[1]: [] for op in found["ops"]}
    for op in found["ops"]:
        rows[op["name"].rsplit(".", 1)[1]].append((op["m"], op["input_mantissa_bits"]))
    assert rows["q_proj"] == [(3, 9), (2, 5)] and rows["gate_proj"] == [(3, 7), (2, 3)]


def test_bits_of_keys_and_values_follow_the_schedule(simulator, tmp_path):
    """Keys change their bits at once, a group of values has those of its first token."""
    cache = {**CACHE, "kv_cache.k.bits": 4, "kv_cache.v.bits": 4}
    found = run(simulator, tmp_path, LONG, {40: {"K": 3, "V": 2}}, phase="decode", tokens=129, scope="layer", systems="[anda]", kv_cache=cache)["anda"]
    seen = [(op["name"].rsplit(".", 1)[1], op["n"], op["k"], op["weight_bits"]) for op in found["ops"]
            if op["kind"] in ("attention_scores", "attention_values") and op["k"]]
    assert seen == [("scores", 40, 32, 4), ("scores", 90, 32, 3), ("values", 32, 64, 4), ("values", 32, 64, 2), ("open_values", 32, 2, 16)]
    head = bytes_of(40 * (32 * 4 + 5)) + bytes_of(90 * (32 * 3 + 5)) + bytes_of(64 * 32 * 4 + 2 * 32 * 5) + bytes_of(64 * 32 * 2 + 2 * 32 * 5) + 2 * 64
    assert found["kv_cache_bytes"] == 2 * head


def bytes_of(bits):
    return -(-bits // 8)


def test_folding_layers_changes_nothing(simulator, tmp_path):
    case = {"phase": "generate", "prompts": "30 44", "output_tokens": 6, "kv_cache": CACHE}
    schedule = {32: SHORT, 46: {"A_qkv": 3, "K": 2}}
    same(run(simulator, tmp_path, LONG, schedule, simulation={"simulation.fold_layers": True}, **case),
         run(simulator, tmp_path, LONG, schedule, **case))


def test_the_gemms_of_todays_scope_follow_it_too(simulator, tmp_path):
    found = run(simulator, tmp_path, LONG, {50: SHORT}, phase="prefill", tokens=64, batch=3, scope="gemms", systems="[anda]", layers=1)["anda"]
    assert [(op["m"], op["input_mantissa_bits"]) for op in found["ops"] if op["tensor"] == "A_u"] == [(150, 7), (42, 3)] * 2
    decode = run(simulator, tmp_path, LONG, {50: SHORT}, phase="decode", tokens=64, batch=3, scope="gemms", systems="[anda]", layers=1)["anda"]
    assert {op["input_mantissa_bits"] for op in decode["ops"]} == {5, 4, 3, 2}


def test_traces_searches_and_servers_refuse_it(simulator, tmp_path):
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\na,0,A_o,8,64,64\n")
    (tmp_path / "trace.yaml").write_text("workload: {trace: trace.csv}\nprecision: {schedule: {8: {A_o: 3}}}\n")
    with pytest.raises(InputError, match="precision.schedule.8 is given, must be left out with workload.trace"):
        simulator.results("run", tmp_path / "trace.yaml", "report.json")
    (tmp_path / "model.yaml").write_text("workload: {model: OPT-1.3B}\nprecision: {schedule: {8: {A_q: 3}}}\n")
    with pytest.raises(InputError, match="must be left out: a search looks for lengths"):
        simulator.call("search", tmp_path / "model.yaml", "--evaluator", "true", "--out", tmp_path / "out")
    with pytest.raises(InputError, match="must be left out for a server"):
        simulator.call("serve", tmp_path / "model.yaml", "--out", tmp_path / "out")


def test_the_report_says_what_a_schedule_gains(simulator, tmp_path):
    case = {"phase": "generate", "tokens": 32, "batch": 2, "output_tokens": 5, "kv_cache": CACHE}
    without, scheduled = run(simulator, tmp_path, LONG, **case), run(simulator, tmp_path, LONG, {32: SHORT}, **case)
    for name, system in scheduled.items():
        assert system["schedule_gain"]["speedup"] == pytest.approx(without[name]["time_s"] / system["time_s"], rel=1e-12)
        energies = [found[name]["energy_pj"]["total"] for found in (without, scheduled)]
        assert system["schedule_gain"]["energy_efficiency"] == pytest.approx(energies[0] / energies[1], rel=1e-12)
        assert "schedule_gain" not in without[name]
    assert scheduled["anda"]["schedule_gain"]["speedup"] > 1 == scheduled["fp-fp"]["schedule_gain"]["speedup"]
    printed = simulator.call("run", tmp_path / "run.yaml", "--out", tmp_path / "out", "--timeline", tmp_path / "t.json",
                             *set_options({"workload.config_json": str(tmp_path / "config.json"), "workload.tokens": 40}))
    assert "schedule: anda is " in printed and max(len(line) for line in printed.splitlines() if "schedule" in line) <= 100
