# SPDX-License-Identifier: Apache-2.0
"""Both evaluators against decoders written once more (reference_decoders.py), on made-up models of every family."""

import json

import numpy as np
import pytest
import torch
from checkpoints import write_tensors
from reference_decoders import FAMILIES, Reference, config_of, random_tensors
from test_llm import evaluate

from anda_sim.common.errors import InputError
from anda_sim.pytorch import loading

LENGTH = 24


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("family")
    config = config_of(request.param)
    tensors = random_tensors(config)
    (folder / "config.json").write_text(json.dumps(config))
    write_tensors(folder / "model.safetensors", tensors)
    tokens = np.random.default_rng(4).integers(0, config["vocab_size"], 2 * LENGTH)
    np.save(folder / "tokens.npy", tokens.astype(np.int32))
    windows = tokens.reshape(-1, LENGTH)
    expected = np.array([Reference(config, tensors).logits(window) for window in windows])
    assert expected.std() > 0.3  # there is something to compare
    return folder, windows, expected


def test_logits_of_the_built_in_evaluator(family):
    folder, _, expected = family
    evaluate(folder, folder / "tokens.npy", "--stored-weights", "--precision", "fp32", "--logits", folder / "logits.npy")
    assert np.abs(np.load(folder / "logits.npy") - expected).max() < 1e-3


def test_logits_of_the_evaluator_in_pytorch(family):
    folder, windows, expected = family
    forward, _ = loading.load_model(folder)
    with torch.no_grad():
        found = forward(torch.from_numpy(windows)).numpy()
    assert np.abs(found - expected).max() < 1e-3


def test_layers_one_by_one_from_the_files(family):
    """In memory that the whole model does not fit into; the same bits."""
    folder, _, _ = family
    whole, parts = (folder / name for name in ("whole.npy", "parts.npy"))
    evaluate(folder, folder / "tokens.npy", "--precision", "6", "--logits", whole)
    report = evaluate(folder, folder / "tokens.npy", "--precision", "6", "--logits", parts, "--memory", "400KiB", "--json")
    assert json.loads(report)["weights_in"] == "files"
    assert whole.read_bytes() == parts.read_bytes()


@pytest.mark.parametrize("prefix", ["language_model.model.", "model.language_model."])
def test_gemma_3_with_a_vision_part(tmp_path, prefix):
    """Sizes that are the family's are left out, and tensors of other parts are passed by."""
    text = {**config_of("gemma3"), "num_key_value_heads": 4}
    tensors = random_tensors(text)
    del text["num_key_value_heads"]
    expected = Reference({**text, "num_key_value_heads": 4}, tensors).logits(np.arange(LENGTH))
    config = {"model_type": "gemma3", "text_config": {**text, "model_type": "gemma3_text"}, "vision_config": {"hidden_size": 3}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    stored = {name.replace("model.", prefix, 1): tensor for name, tensor in tensors.items()}
    other = "model." if prefix.startswith("model.") else ""
    write_tensors(tmp_path / "model.safetensors", {**stored, f"{other}vision_tower.a.weight": np.ones((2, 3), np.float32)})
    np.save(tmp_path / "tokens.npy", np.arange(LENGTH, dtype=np.int32))
    evaluate(tmp_path, tmp_path / "tokens.npy", "--stored-weights", "--precision", "fp32", "--logits", tmp_path / "logits.npy")
    assert np.abs(np.load(tmp_path / "logits.npy")[0] - expected).max() < 1e-3
    forward, _ = loading.load_model(tmp_path)
    with torch.no_grad():
        assert np.abs(forward(torch.arange(LENGTH)[None]).numpy()[0] - expected).max() < 1e-3


@pytest.mark.parametrize("change, message", [
    ({"use_bidirectional_attention": True}, "use_bidirectional_attention: true is not supported"),
    ({"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 9.0},
                          "sliding_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 9.0}}}, "sliding_attention"),
    ({"rope_parameters": {"full_attention": {"rope_type": "yarn", "rope_theta": 9.0}}}, "yarn"),
])
def test_what_gemma_3_does_not_compute_is_refused(tmp_path, change, message):
    config = {**config_of("gemma3"), **change}
    (tmp_path / "config.json").write_text(json.dumps(config))
    write_tensors(tmp_path / "model.safetensors", random_tensors(config_of("gemma3")))
    np.save(tmp_path / "tokens.npy", np.zeros(LENGTH, np.int32))
    assert message in evaluate(tmp_path, tmp_path / "tokens.npy", status=2)
    with pytest.raises(InputError, match=message):
        loading.load_model(tmp_path)


@pytest.mark.parametrize("scaling", [{"type": "longrope", "long_factor": [1.0]}, {"rope_type": "yarn", "factor": 4.0}])
def test_other_scaled_positions_are_refused_by_name(tmp_path, scaling):
    config = {**config_of("phi3"), "rope_scaling": scaling}
    (tmp_path / "config.json").write_text(json.dumps(config))
    write_tensors(tmp_path / "model.safetensors", random_tensors(config))
    np.save(tmp_path / "tokens.npy", np.zeros(LENGTH, np.int32))
    kind = scaling.get("type") or scaling["rope_type"]
    message = evaluate(tmp_path, tmp_path / "tokens.npy", status=2)
    assert "config.json: key rope_scaling: rotary embeddings scaled by" in message and kind in message
    with pytest.raises(InputError, match=f"config.json: rope_scaling: .*{kind}"):
        loading.load_model(tmp_path)
