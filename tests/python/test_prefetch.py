# SPDX-License-Identifier: Apache-2.0
"""workload.prefetch_weights: weights load under the end of the operation before; what moves, when, and under what."""

import json

import pytest
from serving_tools import serve
from test_latent_attention import run as run_experts
from test_latent_attention import small
from test_schedule import CACHE, LONG
from test_schedule import run as run_dense

from anda_sim.common.errors import InputError
from anda_sim.simulator import Simulator

SLOW = {"dram.data_rate_bit_per_s": 200_000_000}  # a tenth
CASES = {"gemms": {"scope": "gemms", "tokens": 64}, "decode": {"scope": "gemms", "phase": "decode", "batch": 4, "tokens": 32},
         "layer": {"scope": "layer", "tokens": 64}, "fused": {"scope": "layer", "tokens": 40, "fuse_projections": True, "layers": 2},
         "generate": {"phase": "generate", "tokens": 40, "batch": 2, "output_tokens": 4, "kv_cache": CACHE}}


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def run(simulator, folder, changes=None, ahead=True, **settings):
    return run_dense(simulator, folder, LONG, simulation=changes or {}, prefetch_weights=ahead, **{"phase": "prefill", **settings})


def weights(op, system):
    """Whether an operation is a GeMM on the array with weights of the model."""
    return op.get("unit", "array") == "array" and op.get("kind", "gemm") in ("gemm", "output_head") and system is not None


@pytest.mark.parametrize("memory", [{}, SLOW], ids=["fast", "slow"])
@pytest.mark.parametrize("name", CASES)
def test_bytes_move_to_the_operation_before_and_no_cycle_is_added(simulator, tmp_path, name, memory):
    without = run(simulator, tmp_path, memory, ahead=False, **CASES[name])
    found = run(simulator, tmp_path, memory, **CASES[name])
    for system, before in without.items():
        after = found[system]
        assert after["dram_bytes"] == before["dram_bytes"] and after["macs"] == before["macs"]
        assert after["cycles"] < before["cycles"]
        early = 0  # bytes that were loaded ahead so far
        for one, other in zip(before["ops"], after["ops"]):
            assert one["name"] == other["name"] and one["dram_write_bytes"] == other["dram_write_bytes"]
            moved = other["dram_read_bytes"] - one["dram_read_bytes"] + early
            assert moved >= 0 and (early == 0 or weights(one, system))
            # Nothing loads under an operation for itself, and the half of the weight buffer holds it.
            assert moved <= (256 << 10)
            early = moved
        assert early == 0


@pytest.mark.parametrize("name", ["layer", "generate", "decode"])
def test_levels_folding_and_a_store_change_nothing(simulator, tmp_path, name):
    expected = run(simulator, tmp_path, SLOW, **CASES[name])
    clocked = run(simulator, tmp_path, {**SLOW, "accelerator.level": "cycle"}, **CASES[name])
    folded = run(simulator, tmp_path, {**SLOW, "simulation.fold_layers": True}, **CASES[name])
    for system, one in expected.items():
        for other in (clocked[system], folded[system]):
            assert (other["cycles"], other["dram_bytes"], other["macs"]) == (one["cycles"], one["dram_bytes"], one["macs"])


def test_a_detailed_memory_moves_the_same_and_loses_nothing(simulator, tmp_path):
    for settings in (CASES["layer"], CASES["decode"]):
        detailed = {"dram.level": "detailed"}
        without = run(simulator, tmp_path, detailed, ahead=False, **settings)
        for system, one in run(simulator, tmp_path, detailed, **settings).items():
            assert one["dram_bytes"] == without[system]["dram_bytes"]
            assert one["cycles"] < without[system]["cycles"]


def test_experts_that_a_router_has_yet_to_choose_load_nothing_ahead(simulator, tmp_path):
    config = small("deepseek-v2-lite")
    without = run_experts(simulator, tmp_path, config, phase="decode", batch=4, tokens=20)["fp-fp"]
    found = run_experts(simulator, tmp_path, config, phase="decode", batch=4, tokens=20, prefetch_weights=True)["fp-fp"]
    early = {other["name"].split(".", 2)[-1]: other["dram_read_bytes"] - one["dram_read_bytes"] for one, other in zip(without["ops"], found["ops"])}
    assert early["router_choice"] == 0 and early["feed_forward_norm"] > 0
    assert early["expert.gate_proj"] >= 0  # nothing of it was there, and up_proj loads under it


def test_a_server_gains_what_its_iterations_do(simulator, tmp_path):
    requests = [(0, 40, 4), (0, 17, 3)]
    slow, _ = serve(simulator, tmp_path, dict(SLOW), requests)
    fast, rows = serve(simulator, tmp_path, {**SLOW, "workload.prefetch_weights": True}, requests)
    assert [row["output_tokens"] for row in rows] == [4, 3]
    for one, other in zip(slow["systems"], fast["systems"]):
        assert other["latency_s"]["mean"] < one["latency_s"]["mean"]
        assert other["makespan_s"] < one["makespan_s"]


@pytest.mark.parametrize("keys, why", [({"functional.enabled": True}, "functional.enabled"),
                                       ({"accelerator.controller.descriptors": 1}, "accelerator.controller.descriptors")])
def test_what_cannot_be_is_refused(simulator, tmp_path, keys, why):
    with pytest.raises(InputError, match=f"workload.prefetch_weights: is true, .*{why}"):
        run(simulator, tmp_path, keys, **CASES["gemms"])


def test_without_the_key_nothing_changes(simulator, tmp_path):
    case = CASES["layer"]
    assert json.dumps(run(simulator, tmp_path, ahead=False, **case)) == json.dumps(run_dense(simulator, tmp_path, LONG, phase="prefill", **case))
