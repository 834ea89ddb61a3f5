# SPDX-License-Identifier: Apache-2.0
"""`anda-sim profile` against whole inferences, which its parts add up to."""

import csv

import pytest

from anda_sim.common.errors import InputError
from anda_sim.simulator import Simulator, set_options
from serving_tools import LAYERS, write_config

KEYS = {"serving.scheduler.max_tokens": 64, "serving.scheduler.max_batch": 4, "system.accelerators": 1, "precision.A_q": 6,
        "kv_cache.k.format": "anda", "kv_cache.k.bits": 4}
LAYER = ("qkv_proj", "rotary_emb", "o_proj", "gate_up_proj", "act_fn", "down_proj")


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def profile(simulator, folder, layout, *options):
    base, settings = write_config(folder, KEYS)
    out = folder / layout
    simulator.call("profile", base, "--layout", layout, "--out", out, "--quiet", "--contexts", "256", *options, *settings)
    return out


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def time_s(simulator, folder, phase, tokens):
    base, _ = write_config(folder, {})
    keys = {"workload.config_json": str(folder / "config.json"), "workload.scope": "model", "workload.phase": phase,
            "workload.tokens": tokens, **{key: value for key, value in KEYS.items() if not key.startswith(("serving", "system"))}}
    base.write_text("systems: [anda]\n")
    return simulator.results("run", base, "report.json", *set_options(keys))["systems"][0]["time_s"]


@pytest.mark.parametrize("tokens", [1, 32, 64])
def test_the_parts_of_a_pass_add_up_to_a_prefill(simulator, tmp_path, tokens):
    found = profile(simulator, tmp_path, "llmservingsim")
    folder = next(found.glob("anda/*/*/tp1"))
    dense = {(row["layer"], int(row["tokens"])): float(row["time_us"]) for row in rows_of(folder / "dense.csv")}
    heads = {int(row["sequences"]): float(row["time_us"]) for row in rows_of(folder / "per_sequence.csv") if row["layer"] == "lm_head"}
    attention = {tuple(int(row[key]) for key in ("prefill_chunk", "kv_prefill", "n_decode", "kv_decode")): float(row["time_us"])
                 for row in rows_of(folder / "attention.csv")}
    layer = 2 * dense["layernorm", tokens] + sum(dense[name, tokens] for name in LAYER) + attention[tokens, 0, 0, 0]
    whole = dense["embedding", tokens] + LAYERS * layer + dense["final_layernorm", 1] + heads[1]
    assert whole * 1e-6 == pytest.approx(time_s(simulator, tmp_path, "prefill", tokens), rel=1e-9)
    # What runs beside each other adds up.
    both = attention[32, 64, 4, 128]
    assert both == pytest.approx(attention[32, 64, 0, 0] + attention[0, 0, 4, 128], rel=1e-12)


def test_the_layouts_have_the_same_times(simulator, tmp_path):
    llm = next(profile(simulator, tmp_path, "llmservingsim", "--tensor", "1,2").glob("anda/*/*"))
    vidur = profile(simulator, tmp_path, "vidur", "--tensor", "1,2")
    mlp = rows_of(next(vidur.glob("compute/anda/*/mlp.csv")))
    for degree in (1, 2):
        dense = {(row["layer"], row["tokens"]): float(row["time_us"]) for row in rows_of(llm / f"tp{degree}" / "dense.csv")}
        own = [row for row in mlp if row["num_tensor_parallel_workers"] == str(degree)]
        assert len(own) == 7
        for row in own:
            for theirs, ours in (("attn_pre_proj", "qkv_proj"), ("mlp_down_proj", "down_proj")):
                assert 1e3 * float(row[f"time_stats.{theirs}.median"]) == pytest.approx(dense[ours, row["num_tokens"]], rel=1e-12)
    passes = {tuple(row[key] for key in ("prefill_chunk", "kv_prefill", "n_decode", "kv_decode")): float(row["time_us"])
              for row in rows_of(llm / "tp1" / "attention.csv")}
    compared = 0
    for row in rows_of(next(vidur.glob("compute/anda/*/attention.csv"))):
        save, prefill, decode = (float(row[f"time_stats.attn_{part}.median"]) for part in ("kv_cache_save", "prefill", "decode"))
        is_prefill = row["is_prefill"] == "True"
        assert (prefill > 0, decode > 0) == (is_prefill, not is_prefill)
        key = (row["prefill_chunk_size"], row["kv_cache_size"], "0", "0") if is_prefill else ("0", "0", row["batch_size"], row["kv_cache_size"])
        if row["num_tensor_parallel_workers"] == "1" and key in passes:
            assert 1e3 * (save + prefill + decode) == pytest.approx(passes[key], rel=1e-9)
            compared += 1
    assert compared >= 8
    sizes = [int(row["size"]) for row in rows_of(vidur / "network/anda/all_reduce.csv")]
    assert sizes == [2 * 128 * 2**power for power in range(7)]


@pytest.mark.parametrize("options, message", [(("--layout", "orca"), "must be llmservingsim or vidur"),
                                              (("--tensor", "2,2"), "has 2 twice"),
                                              (("--tensor", "3"), "must divide the 4 attention heads")])
def test_wrong_options_are_refused(simulator, tmp_path, options, message):
    base, settings = write_config(tmp_path, KEYS)
    with pytest.raises(InputError, match=message):
        simulator.call("profile", base, "--out", tmp_path / "out", *options, *settings)
    assert not (tmp_path / "out").exists()
