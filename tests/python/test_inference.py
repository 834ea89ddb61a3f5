# SPDX-License-Identifier: Apache-2.0
"""Whole inferences against counts made here from config.json alone, and the page docs/inference.md against the simulator."""

import json
import re

import pytest

from anda_sim.common.tree import SOURCE
from anda_sim.inference import page, points, variants
from anda_sim.reports.inference import KINDS, inference
from anda_sim.simulator import Simulator, set_options

# d, f, layers, heads, key/value heads, width of a head, vocabulary
SHAPES = {"grouped": (192, 512, 3, 6, 2, 32, 999), "multi_head": (128, 320, 2, 4, 4, 32, 500)}


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def run(simulator, folder, shape, **settings):
    d, f, layers, heads, kv_heads, head_dim, vocabulary = shape
    model = folder / "config.json"
    model.write_text(json.dumps({"model_type": "llama", "hidden_size": d, "intermediate_size": f, "num_hidden_layers": layers,
                                 "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": head_dim,
                                 "vocab_size": vocabulary, "max_position_embeddings": 4096}))
    keys = {"workload.config_json": str(model), "workload.scope": "model", **{f"workload.{key}": value for key, value in settings.items()}}
    base = folder / "run.yaml"
    base.write_text("systems: [fp-fp, anda]\n")
    return {system["name"]: system for system in simulator.results("run", base, "report.json", *set_options(keys))["systems"]}


def macs(shape, passes):
    """Multiply-accumulates of passes: lists of (tokens before, new tokens) of each sequence, every one of which ends in a token."""
    d, f, layers, heads, kv_heads, head_dim, vocabulary = shape
    weights = d * head_dim * (2 * heads + 2 * kv_heads) + 3 * d * f
    total = 0
    for sequences in passes:
        for before, new in sequences:
            pairs = sum(before + i + 1 for i in range(new))
            total += layers * (new * weights + 2 * pairs * heads * head_dim) + d * vocabulary
    return total


@pytest.mark.parametrize("name", SHAPES)
def test_an_inference_has_the_multiply_accumulates_of_its_model(simulator, tmp_path, name):
    shape = SHAPES[name]
    found = run(simulator, tmp_path, shape, phase="generate", prompts="20*2 33", output_tokens=4, **{"attention.query_block": 1})
    passes = [[(0, 20), (0, 20), (0, 33)], *([(20 + t, 1), (20 + t, 1), (33 + t, 1)] for t in range(3))]
    for system in found.values():
        assert system["macs"] == macs(shape, passes)
        assert sum(op["cycles"] for op in system["ops"]) == system["cycles"]
        assert {op["tensor"] for op in system["ops"] if op["kind"] == "output_head"} == {"A_head"}


def test_tokens_over_time_follow_from_the_passes(simulator, tmp_path):
    shape = SHAPES["grouped"]
    found = run(simulator, tmp_path, shape, phase="generate", tokens=40, batch=3, output_tokens=6)
    prefill = run(simulator, tmp_path, shape, phase="prefill", tokens=40, batch=3)
    decodes = [run(simulator, tmp_path, shape, phase="decode", tokens=40 + t, batch=3) for t in range(5)]
    for name, system in found.items():
        further = [decode[name]["time_s"] for decode in decodes]
        assert system["cycles"] == prefill[name]["cycles"] + sum(decode[name]["cycles"] for decode in decodes)
        assert system["time_to_first_token_s"] == pytest.approx(prefill[name]["time_s"], rel=1e-12)
        assert system["time_per_output_token_s"] == pytest.approx(sum(further) / 5, rel=1e-12)
        assert system["tokens_per_s"] == pytest.approx(3 * 6 / system["time_s"], rel=1e-12)
        assert system["energy_per_token_j"] == pytest.approx(system["energy_pj"]["total"] * 1e-12 / 18, rel=1e-12)
        assert system["kv_cache_bytes"] == 3 * 45 * 2 * shape[2] * shape[4] * shape[5] * 2


def test_a_layer_gives_no_tokens(simulator, tmp_path):
    found = run(simulator, tmp_path, SHAPES["grouped"], scope="layer", tokens=16)["anda"]
    assert found["tokens_per_s"] is None and found["time_to_first_token_s"] is None
    assert not {op["kind"] for op in found["ops"]} & {"embedding", "output_head"}


def test_the_report_shows_where_the_time_of_an_inference_goes(simulator, tmp_path):
    found = run(simulator, tmp_path, SHAPES["grouped"], phase="generate", tokens=24, output_tokens=5)
    for system in found.values():
        shown = inference(system)
        assert {phase["name"] for phase in shown["phases"]} == {"prefill", "decode"}
        assert sum(sum(phase["parts"].values()) for phase in shown["phases"]) == pytest.approx(system["time_s"], rel=1e-9)
        assert [each["token"] for each in shown["decode"]] == [2, 3, 4, 5]
        assert set().union(*(each["parts"] for each in shown["decode"])) <= set(KINDS)
        assert shown["tokens_per_s"] == system["tokens_per_s"]
    assert inference({"name": "anda", "ops": []}) is None


def test_the_page_has_the_numbers_of_today(simulator):
    written = (SOURCE / "docs" / "inference.md").read_text()
    wanted = [points.Point(model, phase, 512, 1, cache) for model in points.MODELS for phase in ("prefill", "decode")
              for cache in ("FP16", "INT4")]
    shared = [variant for variant in variants.variants() if variant.table in ("latent, decode", "sharing, decode", "ahead, off", "ahead, on", "schedule")]
    text = page.page({point: points.measure(simulator, point) for point in wanted},
                     {variant: variants.measure(simulator, variant) for variant in shared})
    rows = re.findall(r"^\| 512 \|.*$", text, re.MULTILINE)
    assert len(rows) == len(wanted)
    for row in rows:
        assert row in written
    rows = re.findall(r"^\| (?:FP16, |INT4, |nothing|fused|as the|shorter).*$", text, re.MULTILINE)
    assert len(rows) == sum(not variant.table.startswith("ahead") for variant in shared)
    rows += re.findall(r"^\| (?:prefill|decode), .* GB/s .*$", text, re.MULTILINE)
    assert len(rows) == len(shared) - sum(variant.table == "ahead, on" for variant in shared)
    for row in rows:
        assert row in written
    assert page.HEAD in written and page.LIMITS in written


def test_a_note_says_whose_vector_unit_computes_attention(simulator, tmp_path):
    shape = SHAPES["grouped"]
    _, _, layers, heads, _, head_dim, _ = shape
    run(simulator, tmp_path, shape, phase="prefill", tokens=8)  # writes the files

    def notes(tokens, **keys):
        keys = {"workload.config_json": str(tmp_path / "config.json"), "workload.scope": "model", "workload.tokens": tokens,
                "workload.attention.query_block": 1, **{key.replace("__", "."): value for key, value in keys.items()}}
        report = simulator.results("run", tmp_path / "run.yaml", "report.json", *set_options(keys))
        return [note for note in report["run"]["notes"] if "computes attention" in note]

    def share(pairs):
        return 100 * layers * 2 * pairs * heads * head_dim / macs(shape, [[(0, 128)]])

    pairs = 128 * 129 // 2
    (fp16,) = notes(128)
    assert fp16.startswith(f"The vector unit of anda computes attention, {share(pairs):.1f} % of all MACs")
    # Values in whole groups of 64 tokens, keys in groups along the head: all of it runs on the array.
    whole = {"kv_cache__k__format": "int", "kv_cache__v__format": "int", "kv_cache__v__axis": "channel"}
    assert notes(128, **whole) == []
    assert all(note.endswith("as workload.attention.unit says.") for note in notes(128, workload__attention__unit="vector_unit"))
