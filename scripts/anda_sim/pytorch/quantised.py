# SPDX-License-Identifier: Apache-2.0
"""Integer weights of GPTQ, AWQ, AutoRound and compressed-tensors checkpoints: the settings in config.json, and the tensors that hold the
integers, turned into (q - zero) * scale. Accepts and rejects the same input as src/llm/quantisation.cpp and
packed_weights.cpp."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy
import torch

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError

LARGEST_GROUP = 1 << 24
GPTQ_BITS, AWQ_BITS, COMPRESSED_BITS = (2, 3, 4, 8), (4,), (2, 3, 4, 5, 6, 7, 8)
UNQUANTISED_BITS = 16  # written by AutoRound for layers that it does not quantise
AWQ_NIBBLES = (0, 4, 1, 5, 2, 6, 3, 7)  # nibbles of a word for its columns 0 … 7
ORIGINAL = "use the original checkpoint in F16, BF16 or F32, or one of GPTQ, AWQ, AutoRound or compressed-tensors (pack-quantized)"


@dataclass(frozen=True)
class Format:
    bits: int
    group: int  # 0: the whole row


@dataclass
class Quantisation:
    method: str
    source: str  # file and key of the settings, for messages
    packing: str = "gptq"  # gptq, awq or compressed
    format: Format = Format(4, 0)
    layers: dict = field(default_factory=dict)  # module: Format, where they differ
    zero_offset: int = 0  # added to stored zero points
    has_zeros: bool = True  # compressed: zero points are stored
    act_order: bool = False
    one_scale: bool = False  # compressed: one scale per tensor


class Settings:
    """An object of a JSON file. Its readers raise InputErrors that name the file and the key."""

    def __init__(self, path, values, place=""):
        self.path, self.values, self.place = path, values, place
        if not isinstance(values, dict):
            raise InputError(f"{path}: {place.rstrip('.')}: must be an object")

    def error(self, key, problem):
        return InputError(f"{self.path}: {self.place}{key}: {problem}")

    def get(self, key):
        return self.values.get(key)

    def part(self, key):
        return Settings(self.path, self.get(key), f"{self.place}{key}.")

    def one_of(self, key, supported, otherwise):
        value = self.get(key)
        if value is None or value == "":
            return otherwise
        if not isinstance(value, str) or value.lower() not in supported:
            raise self.error(key, f"{value!r} is not supported; must be {' or '.join(supported)}")
        return value.lower()

    def flag(self, key, otherwise):
        value = self.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return otherwise if value is None else value

    def want_nothing(self, *keys):
        for key in keys:
            if self.get(key) not in (None, False, [], {}):
                raise self.error(key, f"{self.get(key)!r} is not supported; must be missing, null or empty")

    def bits(self, key, supported, otherwise=None):
        value = self.get(key)
        value = otherwise if value is None else value
        if type(value) is not int or value not in supported:
            what = "is missing" if value is None else f"{value!r} bits are not supported"
            raise self.error(key, f"{what}; must be {', '.join(map(str, supported))}")
        return value

    def group(self, key, otherwise=None):
        value = self.get(key)
        if value is None and otherwise is not None:
            return otherwise
        if type(value) is not int or value != -1 and not 1 <= value <= LARGEST_GROUP:
            what = "is missing" if value is None else f"{value!r}"
            raise self.error(key, f"{what}; must be -1 (a whole row) or a whole number 1 … {LARGEST_GROUP}")
        return 0 if value == -1 else value


def _gptq(file, found):
    file.want_nothing("is_marlin_format", "dynamic", "adapter")
    file.one_of("pack_dtype", ("int32",), "int32")
    key = "checkpoint_format" if file.get("checkpoint_format") is not None else "format"
    found.zero_offset = 0 if file.one_of(key, ("gptq", "gptq_v2"), "gptq") == "gptq_v2" else 1
    found.format = Format(file.bits("bits", GPTQ_BITS), file.group("group_size"))
    found.act_order = file.flag("desc_act", False)
    file.flag("sym", True)


def _awq(file, found):
    file.one_of("version", ("gemm",), "gemm")
    if not file.flag("zero_point", True):
        raise file.error("zero_point", "false is not supported; must be true")
    found.packing = "awq"
    bits = "w_bit" if file.get("w_bit") is not None else "bits"
    group = "q_group_size" if file.get("q_group_size") is not None else "group_size"
    found.format = Format(file.bits(bits, AWQ_BITS, 4), file.group(group, 128))


def _auto_round(file, found):
    file.one_of("data_type", ("int",), "int")
    file.one_of("act_data_type", ("float", "int"), "float")
    act_bits = file.get("act_bits")
    if act_bits is not None and (type(act_bits) is not int or act_bits < UNQUANTISED_BITS):
        raise file.error("act_bits", f"{act_bits!r}: quantised activations are not supported; must be 16")
    first_version = ("auto_round:gptq", "auto_round:auto_gptq")
    packing = file.one_of("packing_format", ("auto_round", *first_version, "auto_round:gptqmodel", "auto_round:auto_awq"), "auto_round:gptq")
    found.packing = "awq" if packing == "auto_round:auto_awq" else "gptq"
    supported = AWQ_BITS if found.packing == "awq" else GPTQ_BITS
    found.zero_offset = 1 if packing in first_version else 0
    found.format = Format(file.bits("bits", supported, 4), file.group("group_size", 128))
    file.flag("sym", True)
    if file.get("extra_config") is None:
        return
    layers = file.part("extra_config")
    for name in layers.values:
        if re.search(r"[*+?^$\[\](){}|\\]", name):
            raise layers.error(name, "is a regular expression, which is not supported; must be the name of a layer")
        layer = layers.part(name)
        if type(layer.get("bits")) is int and layer.get("bits") >= UNQUANTISED_BITS:
            continue
        found.layers[name] = Format(layer.bits("bits", supported, found.format.bits), layer.group("group_size", found.format.group))


def _compressed(file, found):
    file.one_of("format", ("pack-quantized",), "pack-quantized")
    file.want_nothing("kv_cache_scheme", "transform_config")
    if file.get("sparsity_config"):
        file.part("sparsity_config").one_of("format", ("dense",), "dense")
    groups = file.get("config_groups")
    if not isinstance(groups, dict) or len(groups) != 1:
        raise file.error("config_groups", "must be an object with one group of layers: all have the same format")
    group = file.part("config_groups").part(next(iter(groups)))
    group.want_nothing("input_activations", "output_activations")
    group.one_of("format", ("pack-quantized",), "pack-quantized")
    weights = group.part("weights")
    weights.one_of("type", ("int",), "int")
    weights.want_nothing("dynamic", "block_structure")
    has_group = weights.get("group_size") is not None
    size = weights.group("group_size") if has_group else 0
    usual = "group" if size else "channel" if has_group else "tensor"
    strategy = weights.one_of("strategy", ("group", "channel", "tensor"), usual)
    if (strategy == "group") != (size != 0):
        raise weights.error("group_size", f"{weights.get('group_size')!r} does not go with strategy {strategy}")
    order = weights.get("actorder")
    if order not in (None, False, True, "group", "weight", "static"):
        raise weights.error("actorder", f"{order!r} is not supported; must be group, weight, static or null")
    found.packing = "compressed"
    found.format = Format(weights.bits("num_bits", COMPRESSED_BITS, 8), size)
    found.one_scale, found.has_zeros = strategy == "tensor", not weights.flag("symmetric", True)
    found.act_order = order is True or order == "group"


METHODS = {"gptq": _gptq, "awq": _awq, "auto-round": _auto_round, "intel/auto-round": _auto_round, "compressed-tensors": _compressed}


def quantisation_of(folder, config):
    """Quantiser settings of a folder's model; None if its weights are not quantised."""
    path = Path(folder) / "config.json"
    for key, usual in (("quantization_config", None), ("compression_config", "compressed-tensors")):
        if config.get(key) is not None:
            return _read(Settings(path, config[key], f"{key}."), f"{path}, {key}", usual)
    for name, method in (("quantize_config.json", "gptq"), ("quant_config.json", "awq")):
        own = Path(folder) / name
        if own.exists():
            return _read(Settings(own, strict_json.load(own)), str(own), method)
    return None


def _read(file, source, usual):
    method = file.get("quant_method") or usual
    if not isinstance(method, str) or method not in METHODS:
        who = f"{method!r}, which is not supported" if method else "a quantiser that it does not name"
        raise file.error("quant_method", f"the weights were quantised by {who}; {ORIGINAL}")
    found = Quantisation(method, source)
    METHODS[method](file, found)
    return found


# --- tensors -------------------------------------------------------------------------------------------------------


class Layer:
    """Tensors of a packed layer. Errors name the file and the tensor."""

    def __init__(self, tensors, quantisation, name):
        self.tensors, self.quantisation, self.name = tensors, quantisation, name
        self.format = quantisation.layers.get(name, quantisation.format)

    def path(self, part):
        return f"{self.name}.{part}"

    def error(self, part, problem):
        return InputError(f"{self.tensors.files[self.path(part)]}: tensor {self.path(part)} {problem}")

    def has(self, part):
        return self.path(part) in self.tensors

    def read(self, part, shape, kinds):
        """A tensor as a numpy array; floating-point types become float32. InputError if shape or type is not an expected one."""
        if not self.has(part):
            raise InputError(f"{self.quantisation.source}: tensor {self.path(part)} is missing")
        tensor = self.tensors[self.path(part)]
        if tuple(tensor.shape) != tuple(shape):
            group = f"groups of {self.format.group}" if self.format.group else "whole rows"
            raise self.error(part, f"has the shape {list(tensor.shape)}, must be {list(shape)}: {self.format.bits} bits, {group} "
                                   f"({self.quantisation.source})")
        if tensor.dtype not in kinds:
            raise self.error(part, f"has type {tensor.dtype}, must be {' or '.join(str(kind) for kind in kinds)}")
        return (tensor.float() if tensor.is_floating_point() else tensor).numpy()

    def words(self, part, shape):
        return self.read(part, shape, (torch.int32,)).view(numpy.uint32)

    def scales(self, part, shape):
        scales = self.read(part, shape, (torch.float16, torch.bfloat16, torch.float32))
        if not numpy.isfinite(scales).all():
            raise self.error(part, "holds NaN or infinity")
        return scales

    def groups(self, part, inputs, count):
        """Group index of each k."""
        if not self.has(part):
            if self.quantisation.act_order:
                raise InputError(f"{self.quantisation.source}: the activation order needs tensor {self.path(part)}, which is missing")
            return numpy.arange(inputs) // (self.format.group or inputs)
        groups = self.read(part, (inputs,), (torch.int32, torch.int64)).astype(numpy.int64)
        wrong = numpy.flatnonzero((groups < 0) | (groups >= count))
        if len(wrong):
            raise self.error(part, f"has group {groups[wrong[0]]} at {wrong[0]}, must be 0 … {count - 1}")
        return groups

    def whole_words(self, size, what):
        if size * self.format.bits % 32:
            raise self.error("qweight", f"cannot hold {size} {what} of {self.format.bits} bits in whole words")


def fields(words, bits, count):
    """`count` fields of `bits` bits from a bit stream along the last dimension of `words`, lowest bits first."""
    at = numpy.arange(count) * bits
    words = numpy.concatenate((words, numpy.zeros((*words.shape[:-1], 1), numpy.uint32)), -1)
    low = words[..., at // 32] >> (at % 32).astype(numpy.uint32)
    high = words[..., at // 32 + 1].astype(numpy.uint64) << (32 - at % 32).astype(numpy.uint64)
    return ((low | high.astype(numpy.uint32)) & numpy.uint32((1 << bits) - 1)).astype(numpy.int32)


def _nibbles(words):
    shifts = numpy.array(AWQ_NIBBLES, numpy.uint32) * 4
    return (words[..., None] >> shifts & 15).reshape(*words.shape[:-1], -1).astype(numpy.int32)


def _unpack_gptq(layer, inputs, outputs):
    """Codes [outputs x inputs], zeros and scales [outputs x groups], groups of k."""
    bits, count = layer.format.bits, -(-inputs // (layer.format.group or inputs))
    layer.whole_words(inputs, "inputs")
    layer.whole_words(outputs, "outputs")
    codes = fields(layer.words("qweight", (inputs * bits // 32, outputs)).T, bits, inputs)
    zeros = fields(layer.words("qzeros", (count, outputs * bits // 32)), bits, outputs).T + layer.quantisation.zero_offset
    return codes, zeros, layer.scales("scales", (count, outputs)).T, layer.groups("g_idx", inputs, count)


def _unpack_awq(layer, inputs, outputs):
    count = -(-inputs // (layer.format.group or inputs))
    layer.whole_words(outputs, "outputs")
    codes = _nibbles(layer.words("qweight", (inputs, outputs // 8))).T
    zeros = _nibbles(layer.words("qzeros", (count, outputs // 8))).T + layer.quantisation.zero_offset
    return codes, zeros, layer.scales("scales", (count, outputs)).T, layer.groups("g_idx", inputs, count)


def _row_fields(layer, part, count, words):
    """(required words per row, function that extracts `count` fields from rows of words). Releases before 2026 leave the upper bits
    of a word unused if no whole field fits; the number of words tells the two layouts apart."""
    bits, per_word = layer.format.bits, 32 // layer.format.bits
    dense, loose = -(-count * bits // 32), -(-count // per_word)
    if 32 % bits == 0 or count <= per_word or words == dense != loose:
        return dense, lambda rows: fields(rows, bits, count)
    if dense == loose:
        raise layer.error(part, f"holds {count} fields of {bits} bits in {words} words, which releases of compressed-tensors "
                                "read differently")
    return loose, lambda rows: fields(rows[..., None], bits, per_word).reshape(*rows.shape[:-1], -1)[..., :count]


def _unpack_compressed(layer, inputs, outputs):
    bits, count = layer.format.bits, -(-inputs // (layer.format.group or inputs))
    shape = layer.read("weight_shape", (2,), (torch.int64, torch.int32))
    if list(shape) != [outputs, inputs]:
        raise layer.error("weight_shape", f"is {list(shape)}, must be {[outputs, inputs]}")
    words, unpack = _row_fields(layer, "weight_packed", inputs, layer.tensors[layer.path("weight_packed")].shape[-1])
    codes = unpack(layer.words("weight_packed", (outputs, words)))
    zeros = numpy.full((outputs, count), 1 << (bits - 1), numpy.int32)
    if layer.has("weight_zero_point") and not layer.quantisation.has_zeros:
        raise layer.error("weight_zero_point", f"is there, though the weights are symmetric ({layer.quantisation.source})")
    if layer.quantisation.has_zeros:
        stored = layer.tensors.get(layer.path("weight_zero_point"))
        if stored is not None and stored.dtype == torch.int8:  # older releases do not pack zero points
            zeros = zeros + layer.read("weight_zero_point", (outputs, count), (torch.int8,))
        else:
            rows = stored.shape[0] if stored is not None and stored.dim() else 0
            words, unpack = _row_fields(layer, "weight_zero_point", outputs, rows)
            zeros = unpack(layer.words("weight_zero_point", (words, count)).T).T
    if layer.quantisation.one_scale:
        scales = numpy.full((outputs, count), layer.scales("weight_scale", (1,))[0])
    else:
        scales = layer.scales("weight_scale", (outputs, count))
    return codes, zeros, scales, layer.groups("weight_g_idx", inputs, count)


_UNPACK = {"gptq": ("qweight", _unpack_gptq), "awq": ("qweight", _unpack_awq), "compressed": ("weight_packed", _unpack_compressed)}
_PARTS = ("qweight", "qzeros", "scales", "g_idx", "weight_packed", "weight_scale", "weight_zero_point", "weight_shape", "weight_g_idx")


def is_part(name):
    """Whether a tensor belongs to a packed layer."""
    return name.rsplit(".", 1)[-1] in _PARTS


def readers(tensors, quantisation, shapes):
    """For every packed layer, the shape of its weight and a function that unpacks it to FP32. `shapes`: [outputs, inputs] of the
    model's linear layers by name; tensors.files: file of each tensor."""
    part, unpack = _UNPACK[quantisation.packing]
    if not any(name.endswith(f".{part}") for name in tensors):
        raise InputError(f"{quantisation.source}: the weights were quantised by {quantisation.method}, but no tensor is called …{part}; "
                         "if they are numbers here, remove the settings")
    found = {}
    for name, shape in shapes.items():
        if f"{name}.{part}" not in tensors:
            continue
        layer = Layer(tensors, quantisation, name)
        if f"{name}.weight" in tensors:
            raise layer.error(part, f"is there beside {name}.weight; one of the two must go")
        found[f"{name}.weight"] = (shape, _reader(layer, unpack, shape))
    return found


def _reader(layer, unpack, shape):
    def read():
        codes, zeros, scales, groups = unpack(layer, shape[1], shape[0])
        return torch.from_numpy((codes - zeros[:, groups]).astype(numpy.float32) * scales[:, groups])

    return read
