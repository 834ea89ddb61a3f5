# SPDX-License-Identifier: Apache-2.0
"""Fused projections and results that stay on chip: what they save is what the operands take, byte for byte."""

import pytest
from test_latent_attention import small
from test_schedule import LONG, SHORT
from test_schedule import run as run_dense

from anda_sim.simulator import Simulator

LOCAL = {"accelerator.local_memory.bytes": 1 << 20}
D, F, HEADS, KV_HEADS, HEAD_DIM = 192, 512, 6, 2, 32


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def run(simulator, folder, changes=None, schedule=None, precision=LONG, **settings):
    case = {"scope": "layer", "phase": "prefill", "tokens": 64, **settings}
    return run_dense(simulator, folder, precision, schedule, simulation={"tiling": "auto", **(changes or {})}, **case)


def by_name(system):
    return {op["name"].rsplit(".", 1)[1]: op for op in system["ops"]}


def panel_bytes(rows, columns, mantissa_bits):
    """Of a tensor in external memory: FP16, or groups of 64 with a sign, mantissas and an exponent of 5 bits, rows in panels of 16."""
    if mantissa_bits is None:
        return rows * columns * 2
    total = 0
    for first in range(0, rows, 16):
        panel = min(16, rows - first)
        groups = -(-columns // 64)
        total += groups * (panel * 64 * (mantissa_bits + 1) // 8 + -(-panel * 5 // 8))
    return total


@pytest.mark.parametrize("scope", ["gemms", "layer"])
@pytest.mark.parametrize("tokens", [16, 40, 64])
def test_fused_projections_read_their_input_once(simulator, tmp_path, scope, tokens):
    apart = run(simulator, tmp_path, tokens=tokens, scope=scope, layers=1)
    fused = run(simulator, tmp_path, tokens=tokens, scope=scope, layers=1, fuse_projections=True)
    for name, bits in (("fp-fp", {"A_qkv": None, "A_u": None}), ("anda", LONG)):
        one, other = by_name(apart[name]), by_name(fused[name])
        for parts, whole, tensor in ((["q_proj", "k_proj", "v_proj"], "qkv_proj", "A_qkv"), (["gate_proj", "up_proj"], "gate_up_proj", "A_u")):
            saved = sum(one[part]["dram_read_bytes"] for part in parts) - other[whole]["dram_read_bytes"]
            assert saved == (len(parts) - 1) * panel_bytes(tokens, D, bits[tensor])
            assert sum(one[part]["macs"] for part in parts) == other[whole]["macs"]
            assert other[whole]["cycles"] <= sum(one[part]["cycles"] for part in parts)


KEPT = {"fused": {"fuse_projections": True}, "apart": {}, "decode": {"phase": "decode", "batch": 5}, "blocks": {"attention.query_block": 16},
        "schedule": {"schedule": {30: SHORT}}, "model": {"scope": "model", "phase": "generate", "output_tokens": 3}}


@pytest.mark.parametrize("name", KEPT)
@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_what_stays_on_chip_is_what_external_memory_no_longer_moves(simulator, tmp_path, name, level):
    settings = KEPT[name]
    levels = {"accelerator.level": level}
    without = run(simulator, tmp_path, levels, **settings)
    kept = run(simulator, tmp_path, {**levels, **LOCAL}, **settings)
    for system, before in without.items():
        after = kept[system]
        local = {way: after["actions"][f"local_memory.{way}_bytes"] for way in ("read", "write")}
        assert 0 < local["write"] <= local["read"]  # Q, K and V read one result
        for way in ("read", "write"):
            assert before["dram_bytes"][way] - after["dram_bytes"][way] == local[way]
        assert before["macs"] == after["macs"] and after["cycles"] <= before["cycles"]
        assert after["energy_pj"]["dram"] < before["energy_pj"]["dram"]
        assert after["area_mm2"]["by_component"]["activation_buffer"] > before["area_mm2"]["by_component"]["activation_buffer"]


def test_the_results_that_stay_by_hand(simulator, tmp_path):
    """A layer of 64 tokens with an FP16 cache, whose attention is the vector unit's on Anda and stays FP16."""
    kept = run(simulator, tmp_path, LOCAL)["anda"]
    ops = by_name(kept)
    normed = panel_bytes(64, D, LONG["A_qkv"])
    queries, keys = panel_bytes(64, HEADS * HEAD_DIM, None), panel_bytes(64, KV_HEADS * HEAD_DIM, None)
    scores = KV_HEADS * panel_bytes(64 * HEADS // KV_HEADS, 64, None)
    wide = panel_bytes(64, F, None)
    entering, activated = panel_bytes(64, D, LONG["A_u"]), panel_bytes(64, F, LONG["A_d"])
    actions = kept["actions"]
    assert actions["local_memory.write_bytes"] == normed + queries + keys + 2 * scores + entering + 2 * wide + activated
    assert actions["local_memory.read_bytes"] == 3 * normed + queries + keys + 2 * scores + 2 * entering + 2 * wide + activated
    assert ops["activation"]["dram_read_bytes"] + ops["activation"]["dram_write_bytes"] == 0
    assert ops["softmax"]["dram_read_bytes"] + ops["softmax"]["dram_write_bytes"] == 0


def test_results_larger_than_a_third_of_it_do_not_stay(simulator, tmp_path):
    """Gate and up are 64 × 512 values of at most 18 bits: 73,728 bytes, three of which must fit."""
    fits, small_one = (run(simulator, tmp_path, {"accelerator.local_memory.bytes": bytes_})["anda"] for bytes_ in (3 * 73728, 3 * 73728 - 1))
    assert by_name(fits)["gate_proj"]["dram_write_bytes"] == 0
    assert by_name(small_one)["gate_proj"]["dram_write_bytes"] == panel_bytes(64, F, None)


def test_latent_attention_keeps_scores_and_probabilities(simulator, tmp_path):
    import test_latent_attention
    config = small("deepseek-v3", first_k_dense_replace=0)
    case = {"phase": "decode", "tokens": 63, "scope": "layer"}
    without = test_latent_attention.run(simulator, tmp_path, config, **case)["anda"]
    kept = test_latent_attention.run(simulator, tmp_path, config, kv_cache=LOCAL, **case)["anda"]
    assert by_name(kept)["softmax"]["dram_read_bytes"] + by_name(kept)["softmax"]["dram_write_bytes"] == 0
    assert without["dram_bytes"]["write"] - kept["dram_bytes"]["write"] == kept["actions"]["local_memory.write_bytes"]
    # The router and the experts read what is normed before them, so that it goes to external memory.
    assert by_name(kept)["feed_forward_norm"]["dram_write_bytes"] > 0


def test_what_parallel_parts_both_read_goes_to_external_memory(simulator, tmp_path):
    import test_latent_attention
    config = {"model_type": "phi", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 1, "num_attention_heads": 2,
              "vocab_size": 100, "max_position_embeddings": 256, "hidden_act": "gelu_new"}
    for system in test_latent_attention.run(simulator, tmp_path, config, kv_cache=LOCAL, tokens=40, scope="layer").values():
        ops = by_name(system)
        assert ops["attention_norm"]["dram_write_bytes"] > 0
        assert ops["q_proj"]["dram_read_bytes"] > 0 and ops["fc1"]["dram_read_bytes"] > 0
        assert ops["q_rotary"]["dram_read_bytes"] == 0
