# SPDX-License-Identifier: Apache-2.0
"""Anda activations and integer weights in PyTorch models with the module names of Hugging Face.

FpIntGemms finds the linear layers of every decoder layer by name, rounds their weights, and rounds their inputs
through hooks: to FP16, or to FP16 and then to Anda format, bit for bit as models/anda/numeric does. Everything else
is unchanged.
"""

import math
import re

import numpy
import torch
from torch import nn

from anda_sim.common.options import whole_number

TENSORS = ("A_qkv", "A_o", "A_u", "A_d")
TENSOR_OF = {
    "q_proj": "A_qkv", "k_proj": "A_qkv", "v_proj": "A_qkv", "o_proj": "A_o", "out_proj": "A_o",
    "gate_proj": "A_u", "up_proj": "A_u", "fc1": "A_u", "down_proj": "A_d", "fc2": "A_d",
}  # fmt: skip
LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
LARGEST_MANTISSA = 16

_EXPONENT_BIAS, _FRACTION_BITS = 127, 23  # of FP32


def to_fp16(x):
    """FP32 numbers rounded to FP16, in FP32. Raises ValueError for NaN and values beyond 65504."""
    rounded = x.half()
    if not torch.isfinite(rounded).all():
        raise ValueError("an activation is NaN or beyond 65504, which FP16 cannot hold")
    return rounded.float()


def to_anda(x, bits, group_size=64):
    """FP32 numbers rounded to FP16 and then to Anda format with `bits` mantissa bits, in FP32; groups are along the
    last dimension. E* = the largest exponent of a group; |x| is truncated to multiples of 2^(E* - 14 - bits)."""
    x = to_fp16(x)
    length = x.shape[-1]
    groups = nn.functional.pad(x, (0, -length % group_size)).unflatten(-1, (-1, group_size))
    largest = groups.abs().amax(-1, keepdim=True)
    # Takes exponents and powers of two from bit patterns, which are the same on every device; exp2 and frexp may be inexact.
    # FP16 numbers are normal in FP32; the exponent of 0 is clamped to the smallest one.
    exponent = ((largest.view(torch.int32) >> _FRACTION_BITS) - _EXPONENT_BIAS + 15).clamp(min=1)
    scale = (14 + bits - exponent + _EXPONENT_BIAS << _FRACTION_BITS).view(torch.float32)
    # Scaling by a power of two is exact in FP32, and so is truncating 11 bits.
    return (torch.trunc(groups * scale) / scale).flatten(-2)[..., :length]


def by_position(x, parts, convert, group=1):
    """Applies convert(tokens, what) to each part of [..., tokens, n]. `parts`: pairs (first token, what), ascending from 0. A group
    of `group` tokens belongs to the part of its first token, so parts begin at multiples of `group`."""
    tokens = x.shape[-2]
    firsts = [min(tokens, math.ceil(first / group) * group) for first, _ in parts]
    pieces = [convert(x[..., first:end, :], what) for first, end, (_, what) in zip(firsts, [*firsts[1:], tokens], parts) if first < end]
    return torch.cat(pieces, -2) if len(pieces) != 1 else pieces[0]


def quantise(weight, bits=4, group=128):
    """Round to nearest, symmetric, as defined in docs/numeric.md: integers and FP16 scales of a weight [outputs x inputs],
    and q * scale in FP32."""
    values = weight.detach().float().cpu().numpy().astype(numpy.float64)
    outputs, inputs = values.shape
    padded = numpy.pad(values, ((0, 0), (0, -inputs % group))).reshape(outputs, -1, group)
    high = 2 ** (bits - 1) - 1
    with numpy.errstate(over="ignore"):
        scales = (numpy.abs(padded).max(-1) / high).astype(numpy.float16)
    if not numpy.isfinite(scales).all():
        raise ValueError("a weight is not finite, or so large that its scale is beyond 65504")
    step = scales.astype(numpy.float64)[:, :, None]
    codes = numpy.clip(numpy.rint(padded / numpy.where(step == 0, 1, step)), -high, high) * (step != 0)
    rounded = (codes * step).reshape(outputs, -1)[:, :inputs]
    return codes.reshape(outputs, -1)[:, :inputs], scales, torch.from_numpy(rounded.astype(numpy.float32))


def is_fp_int_weight(name):
    """Whether a parameter is the weight of a linear layer with integer weights."""
    module, _, part = name.rpartition(".")
    return part == "weight" and module.rsplit(".", 1)[-1] in TENSOR_OF and LAYER.search(name) is not None


def named(name, action):
    """Result of the action; adds the name to its ValueErrors."""
    try:
        return action()
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


class FpIntGemms:
    """The linear layers with integer weights of an FP32 model.

    layers         decoder layers
    precision      rounding of the inputs: None for FP16, else four mantissa lengths for each layer
    schedule       four lengths for all layers, by first position; earlier positions use `precision`
    on_input       if not None, called as on_input(layer, tensor, name, module, x) with the FP16 input before Anda
    """

    def __init__(self, model, group_size=64):
        self.group_size = group_size
        self.precision, self.schedule = None, {}
        self.on_input = None
        self.modules = []
        for name, module in model.named_modules():
            tensor = TENSOR_OF.get(name.rsplit(".", 1)[-1])
            layer = LAYER.search(name)
            if tensor is None or layer is None or not isinstance(module, nn.Linear):
                continue
            self.modules.append((int(layer[1]), tensor, name, module))
            module.register_forward_pre_hook(self._hook(*self.modules[-1]))
        if not self.modules:
            raise ValueError(f"the model has no linear layers named {', '.join(TENSOR_OF)} within layers.0, layers.1 …")
        self.layers = 1 + max(layer for layer, *_ in self.modules)
        self.attentions = [module for module in model.modules() if hasattr(type(module), "rounding")]

    def round_attention(self, rounding):
        """Sets the rounding of every layer's attention (an attention.Rounding; None for no rounding). Raises ValueError if the model
        does not come from models.py."""
        if rounding is not None and not self.attentions:
            raise ValueError("keys, values, queries and probabilities can be rounded in models that this program has, without "
                             "--transformers")
        for module in self.attentions:
            module.rounding = rounding

    def _hook(self, layer, tensor, name, module):
        def hook(_, inputs):
            return (named(name, lambda: self._rounded(layer, tensor, name, module, inputs[0])),)

        return hook

    def _rounded(self, layer, tensor, name, module, x):
        if self.on_input is not None:
            self.on_input(layer, tensor, name, module, to_fp16(x))
        if self.precision is None:
            return to_fp16(x).to(x.dtype)
        place = TENSORS.index(tensor)
        parts = [(0, self.precision[layer]), *sorted(self.schedule.items())]
        return by_position(x, parts, lambda part, lengths: to_anda(part, lengths[place], self.group_size)).to(x.dtype)

    def round_weights(self, bits, group):
        for _, _, name, module in self.modules:
            rounded = named(f"{name}.weight", lambda: quantise(module.weight, bits, group)[2])
            module.weight.data = rounded.to(module.weight.device, module.weight.dtype)


positive = whole_number(1, 1 << 30)
