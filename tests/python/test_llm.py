# SPDX-License-Identifier: Apache-2.0
"""anda-sim evaluate against PyTorch: logits of made-up models of both families, and the perplexity of the small real ones.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_llm.py

The decoders are those of scripts/anda_sim/pytorch/models.py; rounding of weights and activations is implemented here independently, with
numpy's float16 and floor(), and hooked to the linear layers.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from anda_sim.pytorch import models

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
MODELS = ROOT / "tests" / "data" / "small_models"


OPT = {"model_type": "opt", "vocab_size": 80, "hidden_size": 128, "ffn_dim": 192, "num_hidden_layers": 2,
       "num_attention_heads": 4, "max_position_embeddings": 24, "word_embed_proj_dim": 128,
       "activation_function": "relu"}
LLAMA = {"model_type": "llama", "vocab_size": 80, "hidden_size": 128, "intermediate_size": 192,
         "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 24, "hidden_act": "silu",
         "rms_norm_eps": 1e-5, "rope_theta": 500.0}
CASES = {
    "opt": OPT,
    "opt, norm after": {**OPT, "do_layer_norm_before": False},
    "opt, no biases, own head": {**OPT, "enable_bias": False, "tie_word_embeddings": False},
    "llama": LLAMA,
    "llama, 2 key/value heads": {**LLAMA, "num_key_value_heads": 2},
    "llama, 1 key/value head": {**LLAMA, "num_key_value_heads": 1, "tie_word_embeddings": True},
    "llama, wide heads, biases": {**LLAMA, "num_key_value_heads": 2, "head_dim": 48, "attention_bias": True,
                                  "mlp_bias": True},
}
LENGTH = 24


def evaluate(folder, tokens, *options, status=0):
    command = [BUILD / "src" / "anda-sim", "evaluate", folder, "--tokens", tokens,
               *([] if "--threads" in options else ["--threads", "1"]), *options]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def make_model(config, seed=3):
    torch.manual_seed(seed)
    model = models.make_model(config)
    for name, parameter in model.named_parameters():
        if "norm" in name and name.endswith("weight"):
            parameter.data.uniform_(0.5, 1.5)
        else:
            parameter.data.normal_(0, 0.15)
    return model.eval()


def make_tokens(folder, count=3 * LENGTH + 5):
    tokens = np.random.default_rng(4).integers(0, 80, count)
    np.save(folder / "tokens.npy", tokens.astype(np.int32))
    return folder / "tokens.npy", torch.from_numpy(tokens)


def torch_logits(folder, tokens, prepare=lambda model: None):
    model = models.load(folder)
    prepare(model)
    with torch.no_grad():
        return model(tokens[: len(tokens) // LENGTH * LENGTH].view(-1, LENGTH)).numpy()


def anda_logits(folder, tokens, *options):
    evaluate(folder, tokens, "--length", LENGTH, "--logits", folder / "logits.npy", *options)
    return np.load(folder / "logits.npy")


# --- rounding, written once more -------------------------------------------------------------------------------------


def rounded_weights(weights, group):
    """Round-to-nearest INT4 in groups along k, scales in FP16, back in FP32."""
    rounded = np.zeros_like(weights)
    for first in range(0, weights.shape[1], group):
        part = weights[:, first : first + group]
        scale = (np.abs(part).max(1, keepdims=True).astype(np.float64) / 7).astype(np.float16).astype(np.float64)
        rounded[:, first : first + group] = np.clip(np.rint(part / scale), -7, 7) * scale
    return rounded


def rounded_activations(values, bits, group):
    """FP16, then mantissas truncated to `bits` under the exponent of the largest value of a group."""
    halves = values.astype(np.float16).astype(np.float64)
    if bits is None:
        return halves
    for first in range(0, halves.shape[-1], group):
        part = halves[..., first : first + group]
        largest = np.maximum(np.abs(part).max(-1, keepdims=True), 2.0**-14)
        unit = 2.0 ** (np.floor(np.log2(largest)) + 1 - bits)
        halves[..., first : first + group] = np.trunc(part / unit) * unit
    return halves


TENSOR_OF = {"q_proj": 0, "k_proj": 0, "v_proj": 0, "out_proj": 1, "o_proj": 1, "fc1": 2, "gate_proj": 2, "up_proj": 2,
             "fc2": 3, "down_proj": 3}


def hook(model, bits, group, weight_group):
    """`bits`: None for FP16, four mantissa lengths, or four for each layer."""
    for name, module in model.named_modules():
        tensor = TENSOR_OF.get(name.split(".")[-1])
        if tensor is None:
            continue
        module.weight.data = torch.from_numpy(rounded_weights(module.weight.data.numpy(), weight_group))
        of_layer = bits[int(re.search(r"layers\.(\d+)\.", name)[1])] if bits and isinstance(bits[0], tuple) else bits
        mantissa = of_layer[tensor] if bits else None
        module.register_forward_pre_hook(
            lambda _, inputs, mantissa=mantissa: torch.from_numpy(
                rounded_activations(inputs[0].numpy(), mantissa, group).astype(np.float32)))


# --- logits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_logits_are_those_of_pytorch(tmp_path, name):
    models.save(make_model(CASES[name]), tmp_path)
    path, tokens = make_tokens(tmp_path)
    expected = torch_logits(tmp_path, tokens)
    found = anda_logits(tmp_path, path, "--stored-weights", "--precision", "fp32")
    assert found.shape == expected.shape == (3, LENGTH, 80) and found.dtype == np.float32
    assert expected.std() > 0.3  # there is something to compare
    assert np.abs(found - expected).max() < 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_shards_and_types(tmp_path, dtype):
    """Weights in two files with an index, without the first word of their names, in every type."""
    model = make_model(CASES["llama, 2 key/value heads"])
    models.save(model, tmp_path, dtype)
    path, tokens = make_tokens(tmp_path)
    expected = torch_logits(tmp_path, tokens)
    tensors = models.read_safetensors(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    names = [name.removeprefix("model.") for name in tensors]
    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    whole = {name.removeprefix("model."): tensor for name, tensor in tensors.items()}
    for file, part in shards.items():
        models.write_safetensors(tmp_path / file, {name: whole[name] for name in part})
    index = {"metadata": {}, "weight_map": {name: file for file, part in shards.items() for name in part}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    found = anda_logits(tmp_path, path, "--stored-weights", "--precision", "fp32")
    assert np.abs(found - expected).max() < 1e-3


@pytest.mark.parametrize("name", ["opt", "llama, 2 key/value heads"])
@pytest.mark.parametrize("bits", [None, (9, 8, 7, 6), (4, 4, 4, 4)])
def test_rounded_logits_are_those_of_hooked_pytorch(tmp_path, name, bits):
    models.save(make_model(CASES[name]), tmp_path)
    path, tokens = make_tokens(tmp_path)
    expected = torch_logits(tmp_path, tokens, lambda model: hook(model, bits, 32, 64))
    exact = torch_logits(tmp_path, tokens)
    precision = ",".join(map(str, bits)) if bits else "fp16"
    found = anda_logits(tmp_path, path, "--precision", precision, "--group-size", 32, "--weight-group", 64)
    # A different order of FP32 sums moves a few activations across a rounding boundary: most logits agree closely, and
    # all are far closer than the effect of rounding.
    difference = np.abs(found - expected)
    assert np.median(difference) < 1e-3
    assert difference.mean() < 0.1 * np.abs(expected - exact).mean()


# --- perplexity ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["opt", "llama"])
def test_recorded_perplexity_of_the_small_models(family):
    recipe = json.loads((MODELS / family / "recipe.json").read_text())
    report = json.loads(evaluate(MODELS / family, MODELS / "held_out.npy", "--stored-weights", "--precision", "fp32",
                                 "--json"))
    assert report["windows"] * report["length"] == 33792
    assert report["results"][0]["perplexity"] == pytest.approx(recipe["held_out_perplexity_fp32"], rel=1e-4)
    assert recipe["held_out_perplexity_fp32"] < 4  # bytes guessed at random have 256, by frequency about 20


def test_held_out_tokens_are_the_text():
    assert np.load(MODELS / "held_out.npy").tobytes() == (MODELS / "held_out.txt").read_bytes()


@pytest.mark.parametrize("family", ["opt", "llama"])
def test_perplexity_of_rounded_small_models(tmp_path, family):
    bits = (6, 5, 5, 4)
    tokens = np.load(MODELS / "held_out.npy")[: 16 * 128]
    tokens.astype("<u2").tofile(tmp_path / "tokens.bin")
    model = models.load(MODELS / family)
    hook(model, bits, 64, 128)
    expected = models.perplexity(model, torch.from_numpy(tokens.astype(np.int64)), 128)
    report = json.loads(evaluate(MODELS / family, tmp_path / "tokens.bin", "--precision", "6,5,5,4", "--json", "--times"))
    seconds = report["seconds"]
    assert 0 < seconds["gemm"] < seconds["elapsed"] and 0 < seconds["rounding"] < seconds["elapsed"]
    assert 0 < seconds["processor"] < 600
    result = report["results"][0]
    assert result["perplexity"] == pytest.approx(expected, rel=1e-3)
    assert result["loss"] == pytest.approx(result["perplexity"] / report["baseline"] - 1)


def test_lengths_of_single_layers_come_from_a_configuration(tmp_path):
    (tmp_path / "found.yaml").write_text(
        "workload: {model: OPT-1.3B}\nprecision: {A_qkv: 6, A_o: 5, A_u: 5, A_d: 4, layers: {1: {A_o: 3, A_d: 2}}}\n")
    tokens = np.load(MODELS / "held_out.npy")[: 8 * 128]
    np.save(tmp_path / "tokens.npy", tokens)
    options = ["--precision", tmp_path / "found.yaml", "--json"]
    found = json.loads(evaluate(MODELS / "llama", tmp_path / "tokens.npy", *options))["results"][0]
    assert found["precision"] == str(tmp_path / "found.yaml")
    model = models.load(MODELS / "llama")
    hook(model, [(6, 5, 5, 4), (6, 3, 5, 2), (6, 5, 5, 4)], 64, 128)
    expected = models.perplexity(model, torch.from_numpy(tokens.astype(np.int64)), 128)
    assert found["perplexity"] == pytest.approx(expected, rel=1e-3)
    (tmp_path / "found.yaml").write_text("workload: {model: OPT-1.3B}\nprecision: {layers: {3: {A_o: 3}}}\n")
    message = evaluate(MODELS / "llama", tmp_path / "tokens.npy", *options, status=2)
    assert "found.yaml: precision.layers.3: the model has the layers 0 … 2" in message


# --- what is refused ------------------------------------------------------------------------------------------------------


def test_wrong_command_lines():
    model, tokens = MODELS / "opt", MODELS / "held_out.npy"
    for options, message in [
        (["--precision", "0"], "option --precision: \"0\""),
        (["--precision", "17"], "option --precision: \"17\""),
        (["--precision", "7,7,7"], "must be one number or four"),
        (["--precision", "7,,7,7"], "option --precision: \"\""),
        (["--length", "129"], "has 128 positions"),
        (["--length", "1"], "at least 2 tokens"),
        (["--group-size", "12"], "group_size is 12, must be a multiple of 8"),
        (["--weight-bits", "9"], "option --weight-bits"),
        (["--stored-weights", "--weight-bits", "4"], "are mutually exclusive"),
        (["--token-type", "float"], "must be uint8, uint16 or int32"),
        (["--threads", "0"], "option --threads: \"0\""),
        (["--threads", "many"], "option --threads: \"many\""),
        (["--precision", "4", "--precision", "5", "--logits", "x.npy"], "--logits needs exactly one --precision"),
    ]:
        assert message in evaluate(model, tokens, *options, status=2)
    assert "no-such-folder/config.json" in evaluate("no-such-folder", tokens, status=2)
    assert "option --tokens is missing" in subprocess.run(
        [BUILD / "src" / "anda-sim", "evaluate", model], capture_output=True, text=True, check=False).stderr


def test_a_logits_file_is_whole_or_not_there(tmp_path):
    message = evaluate(MODELS / "opt", MODELS / "held_out.npy", "--logits", tmp_path / "none" / "logits.npy", status=1)
    assert "logits.npy" in message
    assert list(tmp_path.iterdir()) == []
