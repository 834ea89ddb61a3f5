# SPDX-License-Identifier: Apache-2.0
"""What the router's choice costs, against the passes of docs/model.md by hand."""

import json
import math

import pytest
from test_latent_attention import run, small

from anda_sim.common.errors import InputError
from anda_sim.simulator import Simulator

FPUS, LATENCY, FUNCTION, PANEL = 64, 4, 4, 16
TREE = math.ceil(math.log2(FPUS))


@pytest.fixture(scope="module")
def simulator():
    return Simulator()


def chosen(rows, columns, kept):
    """Cycles of `kept` selections in panels of rows."""
    cycles = 0
    for first in range(0, rows, PANEL):
        elements = min(PANEL, rows - first) * columns
        cycles += kept * (math.ceil(2 * elements / FPUS) + LATENCY + TREE) + math.ceil(elements / FPUS)
    return cycles


def by_name(system):
    return {op["name"].split(".", 2)[-1]: op for op in system["ops"] if ".layer1." in op["name"] or ".layer2." in op["name"]}


@pytest.mark.parametrize("tokens", [5, 16, 70])
@pytest.mark.parametrize("model, method, groups", [("deepseek-v3", "noaux_tc", 2), ("deepseek-v2-lite", "greedy", 0),
                                                   ("deepseek-v2-lite", "group_limited_greedy", 1)])
def test_the_choice_takes_the_passes_of_its_selections(simulator, tmp_path, model, method, groups, tokens):
    """Eight experts in four groups, of which a token goes to two of two groups."""
    system = run(simulator, tmp_path, small(model, topk_method=method), tokens=tokens)["fp-fp"]
    ops = by_name(system)
    names = ["router", "router_sigmoid" if model == "deepseek-v3" else "router_softmax", *(["router_groups"] if groups else []), "router_choice"]
    kinds = [op["name"].split(".", 2)[-1] for op in system["ops"] if op["kind"] == "router" and ".layer1." in op["name"]]
    assert kinds == [*names, "expert_sum"]

    wanted = {"router_choice": (tokens, 8, 2), **({"router_groups": (4 * tokens, 2, groups)} if groups else {})}
    for name, (rows, columns, kept) in wanted.items():
        # The last results leave while they are put out, and LATENCY later.
        assert ops[name]["stall_vector_cycles"] == chosen(rows, columns, kept) + LATENCY
        assert ops[name]["dram_read_bytes"] == ops[name]["dram_write_bytes"] == 2 * rows * columns
        assert ops[name]["macs"] == 0


def test_scores_by_sigmoid_take_its_cycles(simulator, tmp_path):
    ops = by_name(run(simulator, tmp_path, small("deepseek-v3"), tokens=16)["fp-fp"])
    computed = 16 * 8 * (1 + FUNCTION + FUNCTION) // FPUS
    assert computed <= ops["router_sigmoid"]["stall_vector_cycles"] <= computed + LATENCY + 2


def test_a_dense_model_has_no_choice(simulator, tmp_path):
    config = {"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 2,
              "vocab_size": 50, "max_position_embeddings": 64}
    assert all("router" not in op["name"] for op in run(simulator, tmp_path, config, tokens=8)["anda"]["ops"])


@pytest.mark.parametrize("key, value", [("scoring_func", "tanh"), ("topk_method", "best"), ("scoring_func", 3)])
def test_another_way_to_choose_is_refused_by_name(simulator, tmp_path, key, value):
    with pytest.raises(InputError, match=key):
        run(simulator, tmp_path, json.loads(json.dumps(small("deepseek-v3", **{key: value}))), tokens=8)
