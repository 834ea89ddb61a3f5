# SPDX-License-Identifier: Apache-2.0
"""The designs of the area study: elements, their cores, and the parts shared by rows and columns of an array."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Design:
    name: str
    top: str
    parameters: dict = field(default_factory=dict, hash=False)
    kind: str = ""  # name of the processing element
    fig15: float | None = None
    copies: int = 1  # instances that represent one element


def figna(lanes, bits):
    return {"LANES": lanes, "MANTISSA_BITS": bits}


ELEMENTS = [
    Design("FP-FP, fused", "fp_fp_fused_element", {}, "fp-fp", 1.00),
    Design("FP-FP, four outputs", "fp_fp_element", {"LANES": 1}, "fp-fp", 1.00, 4),
    Design("FP-INT, fused", "fp_int_fused_element", {}, "fp-int", 0.63),
    Design("FP-INT, four outputs", "fp_int_element", {"LANES": 1}, "fp-int", 0.63, 4),
    Design("iFPU", "ifpu_element", {}, "ifpu", 0.26),
    Design("FIGNA", "figna_element", figna(4, 13), "figna", 0.18),
    Design("FIGNA-M11, 6 lanes", "figna_element", figna(6, 11), "figna-m11", 0.15),
    Design("FIGNA-M11, 4 lanes", "figna_element", figna(4, 11), "figna-m11", 0.15),
    Design("FIGNA-M8, 8 lanes", "figna_element", figna(8, 8), "figna-m8", 0.12),
    Design("FIGNA-M8, 4 lanes", "figna_element", figna(4, 8), "figna-m8", 0.12),
    Design("Anda", "apu", {}, "anda", 0.23),
    Design("FP-FP, chained", "fp_fp_element", {}, "fp-fp", 1.00),
    Design("FP-INT, chained", "fp_int_element", {}, "fp-int", 0.63),
]

CORES = [
    Design("FP-FP, fused", "fp_fp_fused_element", {"BANKS": 1}, "fp-fp", 1.00),
    Design("FP-FP, four outputs", "fp_fp_element", {"LANES": 1, "BANKS": 1}, "fp-fp", 1.00, 4),
    Design("FP-INT, fused", "fp_int_fused_dot", {}, "fp-int", 0.63),
    Design("FP-INT, four outputs", "fp_int_dot", {"LANES": 1}, "fp-int", 0.63, 4),
    Design("iFPU", "ifpu_dot", {}, "ifpu", 0.26),
    Design("FIGNA", "figna_dot", figna(4, 13), "figna", 0.18),
    Design("FIGNA-M11, 6 lanes", "figna_dot", figna(6, 11), "figna-m11", 0.15),
    Design("FIGNA-M11, 4 lanes", "figna_dot", figna(4, 11), "figna-m11", 0.15),
    Design("FIGNA-M8, 8 lanes", "figna_dot", figna(8, 8), "figna-m8", 0.12),
    Design("FIGNA-M8, 4 lanes", "figna_dot", figna(4, 8), "figna-m8", 0.12),
    Design("Anda", "plane_dot", {}, "anda", 0.23),
    Design("FP-FP, chained", "fp_fp_element", {"BANKS": 1}, "fp-fp", 1.00),
    Design("FP-INT, chained", "fp_int_dot", {}, "fp-int", 0.63),
]

PARTS = [
    Design("dot product to FP32 sum, with its two accumulators", "dot_scaler", {"WIDTH": 26}),
    Design("the accumulators and their adder alone", "accumulators"),
    Design("FP32 adder", "fp32_add"),
    Design("FP32 adder without subnormal results", "fp32_add", {"SUBNORMALS": 0}),
    Design("dequantisation of a weight", "weight_dequantiser"),
    Design("a bit of an operand register", "operand_register", {"BITS": 1}),
    Design("alignment of a row, iFPU", "row_aligner", figna(4, 24)),
    Design("alignment of a row, FIGNA", "row_aligner", figna(4, 13)),
    Design("alignment of a row, FIGNA-M11", "row_aligner", figna(6, 11)),
    Design("alignment of a row, FIGNA-M8", "row_aligner", figna(8, 8)),
    Design("alignment of a row of 4, FIGNA-M11", "row_aligner", figna(4, 11)),
    Design("alignment of a row of 4, FIGNA-M8", "row_aligner", figna(4, 8)),
]

# Per element of a row and a column of the array: bits of operand registers, dequantisers, and the aligner.
# A column's scale passes through three stages. The aligner includes the row's register.
SHARED = {
    "FP-FP, chained": {"bits": 4 * 16 + 4 * 16 + 16, "dequantisers": 4},
    "FP-FP, four outputs": {"bits": 16 + 4 * 16 + 16, "dequantisers": 4},
    "FP-FP, fused": {"bits": 4 * 16 + 4 * 16 + 16, "dequantisers": 4},
    "FP-INT, chained": {"bits": 4 * 16 + 4 * 4 + 3 * 16},
    "FP-INT, four outputs": {"bits": 16 + 4 * 4 + 4 * 3 * 16},
    "FP-INT, fused": {"bits": 4 * 16 + 4 * 4 + 3 * 16},
    "iFPU": {"bits": 16 * 25 + 16 * 4 + 4 * 16, "aligner": "alignment of a row, iFPU"},
    "FIGNA": {"bits": 4 * 4 + 4 * 16, "aligner": "alignment of a row, FIGNA"},
    "FIGNA-M11, 6 lanes": {"bits": 6 * 4 + 4 * 16, "aligner": "alignment of a row, FIGNA-M11"},
    "FIGNA-M8, 8 lanes": {"bits": 8 * 4 + 4 * 16, "aligner": "alignment of a row, FIGNA-M8"},
    "FIGNA-M11, 4 lanes": {"bits": 4 * 4 + 4 * 16, "aligner": "alignment of a row of 4, FIGNA-M11"},
    "FIGNA-M8, 4 lanes": {"bits": 4 * 4 + 4 * 16, "aligner": "alignment of a row of 4, FIGNA-M8"},
    "Anda": {"bits": 64 + 64 + 3 * 5 + 64 * 4 + 4 * 16},
}
GROUP_BUFFER_BITS = 64 * 16  # holds FP16 values until their group's largest exponent is known
