# SPDX-License-Identifier: Apache-2.0
"""Any input of the PyTorch scripts gives a value or an InputError, and takes no more memory than the files
justify."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hostile_values import as_json, damaged

from anda_sim.common.errors import InputError
from anda_sim.pytorch import inputs
from anda_sim.pytorch import loading, models

ROOT = Path(__file__).resolve().parents[2]


OPT = {"model_type": "opt", "hidden_size": 8, "ffn_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 11,
       "max_position_embeddings": 8, "do_layer_norm_before": True, "tie_word_embeddings": True}
LLAMA = {"model_type": "llama", "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
         "num_key_value_heads": 1, "vocab_size": 11, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "head_dim": 4}


@pytest.fixture(params=[OPT, LLAMA], ids=["opt", "llama"])
def checkpoint(request, tmp_path):
    torch.manual_seed(1)
    models.save(models.make_model(request.param), tmp_path)
    return tmp_path, request.param


def test_a_config_with_anything_in_it_is_a_model_or_refused(checkpoint):
    folder, config = checkpoint

    @settings(max_examples=60)
    @given(damaged(config, 2))
    def holds(changed):
        (folder / "config.json").write_bytes(as_json(changed))
        try:
            loading.load_model(folder)
        except InputError as error:
            assert str(error).startswith(str(folder))

    holds()


def test_a_header_with_anything_in_it_gives_tensors_or_is_refused(checkpoint):
    folder, _ = checkpoint
    path = folder / "model.safetensors"
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])

    def written(text):
        path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])

    def is_read_or_refused():
        try:
            loading.read_tensors(folder)
        except InputError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)

    @settings(max_examples=60)
    @given(damaged(header, 1))
    def holds(changed):
        written(as_json(changed))
        is_read_or_refused()

    @settings(max_examples=40)
    @given(st.binary(max_size=24) | st.integers(0, 2**64 - 1).map(lambda length: length.to_bytes(8, "little") + b"{}"))
    def bytes_hold(content):
        path.write_bytes(content)
        is_read_or_refused()

    holds()
    bytes_hold()
    written(b'{"a":{"dtype":"F16","shape":' + b"[" * 150000 + b"]" * 150000 + b',"data_offsets":[0,2]}}')
    with pytest.raises(InputError, match="nested more than 64 levels deep"):
        loading.read_tensors(folder)


def test_tokens_with_anything_in_them_are_read_or_refused(tmp_path):
    path = tmp_path / "tokens.npy"
    file = io.BytesIO()
    np.save(file, np.arange(9, dtype=np.uint8))
    whole = file.getvalue()

    def is_read_or_refused(content):
        path.write_bytes(content)
        try:
            tokens = inputs.read_tokens(path, "uint16", 11)
        except InputError as error:
            assert str(error).startswith(str(path)) and "\n" not in str(error)
        else:
            assert tokens.dtype == np.int64 and 0 <= tokens.min() and tokens.max() < 11

    @settings(max_examples=60)
    @given(st.integers(0, len(whole) - 1), st.binary(min_size=1, max_size=8))
    def holds(place, content):
        is_read_or_refused(whole[:place] + content + whole[place + len(content) :])

    holds()
    for shape in ("(1000000000000,)", "()", "(0,)", "(-1,)", "(9, 10**9)"):
        header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
        is_read_or_refused(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 9)
