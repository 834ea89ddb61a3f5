# SPDX-License-Identifier: Apache-2.0
"""Servers and profiles of models with latent attention, against whole inferences of them."""

import csv
import json

import pytest
from serving_tools import read_requests
from test_latent_attention import small

from anda_sim.common.errors import InputError
from anda_sim.simulator import Simulator, set_options

KEYS = {"precision.A_q": 6, "kv_cache.k.format": "anda", "kv_cache.k.bits": 4, "kv_cache.v.format": "int", "kv_cache.v.bits": 4}
GRID = {"serving.scheduler.max_tokens": 32, "serving.scheduler.max_batch": 4}
WAYS = ("expand", "absorb")
DENSE = ("qkv_proj", "rotary_emb", "o_proj")


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def files(folder, **changes):
    model = folder / "config.json"
    model.write_text(json.dumps(small("deepseek-v2-lite", **changes)))
    server, run = folder / "server.yaml", folder / "run.yaml"
    server.write_text("systems: [anda]\nserving: {}\n")
    run.write_text("systems: [anda]\n")
    return server, run, {"workload.config_json": str(model), **KEYS}


def inference(simulator, run, keys, **settings):
    wanted = {**keys, "workload.scope": "model", **{f"workload.{key}": value for key, value in settings.items()}}
    return simulator.results("run", run, "report.json", *set_options(wanted))["systems"][0]


@pytest.mark.parametrize("way", [*WAYS, "auto"])
def test_one_request_is_a_run(simulator, tmp_path, way):
    server, run, keys = files(tmp_path)
    keys = {**keys, "workload.attention.latent": way}
    requests = tmp_path / "requests.jsonl"
    requests.write_text(json.dumps({"timestamp": 0, "input_length": 37, "output_length": 4}) + "\n")
    out = tmp_path / "out"
    simulator.call("serve", server, "--out", out, "--quiet", *set_options({**keys, "serving.requests.trace": str(requests)}))
    served = read_requests(out / "requests.csv")[0]
    alone = inference(simulator, run, keys, phase="generate", tokens=37, output_tokens=4)
    assert served["latency_s"] == pytest.approx(alone["time_s"], rel=1e-12)
    assert served["first_token_s"] == pytest.approx(alone["time_to_first_token_s"], rel=1e-12)


def tables(simulator, folder, server, keys, layout="llmservingsim"):
    out = folder / layout
    simulator.call("profile", server, "--layout", layout, "--out", out, "--quiet", "--contexts", "64", *set_options({**keys, **GRID}))
    return out


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("way", WAYS)
def test_the_parts_of_a_profile_add_up_to_a_pass(simulator, tmp_path, way):
    """All layers with experts: tables of a layer are those of the last one."""
    server, run, keys = files(tmp_path, first_k_dense_replace=0)
    keys = {**keys, "workload.attention.latent": way}
    folder = next(tables(simulator, tmp_path, server, keys).glob("anda/*/*/tp1"))
    dense = {(row["layer"], int(row["tokens"])): float(row["time_us"]) for row in rows_of(folder / "dense.csv")}
    head = {int(row["sequences"]): float(row["time_us"]) for row in rows_of(folder / "per_sequence.csv") if row["layer"] == "lm_head"}
    experts = {int(row["tokens"]): float(row["time_us"]) for row in rows_of(folder / "moe.csv")}
    attention = {tuple(int(row[key]) for key in ("prefill_chunk", "kv_prefill", "n_decode", "kv_decode")): float(row["time_us"])
                 for row in rows_of(folder / "attention.csv")}

    def whole(tokens, sequences, attends):
        layer = 2 * dense["layernorm", tokens] + sum(dense[name, tokens] for name in DENSE) + experts[tokens] + attends
        return (dense["embedding", tokens] + 3 * layer + dense["final_layernorm", sequences] + head[sequences]) * 1e-6

    prefill = inference(simulator, run, keys, phase="prefill", tokens=32)
    assert whole(32, 1, attention[32, 0, 0, 0]) == pytest.approx(prefill["time_s"], rel=1e-9)
    decode = inference(simulator, run, keys, phase="decode", tokens=64)
    assert whole(1, 1, attention[0, 0, 1, 64]) == pytest.approx(decode["time_s"], rel=1e-9)
    tables(simulator, tmp_path, server, keys, "vidur")


def test_a_profile_wants_one_way(simulator, tmp_path):
    server, _, keys = files(tmp_path)
    with pytest.raises(InputError, match="workload.attention.latent is auto, must be expand or absorb"):
        tables(simulator, tmp_path, server, keys)
