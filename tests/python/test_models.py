# SPDX-License-Identifier: Apache-2.0
"""anda-sim models: parameters beside an independent list of every tensor, and config.json files that lie."""

import json
import math
import os
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_tensors import tensors_of

SOURCE = Path(__file__).resolve().parents[2]
CONFIGS = sorted((SOURCE / "tests/data/model_configs").glob("*.json"))


def call(*args):
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    return subprocess.run([program, "models", *map(str, args)], capture_output=True, text=True, timeout=60)


def model_of(path):
    done = call("--config", path, "--json")
    assert done.returncode == 0, done.stderr
    (model,) = json.loads(done.stdout)["models"]
    return model


def counts(config):
    """Parameters of all tensors, and of those that a token meets."""
    per_token = config.get("num_experts_per_tok", 0)
    total = active = 0
    for name, shape in tensors_of(config):
        size = math.prod(shape)
        total += size
        expert = re.search(r"\.experts\.(\d+)\.", name)
        active += size if expert is None or int(expert[1]) < per_token else 0
    return {"total": total, "active": active}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_parameters_are_those_of_the_tensors(path):
    assert model_of(path)["parameters"] == counts(json.loads(path.read_text()))


VARIANTS = {
    "opt-125m": [{"enable_bias": False}, {"word_embed_proj_dim": 100}, {"do_layer_norm_before": False}, {"num_hidden_layers": 3}],
    "llama-3.2-1b": [{"attention_bias": True}, {"mlp_bias": True}, {"tie_word_embeddings": False}, {"head_dim": 100}],
    "qwen3-8b": [{"num_key_value_heads": None}, {"attention_bias": True}],
    "gemma-2-9b": [{"num_key_value_heads": 16}, {"tie_word_embeddings": False}],
    "phi-2": [{"num_key_value_heads": 8}, {"vocab_size": 77}],
    "gpt2": [{"n_inner": 1000}, {"n_positions": 3}],
    "pythia-70m": [{"attention_bias": False}, {"tie_word_embeddings": True}],
    "mixtral-8x7b": [{"num_local_experts": 3}, {"num_experts_per_tok": 8}],
    "qwen1.5-moe-a2.7b": [{"qkv_bias": False}, {"decoder_sparse_step": 5}, {"mlp_only_layers": [0, 1, 2]}],
    "qwen3-30b-a3b": [{"decoder_sparse_step": 3, "mlp_only_layers": [2, 0, 1]}, {"num_hidden_layers": 2, "mlp_only_layers": [0, 1]}],
    "deepseek-v2-lite": [{"q_lora_rank": 300}, {"n_shared_experts": 0, "first_k_dense_replace": 5}, {"v_head_dim": 96}],
    "deepseek-v2": [{"n_group": 1, "topk_group": 1}, {"num_experts_per_tok": 60}],
    "deepseek-v3": [{"q_lora_rank": None}, {"first_k_dense_replace": 61}, {"num_experts_per_tok": 1}],
}


@pytest.mark.parametrize("name, change", [(name, change) for name, changes in VARIANTS.items() for change in changes], ids=str)
def test_every_key_counts_as_in_the_tensors(tmp_path, name, change):
    config = {**json.loads((SOURCE / "tests/data/model_configs" / f"{name}.json").read_text()), **change}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    assert model_of(path)["parameters"] == counts(config)


def test_built_in_models_are_listed_with_what_their_files_say():
    models = {model["name"]: model for model in json.loads(call("--json").stdout)["models"]}
    assert len(models) == 18
    table = call().stdout
    assert max(map(len, table.splitlines())) <= 80
    for name, model in models.items():
        assert f"\n{name} " in table and str(model["parameters"]["total"]) in table
    assert "\nLLaMA-3-8B            32    4096        14336     32/8     128256    8030261248\n" in table
    assert ("\nDeepSeek-V2-Lite      27    2048    6/64×1408  16, MLA     102400   15706484224\n"
            "                                                        per token    2661150208\n") in table
    for name, file in {"Gemma-2B": "gemma-2b", "Phi-3-mini": "phi-3-mini-4k", "Mixtral-8x7B": "mixtral-8x7b", "DeepSeek-V2-Lite": "deepseek-v2-lite",
                       "DeepSeek-V3": "deepseek-v3"}.items():
        apart = {"name", "defaults"}
        read = model_of(SOURCE / "tests/data/model_configs" / f"{file}.json")
        assert {k: v for k, v in models[name].items() if k not in apart} == {k: v for k, v in read.items() if k not in apart}


def test_notes_tell_what_is_the_familys_and_what_is_left_out():
    notes = call("--config", SOURCE / "tests/data/model_configs/gemma-3-4b.json").stderr
    assert "text_config.num_attention_heads = 8" in notes and "without the vision part" in notes
    assert "predicts further tokens" in call("--config", SOURCE / "tests/data/model_configs/deepseek-v3.json").stderr


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 200), st.sampled_from([2**24, 2**24 + 1, 2**40, 2**63, 2**64, 10**30]),
                   st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), st.lists(st.integers(-1, 70), max_size=5),
                   st.lists(st.sampled_from(["full_attention", "sliding_attention", "x"]), max_size=70),
                   st.dictionaries(st.sampled_from(["hidden_size", "model_type", "rope_type", "partial_rotary_factor"]),
                                   st.integers(0, 4), max_size=3))
KEYS = sorted({key for path in CONFIGS for key in json.loads(path.read_text())} |
              {"layer_types", "mlp_only_layers", "sliding_window_pattern", "head_dim", "n_inner", "rope_parameters", "num_kv_heads"})


@given(st.sampled_from(CONFIGS), st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=4), st.data())
def test_changed_files_are_read_or_refused_with_the_file_and_a_reason(tmp_path_factory, path, changes, data):
    config = {**json.loads(path.read_text()), **changes}
    for key in data.draw(st.lists(st.sampled_from(KEYS), max_size=3)):
        config.pop(key, None)
    file = tmp_path_factory.getbasetemp() / "config.json"
    file.write_text(json.dumps(config))
    done = call("--config", file, "--json")
    if done.returncode == 0:
        (model,) = json.loads(done.stdout)["models"]
        assert 0 < model["parameters"]["active"] <= model["parameters"]["total"] <= 2**56
    else:
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith(f"error: {file}") and len(done.stderr) < 1500 and done.stderr.count("\n") == 1
