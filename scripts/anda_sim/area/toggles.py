# SPDX-License-Identifier: Apache-2.0
"""Switched capacitance of processing-element netlists, under a model's activations and under random ones."""

from dataclasses import dataclass
from pathlib import Path

import numpy

from anda_sim.area import stimuli
from anda_sim.area.designs import Design, figna
from anda_sim.area.stimuli import GROUP, Operands
from anda_sim.common.errors import InputError, RunError

STREAMS = 256
GROUPS = 3  # per dot product; the first is not counted, since it starts from the registers of an idle element

NETLISTS = {
    "anda": Design("Anda", "apu"),
    "figna": Design("FIGNA", "figna_element", figna(4, 13)),
    "fp-fp, fused": Design("FP-FP, fused", "fp_fp_fused_element"),
    "fp-fp, four outputs": Design("FP-FP, four outputs, one of them", "fp_fp_element", {"LANES": 1}),
}
LENGTHS = (1, 4, 6, 8, 11, 13, 16)


def quantised(weights):
    """4-bit codes [columns, k] and FP16 scales [columns, k / 64]: one scale for 128 elements along k, repeated for each group of 64."""
    blocks = weights.T.reshape(weights.shape[1], -1, 128)
    scales = numpy.maximum(abs(blocks).max(axis=2) / 7, 2.0 ** -24).astype(numpy.float16)
    codes = numpy.clip(numpy.rint(blocks / scales[:, :, None].astype(numpy.float64)), -8, 7).astype(numpy.int64)
    return codes.reshape(len(codes), -1), numpy.repeat(scales, 2, axis=1)


def recorded(folder, random):
    """Rows and columns of the GeMMs that scripts/record_activations has recorded."""
    tensors = Path(folder) / "tensors"
    pairs = [(path, path.with_name(path.name.replace("activations", "weights"))) for path in sorted(tensors.glob("*.activations.npy"))]
    if not pairs:
        raise InputError(f"--recorded {folder}: holds no tensors/*.activations.npy; scripts/record_activations writes them")
    k = GROUP * GROUPS
    activations, codes, scales = [], [], []
    for _ in range(STREAMS):
        values, weights = (numpy.load(path) for path in pairs[random.integers(len(pairs))])
        row, column = random.integers(len(values)), random.integers(weights.shape[1])
        first = 128 * random.integers((values.shape[1] - k) // 128 + 1)
        of_column, of_scales = quantised(weights[:, column:column + 1].astype(numpy.float64))
        activations.append(values[row, first:first + k].astype(numpy.float16))
        codes.append(of_column[0, first:first + k])
        scales.append(of_scales[0, first // GROUP:first // GROUP + GROUPS])
    return Operands(numpy.array(activations), numpy.array(codes), numpy.array(scales))


def random_operands(kind, random):
    k = GROUP * GROUPS
    values = random.standard_normal((STREAMS, k))
    codes = random.integers(-8, 8, (STREAMS, k))
    if kind == "one value":
        values, codes = numpy.ones((STREAMS, k)), numpy.ones((STREAMS, k), dtype=numpy.int64)
    elif kind == "wide":
        values *= 2.0 ** random.integers(-8, 4, (STREAMS, k))
    scales = 2.0 ** -6 * (1 if kind == "one value" else random.uniform(0.5, 1, (STREAMS, GROUPS))) * numpy.ones((STREAMS, GROUPS))
    return Operands(values.astype(numpy.float16), codes, scales.astype(numpy.float16))


@dataclass(frozen=True)
class Switched:
    """Switched capacitance (pF) of a dot product of 64 elements and of a clock cycle, without the clock net."""
    group: float
    clocks: int

    @property
    def clock(self):
        return self.group / self.clocks


def measure(kind, netlist, operands, mantissa_bits=8):
    """Switched capacitance of a group; RunError if the netlist's sums differ from the expected ones."""
    if kind == "anda":
        inputs, clocks = stimuli.anda(operands, mantissa_bits)
        expected = stimuli.aligned_sum(operands, mantissa_bits)
    elif kind == "figna":
        inputs, clocks = stimuli.figna(operands)
        expected = stimuli.aligned_sum(operands, 13)
    else:
        inputs, clocks = stimuli.fp_fp(operands, 4 if "fused" in kind else 1)
        expected = stimuli.chained_sum(operands)
    before, total = None, 0.0
    for clock, values in enumerate(netlist.run(inputs, STREAMS)):
        if clocks <= clock < clocks * GROUPS:
            total += netlist.switched(before, values)
        before = values
    sums = netlist.integers(before, "drained").astype(numpy.uint32).view(numpy.float32)
    # The fused element rounds in a different order.
    same = numpy.allclose(sums, expected, rtol=1e-3, atol=1e-3) if "fused" in kind else (sums == expected).all()
    if not same:
        wrong = numpy.flatnonzero(sums != expected)
        raise RunError(f"{kind}: {len(wrong)} of {STREAMS} sums of the netlist are wrong, the first {sums[wrong[0]]}, "
                       f"expected {expected[wrong[0]]}")
    return Switched(total / STREAMS / (GROUPS - 1), clocks)


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def page(results, clock_loads):
    """Tables of {(kind, mantissa bits or None): {data: Switched}}; `clock_loads`: pF of all registers' clock pins."""
    kinds = list(next(iter(results.values())))
    lines = [row(["", "clocks", *(f"pF a group, {kind}" for kind in kinds), *(f"pF a clock, {kind}" for kind in kinds),
                  "clock pins, pF a clock"]), row(["---"] + ["---:"] * (2 * len(kinds) + 2))]
    for (kind, bits), of in results.items():
        name = f"{kind}, M = {bits}" if bits else kind
        lines.append(row([name, of[kinds[0]].clocks, *(f"{one.group:.0f}" for one in of.values()),
                          *(f"{one.clock:.1f}" for one in of.values()), f"{2 * clock_loads[kind]:.1f}"]))
    return "\n".join(lines)
