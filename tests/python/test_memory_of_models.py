# SPDX-License-Identifier: Apache-2.0
"""A model larger than the memory that it may take runs layer by layer: the peak of the process is a small multiple of a layer."""

import json
import subprocess
import sys

import numpy as np
import pytest
from checkpoints import write_tensors
from test_llm import BUILD

CONFIG = {"model_type": "llama", "vocab_size": 256, "hidden_size": 1024, "intermediate_size": 2560, "num_hidden_layers": 6,
          "num_attention_heads": 8, "max_position_embeddings": 16, "hidden_act": "silu", "rms_norm_eps": 1e-5}
LAYER = 4 * (4 * 1024 * 1024 + 3 * 1024 * 2560)  # bytes in FP32: 46 MiB


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("large")
    numbers = np.random.default_rng(1).normal(0, 0.02, 2560 * 1024).astype(np.float16)
    shapes = {"self_attn.q_proj": (1024, 1024), "self_attn.k_proj": (1024, 1024), "self_attn.v_proj": (1024, 1024),
              "self_attn.o_proj": (1024, 1024), "mlp.gate_proj": (2560, 1024), "mlp.up_proj": (2560, 1024), "mlp.down_proj": (1024, 2560)}
    ends = {name: numbers[: 256 * 1024].reshape(256, 1024) for name in ("model.embed_tokens.weight", "lm_head.weight")}
    tensors = {**ends, "model.norm.weight": np.ones(1024, np.float16)}
    for layer in range(CONFIG["num_hidden_layers"]):
        for name, shape in shapes.items():
            tensors[f"model.layers.{layer}.{name}.weight"] = np.roll(numbers, layer)[: shape[0] * shape[1]].reshape(shape)
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{name}.weight"] = np.ones(1024, np.float16)
    (path / "config.json").write_text(json.dumps(CONFIG))
    write_tensors(path / "model.safetensors", tensors)
    np.save(path / "tokens.npy", np.arange(4 * 16, dtype=np.uint8))
    return path


# A process starts with the peak of the one that it was forked from: this small one in the place of pytest.
MEASURE = """import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss * 1024, file=sys.stderr)
sys.exit(status)
"""


def measured(folder, *options):
    """Peak bytes in memory, and what the process prints."""
    command = [sys.executable, "-c", MEASURE, BUILD / "src" / "anda-sim", "evaluate", folder, "--tokens", folder / "tokens.npy",
               "--stored-weights", "--precision", "fp32", "--threads", "1", "--json", *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, timeout=120)
    return int(done.stderr.split()[-1]), json.loads(done.stdout)


def test_the_peak_is_a_small_multiple_of_a_layer(folder):
    whole, expected = measured(folder)
    assert whole > 6 * LAYER
    parts, found = measured(folder, "--memory", "80MiB")
    assert found == {**expected, "weights_in": "files"}
    assert parts < 3 * LAYER  # a layer, and what the program takes without a model
