# SPDX-License-Identifier: Apache-2.0
"""Files of tensors (https://github.com/huggingface/safetensors): 8 bytes with the length of a JSON header, the header, then the
tensors' bytes without gaps. Files are memory-mapped: a tensor takes memory only once it is used."""

import json
import math
import mmap
import pathlib
import struct

import numpy
import torch

from anda_sim.common import strict_json

FLOATS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
SAFETENSORS_TYPES = {**FLOATS, "I32": torch.int32, "I64": torch.int64, "I8": torch.int8, "U8": torch.uint8}
# numpy has no bfloat16, so its bits are read as an integer of the same size.
_NUMPY = {"F32": "<f4", "F16": "<f2", "BF16": "<i2", "I32": "<i4", "I64": "<i8", "I8": "<i1", "U8": "<u1"}


def write_safetensors(path, tensors):
    header, blobs, at = {}, [], 0
    names = {kind: name for name, kind in SAFETENSORS_TYPES.items()}
    for name, tensor in tensors.items():
        plain = tensor.contiguous().view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor.contiguous()
        blob = plain.numpy().tobytes()
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def read_safetensors(path):
    """The tensors of a file, in their stored types. They must be contiguous and not overlap, as the format requires."""
    with open(path, "rb") as file:
        length = file.seek(0, 2)
        if length < 8:
            raise ValueError("it is shorter than the length of its header")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    size = struct.unpack("<Q", data[:8])[0]
    if size > length - 8:
        raise ValueError(f"the header has {size} bytes, the file {length}")
    header = strict_json.loads(data[8 : 8 + size].decode(), "header")
    if not isinstance(header, dict):
        raise ValueError("the header is not an object")
    header.pop("__metadata__", None)
    for name, entry in header.items():
        _check_entry(name, entry)
    tensors = {}
    at = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, end = entry["data_offsets"]
        if first != at or end < first or end > length - 8 - size:
            raise ValueError(f"tensor {name} has the bytes {first} … {end}; what is before it ends at {at}")
        at = end
        tensors[name] = _tensor(data, 8 + size + first, end - first, name, entry)
    if 8 + size + at != length:
        raise ValueError(f"the tensors end at byte {8 + size + at}, the file at {length}")
    return tensors


def _tensor(data, first, length, name, entry):
    kind, shape = SAFETENSORS_TYPES[entry["dtype"]], entry["shape"]
    plain = numpy.dtype(_NUMPY[entry["dtype"]])
    if length != math.prod(shape) * plain.itemsize:
        raise ValueError(f"tensor {name} of shape {shape} has {length} bytes")
    if length == 0:
        return torch.empty(shape, dtype=kind)
    numbers = numpy.frombuffer(data, plain, length // plain.itemsize, first)
    if first % plain.itemsize:
        numbers = numbers.copy()
    tensor = torch.from_numpy(numbers)
    return (tensor.view(kind) if kind == torch.bfloat16 else tensor).view(shape)


def _check_entry(name, entry):
    """Raises ValueError unless a header entry is complete."""
    def sizes(part, count=None):
        values = entry.get(part)
        return isinstance(values, list) and count in (None, len(values)) and all(
            type(value) is int and 0 <= value < 1 << 62 for value in values)

    if not isinstance(entry, dict) or not sizes("shape") or not sizes("data_offsets", 2) or len(entry["shape"]) > 8:
        raise ValueError(f"the header's entry {name} has no dtype, shape or data_offsets of a tensor")
    if not isinstance(entry.get("dtype"), str) or entry["dtype"] not in SAFETENSORS_TYPES:
        raise ValueError(f"tensor {name} is of type {entry.get('dtype')}; known are {', '.join(SAFETENSORS_TYPES)}")
