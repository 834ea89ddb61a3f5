# SPDX-License-Identifier: Apache-2.0
"""Quantised checkpoints as GPTQ, AWQ, AutoRound and compressed-tensors lay them out, packed here from integers, apart from the readers:
codes become bits, least significant first, and bits become words. And safetensors files of any type."""

import json
import struct

import numpy as np

TYPES = {"float32": "F32", "float16": "F16", "int32": "I32", "uint32": "I32", "int64": "I64", "int8": "I8", "uint8": "U8"}


def write_tensors(path, tensors):
    header, blobs, at = {}, [], 0
    for name, tensor in tensors.items():
        blob = np.ascontiguousarray(tensor).tobytes()
        header[name] = {"dtype": TYPES[str(tensor.dtype)], "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def packed(codes, bits):
    """Codes along the last dimension as the words of one stream of bits, the last word filled with zeros."""
    stream = (codes[..., None].astype(np.int64) >> np.arange(bits)) & 1
    stream = stream.reshape(*codes.shape[:-1], -1)
    stream = np.pad(stream, [(0, 0)] * (stream.ndim - 1) + [(0, -stream.shape[-1] % 32)])
    return np.packbits(stream.astype(np.uint8), axis=-1, bitorder="little").view("<u4")


def loosely_packed(codes, bits):
    """The same with whole fields in every word, as compressed-tensors packed 3 bits until 2026."""
    per_word = 32 // bits
    padded = np.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, -codes.shape[-1] % per_word)])
    return packed(padded.reshape(*codes.shape[:-1], -1, per_word), bits)[..., 0]


class Integers:
    """Random integers of a layer [outputs x inputs] in groups along k. Scales have three significant bits, so that weights are
    exact in FP16."""

    def __init__(self, random, inputs, outputs, bits, group, symmetric=False, act_order=False, least_zero=0):
        self.bits, self.group = bits, inputs if group == -1 else group
        count = -(-inputs // self.group)
        self.codes = random.integers(0, 2**bits, (outputs, inputs))
        zeros = np.full((outputs, count), 2 ** (bits - 1)) if symmetric else random.integers(least_zero, 2**bits, (outputs, count))
        self.zeros = zeros
        self.scales = (random.integers(4, 8, (outputs, count)) * 2.0 ** (-4 - bits)).astype(np.float16)
        self.groups = np.arange(inputs) // self.group
        if act_order:
            self.groups = random.permutation(self.groups)

    def weights(self):
        """float32, exact."""
        values = (self.codes - self.zeros[:, self.groups]) * self.scales.astype(np.float64)[:, self.groups]
        return values.astype(np.float32)


def gptq(layer, first_version=True, order=True):
    zeros = layer.zeros - (1 if first_version else 0)
    tensors = {"qweight": packed(layer.codes, layer.bits).T, "qzeros": packed(zeros.T, layer.bits), "scales": layer.scales.T}
    if order:
        tensors["g_idx"] = layer.groups.astype(np.int32)
    return tensors


def awq(layer):
    def mixed(codes):
        """Of every eight columns, the even ones first."""
        return codes.reshape(*codes.shape[:-1], -1, 8)[..., [0, 2, 4, 6, 1, 3, 5, 7]].reshape(codes.shape)

    return {"qweight": packed(mixed(layer.codes.T), 4), "qzeros": packed(mixed(layer.zeros.T), 4), "scales": layer.scales.T}


def compressed(layer, symmetric, order=False, pack=packed):
    outputs, inputs = layer.codes.shape
    tensors = {"weight_packed": pack(layer.codes, layer.bits), "weight_scale": layer.scales,
               "weight_shape": np.array([outputs, inputs], np.int64)}
    if not symmetric:
        tensors["weight_zero_point"] = pack(layer.zeros.T, layer.bits).T
    if order:
        tensors["weight_g_idx"] = layer.groups.astype(np.int32)
    return tensors


def packed_checkpoint(folder, config, tensors, linear, make, pack, settings, spare=()):
    """Writes a checkpoint in `folder`/packed with integers in the place of every linear layer of the decoder but `spare`, and the
    same weights as float16 in `folder`/plain. make(inputs, outputs) gives Integers, pack(integers) their tensors."""
    plain, quantised = dict(tensors), dict(tensors)
    for name in linear:
        if name.rsplit(".", 1)[-1] in spare:
            continue
        outputs, inputs = tensors[f"{name}.weight"].shape
        layer = make(inputs, outputs)
        parts = pack(layer)
        plain[f"{name}.weight"] = layer.weights().astype(np.float16)
        assert np.array_equal(plain[f"{name}.weight"].astype(np.float32), layer.weights())
        del quantised[f"{name}.weight"]
        quantised.update({f"{name}.{part}": tensor for part, tensor in parts.items()})
    for place, state, more in (("plain", plain, {}), ("packed", quantised, {"quantization_config": settings})):
        (folder / place).mkdir()
        (folder / place / "config.json").write_text(json.dumps({**config, **more}))
        write_tensors(folder / place / "model.safetensors", state)
    return folder / "plain", folder / "packed"
