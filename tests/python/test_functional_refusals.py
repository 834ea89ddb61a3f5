# SPDX-License-Identifier: Apache-2.0
"""What functional simulations of layers and models refuse, by name.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_functional_refusals.py
"""

import re

import pytest
from inference_tools import LLAMA, Run


@pytest.mark.parametrize("model, settings, words", [
    ({**LLAMA, "model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}, [], "has experts|with .*experts"),
    (LLAMA, ["kv_cache.k.format=int", "kv_cache.k.axis=channel"], "kv_cache.k.axis: is channel, must be token"),
    (LLAMA, ["kv_cache.v.format=anda", "kv_cache.v.axis=token"], "kv_cache.v.axis: is token, must be channel"),
    (LLAMA, ["kv_cache.k.format=anda", "kv_cache.k.bits=12"], "kv_cache.k.bits: is 12, must be at most 8"),
    (LLAMA, ["kv_cache.k.format=mxfp4"], "kv_cache.k.format: is mxfp4, must be fp16, int or anda"),
    (LLAMA, ["kv_cache.k.format=int", "kv_cache.k.group=128"], "kv_cache.k.group is 128, must divide the 64 elements"),
    (LLAMA, ["functional.weights=/etc"], "functional.weights: is given, must be empty"),
    (LLAMA, ["accelerator.local_memory.bytes=1048576"], "accelerator.local_memory.bytes: is 1048576, must be 0"),
    (LLAMA, ["simulation.fold_layers=true"], "simulation.fold_layers: is true, must be false"),
    ({**LLAMA, "head_dim": 96}, ["accelerator.activation_buffer.mantissa_bytes=32768", "tiling=auto"],
     "operation 'prefill.layer0.q_rotary', system fp-fp: its rows are cut inside a head of 96 elements"),
])
def test_what_has_no_values_is_refused_by_name(tmp_path, model, settings, words):
    run = Run(tmp_path, model, "workload.tokens=70", *settings, status=2)
    assert re.search(words, run.message), run.message
    assert not run.out.exists()
