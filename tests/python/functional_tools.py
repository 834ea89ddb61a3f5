# SPDX-License-Identifier: Apache-2.0
"""Functional simulations and the reference in numpy that their outputs are compared with, bit for bit.

The reference works on float16, float32 and float64 of numpy and on integers; it has no notion of tiles, panels, planes
or memory.
"""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
# Mantissas of the systems that align FP16 at every read.
ALIGNED_BITS = {"ifpu": 24, "figna": 13, "figna-m11": 11, "figna-m8": 8}


class Run:
    """anda-sim on a trace of GeMMs (m, k, n[, weight bits]), with its dumped tensors and its report."""

    def __init__(self, folder, gemms, *settings, status=0):
        lines = ["name,layer,tensor,m,k,n,count,weight_bits"]
        lines += [f"g{i},0,T,{g[0]},{g[1]},{g[2]},1,{g[3] if len(g) > 3 else 4}" for i, g in enumerate(gemms)]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trace.csv").write_text("\n".join(lines) + "\n")
        (folder / "run.yaml").write_text("workload: {trace: trace.csv}\nfunctional: {enabled: true, dump: true}\n")
        self.out = folder / "out"
        command = [BUILD / "src" / "anda-sim", "run", folder / "run.yaml", "--quiet", "--out", self.out]
        every = ("accelerator.mxu.weight_bits=8", f"systems=[{', '.join(SYSTEMS)}]")
        command += [part for setting in (*every, *settings) for part in ("--set", setting)]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
        self.message = done.stderr
        assert done.returncode == status, done.stderr
        self.report = json.loads((self.out / "report.json").read_text()) if status == 0 else None

    def tensor(self, name):
        return np.load(self.out / "tensors" / f"{name}.npy")

    def operands(self, index=0):
        return [self.tensor(f"{index}.{name}") for name in ("activations", "weights", "codes", "scales")]

    def system(self, name):
        return next(system for system in self.report["systems"] if system["name"] == name)

    def op(self, system, index=0):
        return self.system(system)["ops"][index]


# --- reference -------------------------------------------------------------------------------------------------


def bits_of(values):
    """FP16 patterns with canonical NaNs."""
    return np.where(np.isnan(values), np.uint16(0x7E00), values.view(np.uint16))


def groups_of(values, size):
    """m x k -> m x groups x size, padded with zeros."""
    m, k = values.shape
    return np.pad(values, ((0, 0), (0, -k % size))).reshape(m, -1, size)


def encode(values, size, bits):
    """FP16 values -> E* of each group, signs, mantissas."""
    groups = groups_of(values, size).astype(np.float64)
    _, power = np.frexp(np.abs(groups))
    exponents = np.where(groups == 0, 1, np.maximum(power + 14, 1))
    shared = exponents.max(axis=2)
    mantissas = np.floor(np.ldexp(np.abs(groups), (14 + bits - shared)[:, :, None])).astype(np.int64)
    return shared, np.signbit(groups), mantissas


def decode(shared, negative, mantissas, bits, k):
    values = np.ldexp(mantissas.astype(np.float64), (shared - 14 - bits)[:, :, None])
    values = np.where(negative, -values, values).astype(np.float16)
    return values.reshape(len(values), -1)[:, :k]


def aligned(activations, codes, scales, bits, size=64, scale_group=128, dot_format="fp16"):
    """FP16 outputs of a system with aligned mantissas, before any compressor, and the overflows of group dot products."""
    shared, negative, mantissas = encode(activations, size, bits)
    signed = np.where(negative, -mantissas, mantissas)
    weights = np.pad(codes.astype(np.int64), ((0, -len(codes) % size), (0, 0))).reshape(-1, size, codes.shape[1])
    total = np.zeros((len(activations), codes.shape[1]), dtype=np.float32)
    overflows = 0
    for g in range(signed.shape[1]):
        exact = np.ldexp((signed[:, g] @ weights[g]).astype(np.float64), (shared[:, g] - 14 - bits)[:, None])
        v = exact.astype(np.float16 if dot_format == "fp16" else np.float32)
        overflows += np.isinf(v).sum()
        total = total + v.astype(np.float32) * scales[g * size // scale_group].astype(np.float32)
    assert total.dtype == np.float32
    return total.astype(np.float16), overflows


def fp_int(activations, codes, scales, scale_group=128):
    total = np.zeros((len(activations), codes.shape[1]), dtype=np.float32)
    for first in range(0, len(codes), scale_group):
        part = np.zeros_like(total)
        for k in range(first, min(first + scale_group, len(codes))):
            part = part + activations[:, k].astype(np.float32)[:, None] * codes[k].astype(np.float32)
        total = total + part * scales[first // scale_group].astype(np.float32)
    assert total.dtype == np.float32
    return total.astype(np.float16)


def fp_fp(activations, codes, scales, scale_group=128):
    weights = codes * np.repeat(scales.astype(np.float64), scale_group, axis=0)[: len(codes)]
    weights = weights.astype(np.float16).astype(np.float32)
    total = np.zeros((len(activations), codes.shape[1]), dtype=np.float32)
    for k in range(len(codes)):
        total = total + activations[:, k].astype(np.float32)[:, None] * weights[k]
    assert total.dtype == np.float32
    return total.astype(np.float16)


FLOATING = {"fp-fp": fp_fp, "fp-int": fp_int}
SYSTEMS = [*FLOATING, *ALIGNED_BITS, "anda"]


def compressed(values, bits, size=64):
    """FP16 results after compression to an Anda tensor."""
    finite = np.where(np.isnan(values), np.float16(0), np.clip(values, np.float16(-65504), np.float16(65504)))
    return decode(*encode(finite, size, bits), bits, values.shape[1])


def quantise(weights, bits, scale_group=128):
    weights = weights.astype(np.float64)
    codes, scales = [], []
    for first in range(0, len(weights), scale_group):
        part = weights[first : first + scale_group]
        if bits == 1:
            low, high, extent = -1, 0, np.maximum(-part.min(axis=0), 0)
        else:
            high = 2 ** (bits - 1) - 1
            low, extent = -high, np.abs(part).max(axis=0) / high
        scale = extent.astype(np.float16)
        step = np.where(scale == 0, 1, scale).astype(np.float64)
        codes.append(np.where(scale == 0, 0, np.clip(np.rint(part / step), low, high)))
        scales.append(scale)
    return np.concatenate(codes).astype(np.int8), np.array(scales)


def check(run, bits, index=0, size=64, scale_group=128, dot_format="fp16", weight_bits=4, output_bits=0):
    """The outputs of a GeMM on every system of the run."""
    activations, weights, codes, scales = run.operands(index)
    expected_codes, expected_scales = quantise(weights, weight_bits, scale_group)
    assert np.array_equal(codes, expected_codes)
    assert np.array_equal(bits_of(scales), bits_of(expected_scales))
    for name in (system["name"] for system in run.report["systems"]):
        overflows = 0
        if name in FLOATING:
            expected = FLOATING[name](activations, codes, scales, scale_group)
        else:
            length = ALIGNED_BITS.get(name, bits)
            expected, overflows = aligned(activations, codes, scales, length, size, scale_group, dot_format)
        stored = compressed(expected, output_bits, size) if name == "anda" and output_bits else expected
        assert np.array_equal(bits_of(run.tensor(f"{name}/{index}.outputs")), bits_of(stored)), name
        assert run.op(name, index)["functional"]["dot_overflows"] == overflows, name
    assert name == "anda"
    return activations, codes, scales, expected


# --- results ---------------------------------------------------------------------------------------------------
