# SPDX-License-Identifier: Apache-2.0
"""Bit operations (BOPs) of a workload as anda-sim search counts them: mantissa bits × weight bits for every multiplication.

The rule is the paper's (HPCA 2025). Scripts use it for combinations that no search has evaluated.
"""

import csv
from itertools import dropwhile

TENSORS = ["A_qkv", "A_o", "A_u", "A_d"]
FP16_MANTISSA_BITS = 16
WEIGHT_BITS = 4


def multiplications(trace):
    """Number of multiplications of each tensor type, in the order of TENSORS. `trace`: output of `anda-sim trace`, as a file or its lines."""
    counts = dict.fromkeys(TENSORS, 0)
    for row in csv.DictReader(dropwhile(lambda line: line.startswith("#"), trace)):
        counts[row["tensor"]] += int(row["m"]) * int(row["k"]) * int(row["n"])
    return list(counts.values())


def bit_operations(counts, combination, weight_bits=WEIGHT_BITS):
    """Bit operations of a workload. `counts`: multiplications by tensor type; `combination`: the mantissa bits of each."""
    return sum(count * bits * weight_bits for count, bits in zip(counts, combination, strict=True))


def bops_saving(counts, combination):
    """Bit operations with FP16 activations divided by those with this combination."""
    return bit_operations(counts, [FP16_MANTISSA_BITS] * len(TENSORS)) / bit_operations(counts, combination)
