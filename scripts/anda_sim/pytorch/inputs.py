# SPDX-License-Identifier: Apache-2.0
"""Input of the scripts that run models in PyTorch: config.json, tensor files, tokens. Any error in them is an InputError that
names the file; no more memory is allocated than the files justify."""

from contextlib import contextmanager
from pathlib import Path

import numpy

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError

TOKEN_TYPES = {"uint8": numpy.uint8, "uint16": numpy.dtype("<u2"), "int32": numpy.dtype("<i4")}
LARGEST_SIZE = 1 << 24
_SIZES = {
    "opt": ("hidden_size", "ffn_dim", "num_hidden_layers", "num_attention_heads", "vocab_size", "max_position_embeddings"),
    "llama": ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size"),
}
_OTHER_SIZES = ("num_key_value_heads", "head_dim", "max_position_embeddings")
_TRUTHS = ("enable_bias", "do_layer_norm_before", "tie_word_embeddings", "attention_bias", "mlp_bias")
_NUMBERS = ("rms_norm_eps", "rope_theta")


@contextmanager
def as_input_errors():
    """Turns errors about files and options into InputError, keeping their message."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from None
    except ValueError as error:
        raise InputError(str(error)) from None


def _is_size(value):
    return type(value) is int and 1 <= value <= LARGEST_SIZE


def read_config(folder):
    """The object of a folder's config.json; for the families of models.py, with plausible sizes."""
    path = Path(folder) / "config.json"
    config = strict_json.load(path)
    if not isinstance(config, dict):
        raise InputError(f"{path}: must be an object of `key: value`")
    family = config.get("model_type")
    if not isinstance(family, str):
        raise InputError(f"{path}: model_type must be text, such as llama")
    for key in _SIZES.get(family, ("vocab_size",)):
        if key not in config:
            raise InputError(f"{path}: {key} is missing")
    for key in {*_SIZES.get(family, ("vocab_size",)), *_OTHER_SIZES} & config.keys():
        optional = key in ("num_key_value_heads", "head_dim")
        if not _is_size(config[key]) and not (optional and config[key] is None):
            raise InputError(f"{path}: {key} must be a whole number from 1 to {LARGEST_SIZE}")
    for key in config.keys() & set(_TRUTHS):
        if not isinstance(config[key], bool):
            raise InputError(f"{path}: {key} must be true or false")
    for key in config.keys() & set(_NUMBERS):
        if type(config[key]) not in (int, float) or not 0 < config[key] <= 1e30:
            raise InputError(f"{path}: {key} must be a number above 0")
    if family in _SIZES:
        _check_heads(path, config)
    return {key: value for key, value in config.items() if value is not None}


def _check_heads(path, config):
    heads = config["num_attention_heads"]
    if config["hidden_size"] % heads != 0:
        raise InputError(f"{path}: hidden_size must be a multiple of num_attention_heads")
    if heads % (config.get("num_key_value_heads") or heads) != 0:
        raise InputError(f"{path}: num_attention_heads must be a multiple of num_key_value_heads")
    if config["model_type"] == "llama" and (config.get("head_dim") or config["hidden_size"] // heads) % 2 != 0:
        raise InputError(f"{path}: the size of a head must be even, for rotary positions")


def check_size(folder, config, stored):
    """Raises InputError if config.json asks for more parameters than the files have (`stored`), before allocating them."""
    hidden, layers = config["hidden_size"], config["num_hidden_layers"]
    inner = config.get("ffn_dim") or config.get("intermediate_size")
    heads = config["num_attention_heads"] * (config.get("head_dim") or hidden // config["num_attention_heads"])
    positions = config["max_position_embeddings"] if config["model_type"] == "opt" else 0
    least = hidden * (config["vocab_size"] + positions + layers * (inner + heads))
    if least > stored:
        raise InputError(f"{folder}: tensors do not fit config.json, or tensors are missing: it asks for {least} parameters at "
                         f"least, the files hold {stored}")


def shards(folder):
    """File names of a checkpoint's tensors."""
    index = Path(folder) / "model.safetensors.index.json"
    if not index.exists():
        return ["model.safetensors"]
    document = strict_json.load(index)
    names = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(names, dict) or not names or not all(isinstance(name, str) for name in names.values()):
        raise InputError(f"{index}: weight_map must map tensors to file names")
    for name in names.values():
        if "/" in name or not name.isprintable() or not name.endswith(".safetensors"):
            raise InputError(f"{index}: `{name}` is not the name of a .safetensors file in the same folder")
    return sorted(set(names.values()))


def read_tokens(path, kind, vocabulary):
    """Token ids as a numpy vector: a .npy file of integers, or a raw file of integers of `kind`."""
    try:
        if str(path).endswith(".npy"):
            # Memory-mapped: the header may promise any amount of memory.
            tokens = numpy.lib.format.open_memmap(path, mode="r").ravel()
        else:
            tokens = numpy.fromfile(path, TOKEN_TYPES[kind])
    except OSError:
        raise
    except Exception as error:  # the header is a Python literal, which may raise anything
        raise InputError(f"{path}: cannot be read: {str(error).partition(chr(10))[0]}") from None
    if tokens.dtype.kind not in "iu" or not len(tokens):
        raise InputError(f"{path}: holds {tokens.dtype} numbers, {len(tokens)} of them; must hold token ids")
    wrong = numpy.flatnonzero((tokens < 0) | (tokens >= vocabulary))
    if len(wrong):
        raise InputError(f"{path}: token {wrong[0]} is {tokens[wrong[0]]}, must be 0 … {vocabulary - 1}")
    return tokens.astype(numpy.int64)
