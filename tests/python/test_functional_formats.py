# SPDX-License-Identifier: Apache-2.0
"""Functional simulations with weights and activations in operand formats against numpy, bit for bit: decoded to FP16, then as always."""

import subprocess

import numpy as np
import pytest
from functional_tools import ALIGNED_BITS, aligned, bits_of, BUILD, fp_int, Run
from test_formats import element_table, MX, nearest_even

pytestmark = pytest.mark.filterwarnings("ignore:overflow|invalid|divide")

INT8 = "{name: i8, family: int, bits: 8, group: 64}"
TERNARY = "{name: t, family: table, bits: 2, table: -1 0 1 1, group: 64, scale: fp16}"


def power_of(values):
    """The exponent of the largest number of each block, as its floor of log2."""
    return np.frexp(np.abs(values).max(axis=1, keepdims=True))[1] - 1.0


def left_of_block(name, values):
    """What is left of blocks [blocks, elements] in double precision."""
    largest = np.abs(values).max(axis=1, keepdims=True)
    if name == "bf16":
        bits = values.astype(np.float32).view(np.uint32).astype(np.uint64)
        return (((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) << 16).astype(np.uint32).view(np.float32).astype(np.float64)
    if name in MX:
        exponent, mantissa, most, specials = MX[name]
        scale = 2.0 ** np.where(largest == 0, -127, np.maximum(power_of(values) - np.floor(np.log2(most)), -127))
        table = element_table(exponent, mantissa, specials)
        return table[nearest_even(values / scale, table)] * scale
    if name == "mxint8":
        scale = 2.0 ** np.where(largest == 0, -127, power_of(values))
        return np.clip(np.rint(values / scale * 64), -127, 127) / 64 * scale
    if name == INT8:
        scale = (largest / 127).astype(np.float16).astype(np.float64)
        return np.where(scale == 0, 0, np.clip(np.rint(values / np.where(scale == 0, 1, scale)), -127, 127) * scale)
    assert name == TERNARY
    scale = largest.astype(np.float16).astype(np.float64)
    return np.where(values > 0.5 * scale, 1, np.where((values <= -0.5 * scale) & (scale > 0), -1, 0)) * scale  # a tie: the smaller code


GROUPS = {**dict.fromkeys((*MX, "mxint8"), 32), INT8: 64, TERNARY: 64, "bf16": 64}


def left(name, values):
    """Of rows [rows, k], as FP16."""
    rows, k = values.shape
    group = GROUPS[name]
    padded = np.pad(values.astype(np.float64), ((0, 0), (0, -k % group)))
    return left_of_block(name, padded.reshape(-1, group)).reshape(rows, -1)[:, :k].astype(np.float32).astype(np.float16)


def product(activations, weights):
    total = np.zeros((len(activations), weights.shape[1]), dtype=np.float32)
    for k in range(len(weights)):
        total = total + activations[:, k].astype(np.float32)[:, None] * weights[k].astype(np.float32)
    return total.astype(np.float16)


def encoded(name, results):
    finite = np.where(np.isnan(results), np.float16(0), np.clip(results, np.float16(-65504), np.float16(65504)))
    return left(name, finite)


def same(found, expected):
    return np.array_equal(bits_of(found) & 0x7FFF, bits_of(expected) & 0x7FFF) and np.array_equal(found, expected)


SMALL = ("accelerator.activation_buffer.mantissa_bytes=40960", "accelerator.weight_buffer.bytes=40960")


@pytest.mark.parametrize("level", ["fast", "cycle"])
@pytest.mark.parametrize("name", ["mxfp4", "mxfp6-e3m2", "mxfp8-e4m3", "mxint8", "bf16", TERNARY])
def test_weights_are_decoded_to_fp16(tmp_path, name, level):
    shapes = [(19, 200, 37, ""), (33, 700, 50, "")] if level == "fast" else [(19, 200, 37, "")]
    run = Run(tmp_path, shapes, "systems=[fp-fp]", f"accelerator.format.weights={name}", "tiling=auto", *SMALL,
              f"accelerator.level={level}")
    for index in range(len(shapes)):
        activations, weights = run.tensor(f"{index}.activations"), run.tensor(f"{index}.weights")
        rounded = left(name, weights.T).T
        assert np.array_equal(run.tensor(f"{index}.numbers").astype(np.float16), rounded)
        assert same(run.tensor(f"fp-fp/{index}.outputs"), product(activations, rounded))


@pytest.mark.parametrize("level", ["fast", "cycle"])
@pytest.mark.parametrize("name", ["mxfp4", "mxfp6-e2m3", "mxfp8-e5m2", "mxint8", "bf16", INT8, TERNARY])
def test_activations_are_decoded_to_fp16_and_results_encoded(tmp_path, name, level):
    systems = ["fp-fp", "fp-int", "figna"] if level == "fast" else ["fp-fp"]
    run = Run(tmp_path, [(19, 200, 70)], f"systems=[{', '.join(systems)}]", f"accelerator.format.activations={name}", "tiling=auto", *SMALL,
              f"accelerator.level={level}")
    activations, _, codes, scales = run.operands()
    read = left(name, activations)
    assert not np.array_equal(read, activations)
    weights = (codes * np.repeat(scales.astype(np.float64), 128, axis=0)[: len(codes)]).astype(np.float16)
    expected = {"fp-fp": product(read, weights), "fp-int": fp_int(read, codes, scales),
                "figna": aligned(read, codes, scales, ALIGNED_BITS["figna"])[0]}
    for system in systems:
        assert same(run.tensor(f"{system}/0.outputs"), encoded(name, expected[system])), system


def test_both_operands_of_the_file_s_values(tmp_path):
    rng = np.random.default_rng(5)
    a = (rng.normal(0, 1, (20, 150)) * np.exp(rng.normal(0, 3, 150))).astype(np.float16)
    w = rng.normal(0, 0.1, (150, 40)).astype(np.float32)
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "w.npy", w)
    run = Run(tmp_path / "run", [(20, 150, 40, "")], "systems=[fp-fp]", f"functional.activations={tmp_path}/a.npy",
              f"functional.weights={tmp_path}/w.npy", "accelerator.format.weights=mxfp4", "accelerator.format.activations=mxfp8-e4m3",
              "precision.output=fp16")
    expected = product(left("mxfp8-e4m3", a), left("mxfp4", w.T).T)
    assert same(run.tensor("fp-fp/0.outputs"), expected)
    errors = run.op("fp-fp")["functional"]
    assert errors["zeroed_activations"] == np.count_nonzero((left("mxfp8-e4m3", a) == 0) & (a != 0))
    assert errors["zeroed_weights"] == np.count_nonzero((left("mxfp4", w.T).T == 0) & (w != 0))


def test_what_does_not_fit_fp16_or_has_no_values_is_refused(tmp_path):
    a = np.ones((2, 64), np.float16)
    a[1, 3] = 65504
    w = np.ones((64, 2), np.float32)
    w[5, 1] = 70000
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "w.npy", w)
    for i, (settings, message) in enumerate((
            ((f"functional.activations={tmp_path}/a.npy", "accelerator.format.activations=bf16"),
             "GeMM 'g0', tensor T: activation (1, 3) is 65536 in the format bf16, beyond 65504, to which fp-fp decodes it"),
            ((f"functional.weights={tmp_path}/w.npy", "accelerator.format.weights=bf16"),
             "weight (5, 1) is 70144 in the format bf16, beyond 65504, to which fp-fp decodes it"),
            (("systems=[anda]", "accelerator.format.activations=anda-6-nearest"), "activations of the format anda-6-nearest on anda"),
            (("accelerator.format.weights={name: b, family: bfp, mantissa_bits: 3, group: 4}",), "need groups that are multiples of 8"),
            (("systems=[{name: mine, derives: serial-weights, cycles: 4, weight_formats: mxfp4}]", "accelerator.format.weights=mxfp4"),
             "weights of the format mxfp4 on mine: real data are decoded to FP16"))):
        systems = () if settings[0].startswith("systems") else ("systems=[fp-fp]",)
        assert message in Run(tmp_path / str(i), [(2, 64, 2, "")], *systems, *settings, status=2).message


@pytest.mark.parametrize("setting", ["accelerator.format.weights=mxfp4", "accelerator.format.activations=bf16"])
def test_whole_layers_have_no_values_of_them(tmp_path, setting):
    (tmp_path / "run.yaml").write_text("workload: {model: OPT-1.3B, scope: layer, tokens: 4}\nsystems: [fp-fp]\nfunctional: {enabled: true}\n")
    command = [BUILD / "src" / "anda-sim", "run", tmp_path / "run.yaml", "--check", "--set", setting]
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and "must be false with operand formats of weights or activations" in done.stderr, done.stderr
