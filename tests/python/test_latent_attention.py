# SPDX-License-Identifier: Apache-2.0
"""Multi-head latent attention and experts of DeepSeek against counts from the list of its tensors, in both ways of computing it."""

import json
import math
import re

import pytest
from model_tensors import tensors_of

from anda_sim.common.tree import SOURCE
from anda_sim.simulator import Simulator, set_options

# The ends of real files, small: two ranks, uneven widths of heads, a dense layer before two with experts.
SMALL = {"hidden_size": 160, "intermediate_size": 288, "moe_intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
         "num_key_value_heads": 4, "q_lora_rank": 96, "kv_lora_rank": 64, "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "v_head_dim": 48,
         "n_routed_experts": 8, "n_shared_experts": 2, "num_experts_per_tok": 2, "first_k_dense_replace": 1, "vocab_size": 500,
         "n_group": 4, "topk_group": 2}


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def small(name, **changes):
    config = {**json.loads((SOURCE / "tests/data/model_configs" / f"{name}.json").read_text()), **SMALL, **changes}
    return {key: value for key, value in config.items() if key != "num_nextn_predict_layers"}


def run(simulator, folder, config, **settings):
    model = folder / "config.json"
    model.write_text(json.dumps(config))
    cache = settings.pop("kv_cache", {})
    keys = {"workload.config_json": str(model), "workload.scope": "model", **cache,
            **{f"workload.{key}": value for key, value in settings.items()}}
    base = folder / "run.yaml"
    base.write_text("systems: [fp-fp, anda]\n")
    return {system["name"]: system for system in simulator.results("run", base, "report.json", *set_options(keys))["systems"]}


def linear_macs(config, without="embed_tokens|kv_b_proj|lm_head"):
    """Of a token, in all matrices that it meets: each is multiplied once."""
    macs = 0
    for name, shape in tensors_of(config):
        if len(shape) != 2 or re.search(without, name):
            continue
        expert = re.search(r"\.experts\.(\d+)\.", name)
        macs += math.prod(shape) if expert is None or int(expert[1]) < config["num_experts_per_tok"] else 0
    return macs


def pass_macs(config, before, new, absorbed):
    """Of the new tokens of a sequence, exactly causal, with the head of the last one."""
    heads, rank, layers = config["num_attention_heads"], config["kv_lora_rank"], config["num_hidden_layers"]
    nope, rope, value = config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    pairs = sum(before + i + 1 for i in range(new))
    if absorbed:
        attention = heads * (new * rank * (nope + value) + pairs * (rank + rope + rank))
    else:
        attention = heads * ((before + new) * rank * (nope + value) + pairs * (nope + rope + value))
    return new * linear_macs(config) + layers * attention + config["hidden_size"] * config["vocab_size"]


@pytest.mark.parametrize("name, changes", [("deepseek-v2-lite", {"q_lora_rank": None}), ("deepseek-v2-lite", {}), ("deepseek-v3", {})], ids=str)
@pytest.mark.parametrize("way", ["expand", "absorb"])
def test_both_ways_have_the_multiply_accumulates_of_the_tensors(simulator, tmp_path, name, changes, way):
    config = small(name, **changes)
    found = run(simulator, tmp_path, config, phase="generate", prompts="24*2 9", output_tokens=3, **{"attention.query_block": 1, "attention.latent": way})
    expected = sum(pass_macs(config, 0, tokens, way == "absorb") for tokens in (24, 24, 9))
    expected += sum(pass_macs(config, tokens + step, 1, way == "absorb") for step in range(2) for tokens in (24, 24, 9))
    for system in found.values():
        assert system["macs"] == expected
        assert sum(op["cycles"] for op in system["ops"]) == system["cycles"]


def test_the_default_is_the_way_with_fewer_multiply_accumulates(simulator, tmp_path):
    config = small("deepseek-v3")
    found = run(simulator, tmp_path, config, phase="generate", tokens=40, output_tokens=3, prefill_chunk=38, **{"attention.query_block": 1})["anda"]
    passes = [(0, 38), (38, 2), (40, 1), (41, 1)]
    assert found["macs"] == sum(
        min(pass_macs(config, *span, way) for way in (False, True)) - (config["hidden_size"] * config["vocab_size"] if span == (0, 38) else 0)
        for span in passes)
    names = {op["name"].split(".")[0] for op in found["ops"] if op["name"].endswith("query_absorb")}
    assert names == {"prefill1", "decode1", "decode2"}


FORMATS = {
    "fp16": ({}, lambda tokens: tokens * (64 + 16) * 2),
    "int8": ({"kv_cache.k.format": "int", "kv_cache.k.bits": 8, "kv_cache.k.group": 16}, lambda tokens: tokens * (80 + 5 * 2)),
    # A copy in groups of 16 tokens of which the last, incomplete one is FP16: a mantissa of 3 bits and the sign, exponents of 5 bits.
    "copy": ({"kv_cache.k.format": "anda", "kv_cache.k.group": 16, "kv_cache.v.format": "anda", "kv_cache.v.group": 16,
              "workload.attention.latent_copy": True},
             lambda tokens: math.ceil(tokens * (80 * 4 + 5 * 5) / 8) + tokens // 16 * math.ceil((16 * 64 * 4 + 64 * 5) / 8) + tokens % 16 * 64 * 2),
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_cache_holds_the_latent_and_the_rotary_key_of_a_token(simulator, tmp_path, name):
    keys, expected = FORMATS[name]
    found = run(simulator, tmp_path, small("deepseek-v2-lite"), phase="generate", tokens=30, batch=2, output_tokens=6, kv_cache=keys)
    for system in found.values():
        assert system["kv_cache_bytes"] == 3 * 2 * expected(35)


def test_the_array_takes_the_values_that_have_groups_along_the_tokens(simulator, tmp_path):
    """One stored latent is the second operand of two GeMMs whose k are its two axes; a copy has groups along both."""
    anda = {"kv_cache.k.format": "anda", "kv_cache.v.format": "anda", "kv_cache.k.group": 64, "kv_cache.v.group": 64}
    units = {}
    for copy in (False, True):
        system = run(simulator, tmp_path, small("deepseek-v3"), phase="decode", tokens=127, scope="layer",
                     kv_cache={**anda, "workload.attention.latent_copy": copy})["anda"]
        units[copy] = {op["kind"]: op["unit"] for op in system["ops"] if op["kind"] in ("attention_scores", "attention_values")}
    assert units == {False: {"attention_scores": "array", "attention_values": "vector_unit"},
                     True: {"attention_scores": "array", "attention_values": "array"}}


def test_generating_is_the_sum_of_its_passes(simulator, tmp_path):
    config = small("deepseek-v3")
    cache = {"kv_cache.k.format": "int", "kv_cache.k.group": 16}
    whole = run(simulator, tmp_path, config, phase="generate", tokens=20, batch=3, output_tokens=4, kv_cache=cache)
    passes = [run(simulator, tmp_path, config, phase="prefill", tokens=20, batch=3, kv_cache=cache)]
    passes += [run(simulator, tmp_path, config, phase="decode", tokens=20 + step, batch=3, kv_cache=cache) for step in range(3)]
    for name, system in whole.items():
        assert system["cycles"] == sum(one[name]["cycles"] for one in passes)
        assert system["energy_pj"]["total"] == pytest.approx(sum(one[name]["energy_pj"]["total"] for one in passes), rel=1e-12)


def test_fused_projections_read_their_input_once(simulator, tmp_path):
    config = small("deepseek-v3")
    apart = run(simulator, tmp_path, config, phase="prefill", tokens=64, scope="layer")["anda"]
    fused = run(simulator, tmp_path, config, phase="prefill", tokens=64, scope="layer", fuse_projections=True)["anda"]
    assert fused["macs"] == apart["macs"]
    names = [op["name"].rsplit(".", 1)[1] for op in fused["ops"]]
    assert "qkv_a_proj" in names and "q_proj" in names and "gate_up_proj" in names and "q_nope_proj" not in names
