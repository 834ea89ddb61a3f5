# SPDX-License-Identifier: Apache-2.0
"""Input of the scripts that run models in PyTorch: config.json, tensor files, tokens. Any error in them is an InputError that
names the file. No more memory is allocated than the size of the files justifies."""

from contextlib import contextmanager
from pathlib import Path

import numpy

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError
from anda_sim.pytorch import gated_models

TOKEN_TYPES = {"uint8": numpy.uint8, "uint16": numpy.dtype("<u2"), "int32": numpy.dtype("<i4")}
LARGEST_SIZE = 1 << 24
_GATED = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
_SIZES = {
    "opt": ("hidden_size", "ffn_dim", "num_hidden_layers", "num_attention_heads", "vocab_size", "max_position_embeddings"),
    **dict.fromkeys(gated_models.TYPES, _GATED),
}
_OTHER_SIZES = ("num_key_value_heads", "head_dim", "max_position_embeddings", "sliding_window", "max_window_layers",
                "sliding_window_pattern", "_sliding_window_pattern")
_NULLABLE = ("num_key_value_heads", "head_dim", "sliding_window")
_TRUTHS = ("enable_bias", "do_layer_norm_before", "tie_word_embeddings", "attention_bias", "mlp_bias", "use_sliding_window",
           "use_bidirectional_attention")
_NUMBERS = ("rms_norm_eps", "rope_theta", "rope_local_base_freq", "query_pre_attn_scalar", "partial_rotary_factor", "attn_logit_softcapping",
            "final_logit_softcapping")
# Defaults of transformers for keys missing from a family's file; null does not count as missing.
_DEFAULTS: dict[str, dict[str, float]] = {
    "llama": {"rms_norm_eps": 1e-6},
    "mistral": {"num_key_value_heads": 8, "sliding_window": 4096, "rms_norm_eps": 1e-6},
    "qwen2": {"num_key_value_heads": 32, "sliding_window": 4096, "rms_norm_eps": 1e-6},
    "qwen3": {"num_key_value_heads": 32, "head_dim": 128, "sliding_window": 4096, "rms_norm_eps": 1e-6},
    "gemma": {"num_key_value_heads": 16, "head_dim": 256, "rms_norm_eps": 1e-6},
    "gemma2": {"num_key_value_heads": 4, "head_dim": 256, "sliding_window": 4096, "rms_norm_eps": 1e-6, "query_pre_attn_scalar": 256,
               "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    "gemma3_text": {"num_key_value_heads": 4, "head_dim": 256, "sliding_window": 4096, "rms_norm_eps": 1e-6, "query_pre_attn_scalar": 256,
                    "rope_theta": 1e6, "rope_local_base_freq": 1e4},
    "phi3": {"rms_norm_eps": 1e-5},
}
# Files of Gemma 3 with a vision part give only the values of the language part that differ from these.
_GEMMA3 = {"hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26, "num_attention_heads": 8, "vocab_size": 262208,
           "max_position_embeddings": 131072}
_ACTIVATIONS = {"opt": ("activation_function", "relu"), "gemma": ("hidden_activation", "gelu_pytorch_tanh"),
                "gemma2": ("hidden_activation", "gelu_pytorch_tanh"), "gemma3_text": ("hidden_activation", "gelu_pytorch_tanh")}
_LLAMA3_KEYS = ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")


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


def _language_part(path, config):
    """Configuration of the language model of Gemma 3 with a vision part, including the keys that apply to the whole checkpoint."""
    part = config.get("text_config")
    if not isinstance(part, dict):
        raise InputError(f"{path}: text_config must be an object")
    if part.get("model_type", "gemma3_text") != "gemma3_text":
        raise InputError(f"{path}: text_config: model_type {part['model_type']!r} is not supported; must be gemma3_text")
    whole = {key: config[key] for key in ("tie_word_embeddings", "quantization_config") if key in config}
    return {**_GEMMA3, **whole, **part, "model_type": "gemma3_text"}


def read_config(folder):
    """The object of a folder's config.json; for the families of models.py, with plausible sizes."""
    path = Path(folder) / "config.json"
    config = strict_json.load(path)
    if not isinstance(config, dict):
        raise InputError(f"{path}: must be an object of `key: value`")
    if config.get("model_type") == "gemma3":
        config = _language_part(path, config)
    family = config.get("model_type")
    if not isinstance(family, str):
        raise InputError(f"{path}: model_type must be text, such as llama")
    for key in _SIZES.get(family, ("vocab_size",)):
        if key not in config:
            raise InputError(f"{path}: {key} is missing")
    for key in {*_SIZES.get(family, ("vocab_size",)), *_OTHER_SIZES} & config.keys():
        if not _is_size(config[key]) and not (key in _NULLABLE and config[key] is None):
            raise InputError(f"{path}: {key} must be a whole number from 1 to {LARGEST_SIZE}")
    for key in config.keys() & set(_TRUTHS):
        if not isinstance(config[key], bool):
            raise InputError(f"{path}: {key} must be true or false")
    for key in config.keys() & set(_NUMBERS):
        if config[key] is None and key.endswith("softcapping"):
            continue
        if type(config[key]) not in (int, float) or not 0 < config[key] <= 1e30:
            raise InputError(f"{path}: {key} must be a number above 0")
    config = {key: value for key, value in {**_DEFAULTS.get(family, {}), **config}.items() if value is not None}
    if family in _SIZES:
        _check_heads(path, config)
        _check_computed(path, family, config)
    return config


def _check_computed(path, family, config):
    """Raises InputError for settings that the models do not implement."""
    key, only = _ACTIVATIONS.get(family, ("hidden_act", "silu"))
    if config.get(key, only) != only:
        raise InputError(f"{path}: {key}: {config[key]!r} is not supported; must be {only}")
    if config.get("use_bidirectional_attention", False):
        raise InputError(f"{path}: use_bidirectional_attention: true is not supported; must be false")
    if family == "opt":
        return
    if family == "gemma3_text":
        _take_rotary_by_layer(path, config)
    if not 0 < config.get("partial_rotary_factor", 1) <= 1:
        raise InputError(f"{path}: partial_rotary_factor must be above 0 and at most 1")
    for key in ("rope_scaling", "rope_parameters"):
        if key in config:
            _check_rotary(path, key, config)
    types = config.get("layer_types", ["full_attention"] * config["num_hidden_layers"])
    if not isinstance(types, list) or len(types) != config["num_hidden_layers"] or any(
            what not in ("full_attention", "sliding_attention") for what in types):
        raise InputError(f"{path}: layer_types must be a list of full_attention or sliding_attention for each layer")


def _take_rotary_by_layer(path, config):
    """Converts newer files, with rotary settings for each kind of layer, to the form of older ones: rope_local_base_freq for layers
    with a window, and common settings for the others."""
    settings = config.get("rope_parameters")
    if not isinstance(settings, dict) or "full_attention" not in settings:
        return
    own = settings.get("sliding_attention", {})
    for kind in ("full_attention", "sliding_attention"):
        if not isinstance(settings.get(kind, {}), dict):
            raise InputError(f"{path}: rope_parameters: {kind} must be an object")
    if own.get("rope_type", "default") != "default":
        raise InputError(f"{path}: rope_parameters: sliding_attention: rotary embeddings scaled by {own['rope_type']!r} are not supported in "
                         "layers with a window; rope_type must be default")
    base = own.get("rope_theta", config["rope_local_base_freq"])
    if type(base) not in (int, float) or not 0 < base <= 1e30:
        raise InputError(f"{path}: rope_parameters: sliding_attention: rope_theta must be a number above 0")
    config["rope_local_base_freq"], config["rope_parameters"] = base, settings["full_attention"]


def _check_rotary(path, key, config):
    """Moves rope_theta and partial_rotary_factor of newer files to the top level, and the scaling to rope_scaling."""
    settings = config[key]
    if not isinstance(settings, dict):
        raise InputError(f"{path}: {key}: must be an object or null")
    kind = settings.get("rope_type", settings.get("type", "default"))
    if kind not in ("default", "linear", "llama3"):
        raise InputError(f"{path}: {key}: rotary embeddings scaled by {kind!r} are not supported; rope_type must be default, linear or llama3")
    wanted = {"linear": _LLAMA3_KEYS[:1], "llama3": _LLAMA3_KEYS}.get(kind, ())
    for name in (*wanted, *({"rope_theta", "partial_rotary_factor"} & settings.keys())):
        if type(settings.get(name)) not in (int, float) or not 0 < settings[name] <= 1e30:
            raise InputError(f"{path}: {key}: {name} must be a number above 0")
    if kind == "llama3" and settings["high_freq_factor"] <= settings["low_freq_factor"]:
        raise InputError(f"{path}: {key}: high_freq_factor must be above low_freq_factor")
    for name in ("rope_theta", "partial_rotary_factor"):
        config[name] = settings.get(name, config.get(name, 10000.0 if name == "rope_theta" else 1))
    config["rope_scaling"] = settings


def _check_heads(path, config):
    heads = config["num_attention_heads"]
    if config["hidden_size"] % heads != 0 and "head_dim" not in config:
        raise InputError(f"{path}: hidden_size must be a multiple of num_attention_heads")
    if heads % (config.get("num_key_value_heads") or heads) != 0:
        raise InputError(f"{path}: num_attention_heads must be a multiple of num_key_value_heads")
    if config["model_type"] == "opt":
        return
    turned = int((config.get("head_dim") or config["hidden_size"] // heads) * config.get("partial_rotary_factor", 1))
    if turned % 2 != 0 or turned == 0:
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
