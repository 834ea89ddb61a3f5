# SPDX-License-Identifier: Apache-2.0
"""Keys, values, queries and probabilities of an attention, rounded bit for bit as models/anda/numeric/cache_codec.h does."""

import argparse
import re
from dataclasses import dataclass

import numpy
import torch
from torch import nn

from anda_sim.pytorch import rounding

DIMENSIONS = ("A_q", "A_p", "K", "V")
LEAST_BITS, MOST_BITS = 2, 16
LONGEST_GROUP = 256
_FORMAT = re.compile(r"(fp16|(?:int|anda)([1-9][0-9]?))(?:/([1-9][0-9]*))?(?(3)(?:/(token|channel))?)")


@dataclass(frozen=True)
class CacheFormat:
    number: str  # fp16, int or anda
    bits: int = 4
    group: int = 64
    axis: str = "token"


def cache_format(axis):
    """A function that reads FORMAT[/GROUP[/AXIS]], such as int4 or anda5/32/channel, for argparse."""

    def read(text):
        parts = _FORMAT.fullmatch(text)
        number, bits, group, own_axis = parts.groups() if parts else (None,) * 4
        bits, group = int(bits or LEAST_BITS), int(group or 64)
        if not parts or not LEAST_BITS <= bits <= MOST_BITS or not 8 <= group <= LONGEST_GROUP or group & (group - 1):
            raise argparse.ArgumentTypeError(
                f"`{text}` must be fp16, int{LEAST_BITS} … int{MOST_BITS} or anda{LEAST_BITS} … anda{MOST_BITS}, with /GROUP (a power of "
                f"two, 8 … {LONGEST_GROUP}) and /token or /channel behind it if wanted")
        return CacheFormat(number.rstrip("0123456789") if number != "fp16" else number, bits, group, own_axis or axis)

    return read


def _to_int(x, bits, group):
    """INT rounding in groups along the last dimension: q * scale in FP32."""
    device, length = x.device, x.shape[-1]
    if device.type == "mps":  # MPS lacks double precision
        x = x.cpu()
    groups = nn.functional.pad(x, (0, -length % group)).unflatten(-1, (-1, group)).double()
    high = 2 ** (bits - 1) - 1
    # numpy rounds a double directly to FP16; PyTorch rounds to FP32 first.
    scale = (groups.abs().amax(-1, keepdim=True).cpu().numpy() / high).astype(numpy.float16).astype(numpy.float64)
    scale = torch.from_numpy(scale).to(groups.device)
    codes = torch.round(groups / torch.where(scale == 0, torch.ones_like(scale), scale)).clamp(-high, high) * (scale != 0)
    return ((codes + 0.0) * scale).float().flatten(-2)[..., :length].to(device)


def to_cache(x, form):
    """Rounds FP32 values [..., tokens, head size] to FP16 and then to the cache format; returns FP32."""
    x = rounding.to_fp16(x)
    if form.number == "fp16":
        return x
    if form.axis == "channel":
        whole = x.shape[-2] - x.shape[-2] % form.group
        along = _to_groups(x[..., :whole, :].transpose(-1, -2), form).transpose(-1, -2)
        return torch.cat((along, x[..., whole:, :]), -2)
    return _to_groups(x, form)


def _to_groups(x, form):
    if x.shape[-1] == 0:
        return x
    return rounding.to_anda(x, form.bits - 1, form.group) if form.number == "anda" else _to_int(x, form.bits, form.group)


@dataclass(frozen=True)
class Rounding:
    """Formats to which an attention rounds its tensors; None for no rounding. For anda_sim.pytorch.gated_models.attention()."""

    queries: int | None = None  # mantissa bits
    probabilities_bits: int | None = None
    keys: CacheFormat | None = None
    values: CacheFormat | None = None
    group_size: int = 64  # for queries and probabilities

    def any(self):
        return any(part is not None for part in (self.queries, self.probabilities_bits, self.keys, self.values))

    def rounded_queries(self, x):
        return x if self.queries is None else _named("A_q", rounding.to_anda, x, self.queries, self.group_size).to(x.dtype)

    def rounded_keys(self, x):
        return x if self.keys is None else _named("K", to_cache, x, self.keys).to(x.dtype)

    def rounded_values(self, x):
        return x if self.values is None else _named("V", to_cache, x, self.values).to(x.dtype)

    def operands(self, query, key, value):
        return self.rounded_queries(query), self.rounded_keys(key), self.rounded_values(value)

    def probabilities(self, p):
        if self.probabilities_bits is None:
            return p
        return _named("A_p", rounding.to_anda, p, self.probabilities_bits, self.group_size).to(p.dtype)

    def with_lengths(self, lengths):
        """A copy with the lengths of {"A_q": 6, "K": 4 …} in place of its own."""
        changed = {"queries": lengths.get("A_q", self.queries), "probabilities_bits": lengths.get("A_p", self.probabilities_bits)}
        for name, part, option in (("K", "keys", self.keys), ("V", "values", self.values)):
            if name in lengths and (option is None or option.number == "fp16"):
                raise ValueError(f"{name} has {lengths[name]} bits, but --{part} gives no format that has them, such as int4")
            changed[part] = option if name not in lengths else CacheFormat(option.number, lengths[name], option.group, option.axis)
        return Rounding(group_size=self.group_size, **changed)


@dataclass(frozen=True)
class Schedule:
    """Roundings by token position, with the interface of a Rounding. `parts`: pairs (first position, Rounding), ascending from 0."""

    parts: tuple

    def any(self):
        return any(part.any() for _, part in self.parts)

    def operands(self, query, key, value):
        own = self.parts[0][1]
        keys, values = (form.group if form is not None and form.axis == "channel" else 1 for form in (own.keys, own.values))
        return (rounding.by_position(query, self.parts, lambda x, part: part.rounded_queries(x)),
                rounding.by_position(key, self.parts, lambda x, part: part.rounded_keys(x), keys),
                rounding.by_position(value, self.parts, lambda x, part: part.rounded_values(x), values))

    def probabilities(self, p):
        return rounding.by_position(p, self.parts, lambda x, part: part.probabilities(x))


def _named(name, convert, *arguments):
    try:
        return convert(*arguments)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def add_options(parser):
    """Adds the attention options of anda-sim evaluate."""
    length = rounding.whole_number(1, rounding.LARGEST_MANTISSA)
    parser.add_argument("--keys", type=cache_format("token"), metavar="FORMAT",
                        help="round keys to fp16, int2 … int16 or anda2 … anda16; int4/32/channel: in groups of 32 along the "
                             "tokens (default: 64 along the head)")
    parser.add_argument("--values", type=cache_format("channel"), metavar="FORMAT",
                        help="the same for values (default: 64 along the tokens, axis channel)")
    parser.add_argument("--queries", type=length, metavar="BITS", help="mantissa bits to round queries to")
    parser.add_argument("--probabilities", type=length, metavar="BITS", help="mantissa bits to round the attention's probabilities to")


def rounding_of(options):
    return Rounding(options.queries, options.probabilities, options.keys, options.values, options.group_size)
