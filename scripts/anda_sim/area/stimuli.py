# SPDX-License-Identifier: Apache-2.0
"""Stimuli for the netlists of processing elements: dot products of many streams, clock by clock, and their expected sums."""

from dataclasses import dataclass

import numpy

from anda_sim.area.netlist import packed, words

GROUP = 64


@dataclass(frozen=True)
class Operands:
    """Operands of each stream: FP16 activations [streams, k], weight codes [streams, k], and FP16 scales [streams, k / 64]."""
    activations: numpy.ndarray
    codes: numpy.ndarray
    scales: numpy.ndarray

    @property
    def groups(self):
        return self.scales.shape[1]


def fields(halves):
    """Sign, exponent (1 for subnormals) and significand of FP16 values."""
    bits = halves.view(numpy.uint16).astype(numpy.int64)
    exponent = bits >> 10 & 31
    return bits >> 15, numpy.maximum(exponent, 1), (bits & 1023) + 1024 * (exponent > 0)


def aligned(operands, group, mantissa_bits):
    """Signs and mantissas [streams, 64] and the shared exponents of a group."""
    sign, exponent, significand = fields(operands.activations[:, group * GROUP:(group + 1) * GROUP])
    shared = exponent.max(axis=1)
    shift = 16 + 11 - mantissa_bits + shared[:, None] - exponent
    return sign, (significand << 16) >> numpy.minimum(shift, 63), shared


def group_codes(operands, group):
    return operands.codes[:, group * GROUP:(group + 1) * GROUP]


def concatenated(fields_of_lanes, width):
    """[streams, lanes] integers of `width` bits as the words of a port."""
    bits = fields_of_lanes[:, :, None] >> numpy.arange(width) & 1
    return packed(bits.reshape(len(bits), -1).T)


def flag(value, streams):
    return words(numpy.full(streams, int(value), dtype=numpy.uint64), 1)


def scaled_pipeline(operations, groups, shared, factors, mantissa_bits, streams):
    """Adds the inputs of `dot_scaler` and of the stages before it to those of each clock; operations: (inputs, first, last, group).
    The tile's sum goes to bank 0, which is read at the end."""
    empty = ({name: numpy.zeros_like(value) for name, value in operations[0][0].items()}, False, False, None)
    clocks = len(operations) + 6

    def at(clock):
        return operations[clock] if 0 <= clock < len(operations) else empty

    def of_group(values, group, width):
        return words((values[group] if group is not None else values[0] * 0).astype(numpy.uint64), width)

    for clock in range(clocks):
        given = dict(at(min(clock, len(operations) - 1))[0])
        given |= {"add": flag(clock < len(operations), streams),
                  "accumulate": flag(at(clock - 1)[3] is not None, streams), "start": flag(at(clock - 1)[1], streams),
                  "convert": flag(at(clock - 2)[2], streams), "scale": flag(at(clock - 3)[2], streams),
                  "sum": flag(at(clock - 4)[2], streams), "start_sum": flag(at(clock - 4)[3] == 0, streams),
                  "shared": of_group(shared, at(clock - 2)[3], 5), "factor": of_group(factors, at(clock - 3)[3], 16),
                  "sum_bank": flag(0, streams), "drain_bank": flag(clock < clocks - 1, streams)}
        if mantissa_bits is not None:
            given |= {"mantissa_bits": words(numpy.full(streams, mantissa_bits, dtype=numpy.uint64), 5),
                      "first_sum": words(numpy.zeros(streams, dtype=numpy.uint64), 32)}
        yield given


def scale_bits(operands):
    return [operands.scales[:, group].copy().view(numpy.uint16) for group in range(operands.groups)]


def anda(operands, mantissa_bits):
    """(inputs of each clock, clocks per group) for `apu`."""
    operations, shared = [], []
    for group in range(operands.groups):
        sign, mantissa, exponent = aligned(operands, group, mantissa_bits)
        shared.append(exponent)
        fixed = {"sign": packed(sign.T), "weights": concatenated(group_codes(operands, group) & 15, 4)}
        for plane in range(mantissa_bits + 1):
            bits = mantissa >> (mantissa_bits - plane) & 1 if plane else mantissa * 0
            operations.append(({**fixed, "plane": packed(bits.T)}, plane == 0, plane == mantissa_bits, group))
    return scaled_pipeline(operations, operands.groups, shared, scale_bits(operands), mantissa_bits,
                           len(operands.codes)), mantissa_bits + 1


def figna(operands, mantissa_bits=13, lanes=4):
    """As anda(), for `figna_element`."""
    operations, shared = [], []
    clocks = GROUP // lanes
    for group in range(operands.groups):
        sign, mantissa, exponent = aligned(operands, group, mantissa_bits)
        shared.append(exponent)
        for clock in range(clocks):
            of_clock = slice(clock * lanes, (clock + 1) * lanes)
            inputs = {"sign": packed(sign[:, of_clock].T), "mantissas": concatenated(mantissa[:, of_clock], mantissa_bits),
                      "weights": concatenated(group_codes(operands, group)[:, of_clock] & 15, 4)}
            operations.append((inputs, clock == 0, clock + 1 == clocks, group))
    return scaled_pipeline(operations, operands.groups, shared, scale_bits(operands), None, len(operands.codes)), clocks


def dequantised(operands):
    """FP16 weights [streams, k], dequantised."""
    scales = numpy.repeat(operands.scales.astype(numpy.float32), GROUP, axis=1)
    return (operands.codes.astype(numpy.float32) * scales).astype(numpy.float16)


def fp_fp(operands, lanes):
    """As anda(), for `fp_fp_element` and `fp_fp_fused_element`."""
    streams, k = operands.codes.shape
    weights = dequantised(operands).view(numpy.uint16).astype(numpy.int64)
    values = operands.activations.view(numpy.uint16).astype(numpy.int64)
    count = k // lanes

    def clocks():
        for clock in range(count + 3):
            of_clock = slice(min(clock, count - 1) * lanes, (min(clock, count - 1) + 1) * lanes)
            yield {"activations": concatenated(values[:, of_clock], 16), "weights": concatenated(weights[:, of_clock], 16),
                   "add": flag(clock < count, streams), "accumulate": flag(1 <= clock <= count, streams),
                   "start_sum": flag(clock == 1, streams), "sum_bank": flag(0, streams),
                   "drain_bank": flag(clock < count + 2, streams)}

    return clocks(), GROUP // lanes


def aligned_sum(operands, mantissa_bits):
    """The FP32 sums of elements with aligned mantissas, as defined in docs/numeric.md."""
    total = numpy.zeros(len(operands.codes), dtype=numpy.float32)
    for group in range(operands.groups):
        sign, mantissa, shared = aligned(operands, group, mantissa_bits)
        dot = (numpy.where(sign == 1, -mantissa, mantissa) * group_codes(operands, group)).sum(axis=1)
        half = numpy.ldexp(dot.astype(numpy.float64), shared - 14 - mantissa_bits).astype(numpy.float16)
        total += half.astype(numpy.float32) * operands.scales[:, group].astype(numpy.float32)
    return total


def chained_sum(operands):
    """The FP32 sums of the products, added one after another."""
    weights = dequantised(operands).astype(numpy.float32)
    total = numpy.zeros(len(weights), dtype=numpy.float32)
    for i in range(weights.shape[1]):
        total += operands.activations[:, i].astype(numpy.float32) * weights[:, i]
    return total
