# SPDX-License-Identifier: Apache-2.0
"""Weights with zero points on every system: values against numpy bit for bit, bytes, cycles and energy by hand, and what is refused.

The reference keeps the group's sum of activations apart from its dot product, as the machine does and the kernels do not."""

import json
import subprocess

import numpy as np
import pytest
from functional_tools import ALIGNED_BITS, BUILD, FLOATING, SYSTEMS, Run, bits_of, compressed, encode

pytestmark = pytest.mark.filterwarnings("ignore:overflow|invalid")
ZERO_POINTS = "accelerator.format.weight_zero_points=true"


def quantise(weights, bits, scale_group=128):
    """Codes and zero points less 2^(bits - 1), scales."""
    weights, most, offset = weights.astype(np.float64), 2**bits - 1, 2 ** (bits - 1)
    codes, scales, zeros = [], [], []
    for first in range(0, len(weights), scale_group):
        part = weights[first : first + scale_group]
        low, high = np.minimum(part.min(axis=0), 0), np.maximum(part.max(axis=0), 0)
        scale = ((high - low) / most).astype(np.float16)
        step = np.where(scale == 0, 1, scale).astype(np.float64)
        zero = np.where(scale == 0, 0, np.clip(np.rint(-low / step), 0, most))
        codes.append(np.where(scale == 0, 0, np.clip(np.rint(part / step) + zero, 0, most)) - offset)
        scales.append(scale)
        zeros.append(zero - offset)
    return np.concatenate(codes).astype(np.int8), np.array(scales), np.array(zeros).astype(np.int8)


def aligned(activations, codes, scales, zeros, bits, size, scale_group, dot_format):
    shared, negative, mantissas = encode(activations, size, bits)
    signed = np.where(negative, -mantissas, mantissas)
    weights = np.pad(codes.astype(np.int64), ((0, -len(codes) % size), (0, 0))).reshape(-1, size, codes.shape[1])
    total = np.zeros((len(activations), codes.shape[1]), dtype=np.float32)
    overflows = 0
    for g in range(signed.shape[1]):
        scale, zero = scales[g * size // scale_group], zeros[g * size // scale_group].astype(np.int64)
        dots = signed[:, g] @ weights[g] - signed[:, g].sum(axis=1)[:, None] * zero
        v = np.ldexp(dots.astype(np.float64), (shared[:, g] - 14 - bits)[:, None])
        v = v.astype(np.float16 if dot_format == "fp16" else np.float32)
        overflows += np.isinf(v).sum()
        total = total + v.astype(np.float32) * scale.astype(np.float32)
    return total.astype(np.float16), overflows


def check(run, bits, index=0, size=64, scale_group=128, weight_bits=4, output_bits=0, dot_format="fp16", given=None):
    activations, weights, codes, scales = run.operands(index)
    zeros = run.tensor(f"{index}.zeros")
    if given is None:
        for got, expected in zip((codes, scales.view(np.uint16), zeros), quantise(weights, weight_bits, scale_group)):
            assert np.array_equal(got, expected.view(got.dtype))
    steps = codes.astype(np.int64) - np.repeat(zeros.astype(np.int64), scale_group, axis=0)[: len(codes)]
    for name in SYSTEMS:
        overflows = 0
        if name in FLOATING:
            expected = FLOATING[name](activations, steps, scales, scale_group)
        else:
            length = ALIGNED_BITS.get(name, bits)
            expected, overflows = aligned(activations, codes, scales, zeros, length, size, scale_group, dot_format)
        stored = compressed(expected, output_bits, size) if name == "anda" and output_bits else expected
        assert np.array_equal(bits_of(run.tensor(f"{name}/{index}.outputs")), bits_of(stored)), name
        assert run.op(name, index)["functional"]["dot_overflows"] == overflows, name
    return zeros


@pytest.mark.parametrize("weight_bits", range(1, 9))
def test_every_width_of_weights(tmp_path, weight_bits):
    """Weights with a mean, so that zero points are anywhere; and k that ends in the middle of a group."""
    rng = np.random.default_rng(weight_bits)
    weights = (rng.normal(0, 1, (300, 45)) + rng.normal(0, 2, 45)).astype(np.float32)
    np.save(tmp_path / "weights.npy", weights)
    run = Run(tmp_path, [(17, 300, 45, weight_bits)], ZERO_POINTS, "precision.other=9",
              f"functional.weights={tmp_path / 'weights.npy'}", f"functional.dot_format={'fp32' if weight_bits == 3 else 'fp16'}")
    zeros = check(run, 9, weight_bits=weight_bits, output_bits=9, dot_format="fp32" if weight_bits == 3 else "fp16")
    assert len(np.unique(zeros)) > min(2 ** weight_bits, 4) / 2


@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_split_sums_ragged_shapes_and_levels(tmp_path, level):
    """Parts of k in memory, columns whose zero points do not fill a byte, other groups and arrays."""
    small = ("accelerator.activation_buffer.mantissa_bytes=40960", "accelerator.weight_buffer.bytes=40960")
    run = Run(tmp_path / "split", [(50, 2000, 151), (3, 70, 1)], ZERO_POINTS, *small, "precision.other=12", "precision.output=fp16",
              "tiling=auto", f"accelerator.level={level}")
    assert run.op("anda")["tile"]["k"] < 2000
    for index in range(2):
        check(run, 12, index)
    run = Run(tmp_path / "other", [(20, 700, 90)], ZERO_POINTS, "accelerator.format.group_size=32", "accelerator.mxu.columns=7",
              "accelerator.mxu.rows=5", "accelerator.format.weight_scale_group=96", "precision.other=5", f"accelerator.level={level}")
    check(run, 5, size=32, scale_group=96, output_bits=5)


def test_the_largest_dot_products(tmp_path):
    """Groups of 256 mantissas of 16 bits against weights of 255 steps: their sum has 33 bits."""
    a = np.full((3, 512), 65504, dtype=np.float16)
    a[1], a[2, 1::2] = -65504, 0.25
    w = np.full((512, 20), 3.0, dtype=np.float32)
    w[:, 1::2] = -3
    w[::7, 2] = 1
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "w.npy", w)
    run = Run(tmp_path, [(3, 512, 20, 8)], ZERO_POINTS, "accelerator.format.group_size=256", "accelerator.format.weight_scale_group=256",
              "precision.other=16", "precision.output=fp16", "functional.dot_format=fp32", f"functional.activations={tmp_path / 'a.npy'}",
              f"functional.weights={tmp_path / 'w.npy'}", "dram.capacity_bytes=1073741824")
    zeros = check(run, 16, size=256, scale_group=256, weight_bits=8, dot_format="fp32")
    assert set(np.unique(zeros)) == {-128, 127}


def test_symmetric_codes_have_zero_points_of_0(tmp_path):
    codes = np.random.default_rng(4).integers(-8, 8, (150, 40)).astype(np.int8)
    np.save(tmp_path / "codes.npy", codes)
    run = Run(tmp_path, [(21, 150, 40)], ZERO_POINTS, f"functional.weights={tmp_path / 'codes.npy'}")
    assert (check(run, 8, given=codes, output_bits=8) == 0).all()


# --- cost ------------------------------------------------------------------------------------------------------------


def report(folder, *settings, gemm=(64, 1024, 128), status=0):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trace.csv").write_text("name,layer,tensor,m,k,n\ng,0,T,{},{},{}\n".format(*gemm))
    (folder / "run.yaml").write_text("workload: {trace: trace.csv}\nprecision: {other: 6}\n")
    command = [BUILD / "src" / "anda-sim", "run", folder / "run.yaml", "--quiet", "--out", folder / "out"]
    command += [part for setting in settings for part in ("--set", setting)]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stderr
    return json.loads((folder / "out" / "report.json").read_text()) if status == 0 else done.stderr


ALL = f"systems=[{', '.join(SYSTEMS)}, bitmod]"


@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_bytes_cycles_and_energy_by_hand(tmp_path, level):
    plain = report(tmp_path / "plain", ALL, f"accelerator.level={level}")
    with_zeros = report(tmp_path / "zeros", ALL, ZERO_POINTS, f"accelerator.level={level}")
    hidden = report(tmp_path / "hidden", ALL, ZERO_POINTS, f"accelerator.level={level}", "accelerator.mxu.zero_point_cycles=0")
    tiles, groups = (64 // 16) * (128 // 16), 1024 // 64
    passes = tiles * groups
    cycles = {"fp-fp": 16, "fp-int": 16, "ifpu": 16, "figna": 16, "figna-m11": 11, "figna-m8": 8, "anda": 7, "bitmod": 8}
    for old, new, without in zip(plain["systems"], with_zeros["systems"], hidden["systems"]):
        name = new["name"]
        sums = name not in ("fp-fp", "fp-int", "bitmod")
        # BitMoD multiplies FP16 by bits of the weights, of which there is one more: three steps of two bits.
        extra = 4 if name == "bitmod" else 1 if sums else 0
        assert old["actions"]["mxu.busy_cycles"] == passes * cycles[name]
        assert new["actions"]["mxu.busy_cycles"] == passes * (cycles[name] + extra)
        assert without["actions"]["mxu.busy_cycles"] == passes * (cycles[name] + (extra if name == "bitmod" else 0))
        # A zero point of 4 bits for each of 8 scale groups of 128 columns, loaded once.
        assert new["dram_bytes"]["read"] - old["dram_bytes"]["read"] == 8 * 128 * 4 // 8
        assert new["actions"]["mxu.pe_cycles"] == 256 * new["actions"]["mxu.busy_cycles"]
        assert "mxu.summing_cycles" not in old["actions"]
        summing = passes * cycles[name] * 16 if sums else 0
        assert new["actions"]["mxu.summing_cycles"] == summing
        # The adder of a row is an element for weights of one bit; FP-INT multiplies five bits.
        assert without["actions"]["mxu.summing_cycles"] == summing
        width = 5 / 4 if name == "fp-int" else 1
        area, energy = ([system[key]["by_component"]["mxu"] for system in (old, new)] for key in ("area_mm2", "energy_pj"))
        assert area[1] == pytest.approx(area[0] / 256 * (256 * width + (16 / 4 if sums else 0)))
        converted = 0.0581 * old["actions"]["mxu.converted_values"]
        per_cycle = (energy[0] - converted) / old["actions"]["mxu.pe_cycles"]
        assert energy[1] == pytest.approx(converted + per_cycle * (new["actions"]["mxu.pe_cycles"] * width + summing / 4))


def test_both_levels_take_the_same_cycles(tmp_path):
    for gemm in ((64, 1024, 128), (20, 130, 24)):
        both = [report(tmp_path / f"{level}{gemm[0]}", ALL, ZERO_POINTS, f"accelerator.level={level}", gemm=gemm)["systems"]
                for level in ("fast", "cycle")]
        assert [(system["cycles"], system["stall_cycles"]) for system in both[0]] == \
            [(system["cycles"], system["stall_cycles"]) for system in both[1]]


def test_a_format_with_zero_points_is_the_key(tmp_path):
    by_key = report(tmp_path / "key", ALL, ZERO_POINTS)
    by_format = report(tmp_path / "format", ALL, "accelerator.format.weights=int4-zero")
    assert [system["actions"] for system in by_key["systems"]] == [system["actions"] for system in by_format["systems"]]
    assert any("zero point" in text for text in by_key["run"]["assumptions"])
    message = report(tmp_path / "both", ZERO_POINTS, "accelerator.format.weights=int4-zero", status=2)
    assert "accelerator.format.weight_zero_points: is true, must be false with weights: int4-zero" in message
