# SPDX-License-Identifier: Apache-2.0
"""Functional simulations against numpy, bit for bit: the outputs of anda-sim must follow from its inputs.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_functional.py
"""

import csv
import json

import jsonschema
import numpy as np
import pytest
from functional_tools import aligned, ALIGNED_BITS, bits_of, check, compressed, encode, FLOATING, groups_of, ROOT, Run, SYSTEMS

pytestmark = pytest.mark.filterwarnings("ignore:overflow|invalid")


@pytest.mark.parametrize("output", ["consumer", "fp16"])
@pytest.mark.parametrize("bits", range(1, 17))
def test_every_mantissa_length(tmp_path, bits, output):
    run = Run(tmp_path, [(33, 200, 70)], f"precision.other={bits}", f"precision.output={output}",
              f"functional.seed={bits}")
    check(run, bits, output_bits=bits if output == "consumer" else 0)


@pytest.mark.parametrize("weight_bits", range(1, 9))
def test_every_width_of_weights(tmp_path, weight_bits):
    run = Run(tmp_path, [(17, 300, 45, weight_bits)], "precision.other=9")
    check(run, 9, weight_bits=weight_bits, output_bits=9)


@pytest.mark.parametrize("size, scale_group", [(8, 8), (16, 48), (32, 128), (64, 64), (128, 128), (256, 512)])
def test_group_sizes(tmp_path, size, scale_group):
    settings = (f"accelerator.format.group_size={size}", f"accelerator.format.weight_scale_group={scale_group}")
    run = Run(tmp_path, [(20, 700, 90), (1, size + 1, 1)], *settings, "precision.other=7")
    for index in range(2):
        check(run, 7, index, size, scale_group, output_bits=7)


@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_ragged_shapes(tmp_path, level):
    seed = 20
    rng = np.random.default_rng(seed)
    shapes = [tuple(int(x) for x in rng.integers(1, 200, 3)) for _ in range(12)] + [(1, 1, 1), (16, 64, 16), (17, 65, 65)]
    print("seed", seed, shapes)
    run = Run(tmp_path, shapes, "precision.other=5", "tiling=auto", f"accelerator.level={level}")
    for index in range(len(shapes)):
        check(run, 5, index, output_bits=5)


@pytest.mark.parametrize("level", ["fast", "cycle"])
@pytest.mark.parametrize("dot_format", ["fp16", "fp32"])
@pytest.mark.parametrize("tiling", ["paper", "auto"])
def test_split_sums(tmp_path, tiling, dot_format, level):
    """Buffers so small that k is split into many parts, with partial sums in memory."""
    run = Run(tmp_path, [(50, 2000, 150)], "precision.other=12", f"tiling={tiling}",
              f"functional.dot_format={dot_format}", "accelerator.activation_buffer.mantissa_bytes=40960",
              "accelerator.weight_buffer.bytes=40960", "precision.output=fp16", f"accelerator.level={level}")
    assert run.op("anda")["tile"]["k"] < 2000
    if tiling == "paper":
        assert run.op("anda")["dram_write_bytes"] > 50 * 150 * 4
    check(run, 12, dot_format=dot_format)


def test_other_arrays(tmp_path):
    run = Run(tmp_path, [(50, 500, 100)], "accelerator.mxu.rows=7", "accelerator.mxu.columns=20", "precision.other=8",
              "accelerator.dma.max_burst_bytes=64")
    check(run, 8, output_bits=8)


def save(folder, **arrays):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return [f"functional.{name}={folder / name}.npy" for name in arrays]


def test_a_chain_of_two_gemms(tmp_path):
    """The second GeMM reads the first one's compressed results, which equal a single encoding."""
    rng = np.random.default_rng(3)
    a = rng.normal(0, 1, (40, 192)).astype(np.float16)
    first = Run(tmp_path / "1", [(40, 192, 136)], *save(tmp_path / "in1", activations=a), "precision.other=6")
    _, codes, scales, expected = check(first, 6, output_bits=6)
    between = first.tensor("anda/0.outputs")
    second = Run(tmp_path / "2", [(40, 136, 80)], *save(tmp_path / "in2", activations=between), "precision.other=6")
    _, codes2, scales2, *_ = check(second, 6, output_bits=6)
    # From the uncompressed results of the first: encoding twice is encoding once.
    final, _ = aligned(expected, codes2, scales2, 6)
    assert np.array_equal(bits_of(second.tensor("anda/0.outputs")), bits_of(compressed(final, 6)))


def test_files_of_every_kind_and_type(tmp_path):
    rng = np.random.default_rng(4)
    a = rng.normal(0, 2, (21, 150)).astype(np.float32)
    w = rng.normal(0, 0.1, (150, 40)).astype(np.float32)
    a.tofile(tmp_path / "a.f32")
    w.astype(np.float16).tofile(tmp_path / "w.bin")
    both = [("functional.activations=" + str(tmp_path / "a.f32"), "functional.weights=" + str(tmp_path / "w.bin"))]
    both.append(tuple(save(tmp_path / "npy", activations=a.astype(np.float16), weights=w.astype(np.float16))))
    outputs = []
    for i, settings in enumerate(both):
        run = Run(tmp_path / str(i), [(21, 150, 40)], *settings)
        assert np.array_equal(run.tensor("0.activations"), a.astype(np.float16))
        check(run, 8, output_bits=8)
        outputs.append(run.tensor("anda/0.outputs"))
    assert np.array_equal(*outputs)

    codes = rng.integers(-8, 8, (150, 40)).astype(np.int8)
    run = Run(tmp_path / "codes", [(21, 150, 40)], *save(tmp_path / "i8", weights=codes))
    assert np.array_equal(run.tensor("0.codes"), codes)
    assert (run.tensor("0.scales") == 1).all()


def test_a_dump_makes_the_same_run(tmp_path):
    gemms = [(10, 100, 30), (5, 64, 16)]
    first = Run(tmp_path / "1", gemms)
    tensors = first.out / "tensors"
    again = Run(tmp_path / "2", gemms, f"functional.activations={tensors}", f"functional.weights={tensors}")
    names = sorted(str(path.relative_to(tensors)) for path in tensors.rglob("*.npy"))
    assert len(names) == 2 * (4 + len(SYSTEMS))
    for name in names:
        assert (again.out / "tensors" / name).read_bytes() == (tensors / name).read_bytes()


def test_a_seed_gives_the_same_numbers_everywhere(tmp_path):
    run = Run(tmp_path, [(4, 600, 3)], "functional.seed=7")
    activations, weights = run.tensor("0.activations"), run.tensor("0.weights")
    mask = 2**64 - 1

    def mixed(x):
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & mask
        return x ^ x >> 31

    def key(stream):
        return mixed((mixed((mixed(7 + 1) + 1) & mask) + stream) & mask)

    def bits(stream, index):
        return mixed((key(stream) + (index + 1) * 0x9E3779B97F4A7C15) & mask)

    def bell(stream, index):
        total = sum(bits(stream, index) >> 16 * part & 0xFFFF for part in range(4))
        return np.float32(total - 131070) / np.float32(37837)

    for row, k in [(0, 0), (1, 5), (3, 599)]:
        outlier = bits(2, k)
        size = np.float32(16 + outlier // 128 % 64 if outlier % 128 == 0 else 1)
        assert activations[row, k] == np.float16(bell(1, row * 600 + k) * size)
    assert weights[5, 2] == bell(3, 17) / np.float32(64)
    spread = activations.astype(np.float64).std(axis=0)
    assert 1 <= (spread > 4).sum() <= 20  # outlier channels
    different = Run(tmp_path / "other", [(4, 600, 3)], "functional.seed=8")
    assert not np.array_equal(different.tensor("0.activations"), activations)


# --- reported errors -------------------------------------------------------------------------------------------


def test_reported_errors(tmp_path):
    run = Run(tmp_path, [(30, 400, 50), (20, 256, 40)], "precision.other=3")
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "report.schema.json").read_text()))
    assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(run.report)] == []
    signal = noise = 0
    for index in range(2):
        activations, weights, codes, scales = run.operands(index)
        errors = run.op("anda", index)["functional"]
        outputs = run.tensor(f"anda/{index}.outputs").astype(np.float64)
        values = codes * np.repeat(scales.astype(np.float64), 128, axis=0)[: len(codes)]
        reference = activations.astype(np.float64) @ values
        signal += (reference**2).sum()
        noise += ((outputs - reference) ** 2).sum()
        assert errors["sqnr_db"] == pytest.approx(
            10 * np.log10((reference**2).sum() / ((outputs - reference) ** 2).sum()), abs=1e-3)
        assert errors["max_abs_error"] == pytest.approx(np.abs(outputs - reference).max(), rel=1e-3)
        _, _, mantissas = encode(activations, 64, 3)
        lost = mantissas.reshape(len(activations), -1)[:, : activations.shape[1]] == 0
        assert errors["zeroed_activations"] == (lost & (activations != 0)).sum() > 0
        assert errors["zeroed_weights"] == ((codes == 0) & (weights != 0)).sum() > 0
        expected, _ = aligned(activations, codes, scales, 3)
        assert errors["zeroed_outputs"] == ((outputs == 0) & (expected != 0)).sum() > 0
        assert errors["dot_overflows"] == errors["output_overflows"] == errors["replaced_inputs"] == 0
        for name, length in {**dict.fromkeys(FLOATING, 0), **ALIGNED_BITS}.items():
            errors = run.op(name, index)["functional"]
            noise_of = ((run.tensor(f"{name}/{index}.outputs").astype(np.float64) - reference) ** 2).sum()
            assert errors["sqnr_db"] == pytest.approx(10 * np.log10((reference**2).sum() / noise_of), abs=0.01)
            lost = encode(activations, 64, length)[2] == 0 if length else np.zeros((1,), dtype=bool)
            present = groups_of(activations, 64) != 0 if length else lost
            assert errors["zeroed_activations"] == (lost & present).sum()
        assert run.op("figna-m8", index)["functional"]["zeroed_activations"] > 0
    tensors = run.system("anda")["tensors"]
    assert tensors[0]["functional"]["sqnr_db"] == pytest.approx(10 * np.log10(signal / noise), abs=1e-3)
    with open(run.out / "ops.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = [row for row in rows if row["system"] == "anda"]
    assert len(rows) == 2
    for row, op in zip(rows, run.system("anda")["ops"]):
        for key, value in op["functional"].items():
            assert float(row[key]) == value


def test_overflows(tmp_path):
    a = np.full((3, 128), 1, dtype=np.float16)
    a[0, :] = 60000
    w = np.ones((128, 20), dtype=np.int8)
    run = Run(tmp_path, [(3, 128, 20)], *save(tmp_path / "in", activations=a, weights=w), "precision.output=fp16")
    assert np.isinf(run.tensor("anda/0.outputs")[0]).all()
    assert (run.tensor("anda/0.outputs")[1:] == 128).all()
    errors = run.op("anda")["functional"]
    assert (errors["dot_overflows"], errors["output_overflows"]) == (2 * 20, 0)
    errors = run.op("fp-fp")["functional"]
    assert (errors["dot_overflows"], errors["output_overflows"]) == (0, 20)

    settings = save(tmp_path / "in", activations=a, weights=w)
    refused = Run(tmp_path / "refused", [(3, 128, 20)], *settings, status=1)
    assert "GeMM 'g0', system anda: 20 results are infinite or NaN" in refused.message
    assert "the first is (0, 0)" in refused.message
    assert not refused.out.exists()
    run = Run(tmp_path / "saturated", [(3, 128, 20)], *settings, "functional.non_finite=saturate")
    assert (run.tensor("anda/0.outputs")[0] == compressed(np.full((1, 20), np.inf, np.float16), 8)).all()
    assert run.op("anda")["functional"]["replaced_outputs"] == 20


EDGES = np.array([0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400, 0x8400, 0x07FF, 0x3C00, 0xBC00, 0x5555,
                  0x7800, 0x7BFF, 0xFBFF], dtype=np.uint16).view(np.float16)


@pytest.mark.parametrize("weight_bits", [1, 4, 8])
@pytest.mark.parametrize("dot_format", ["fp16", "fp32"])
def test_edges_of_the_numbers(tmp_path, dot_format, weight_bits):
    """Groups of zeros, subnormals, numbers next to others 2^30 times as large, and ±65504 with extreme weights."""
    seed = 5
    rng = np.random.default_rng(seed)
    print("seed", seed)
    a = rng.choice(EDGES, (24, 320))
    a[0], a[1], a[2] = 0, EDGES[2], -EDGES[13]  # zeros; the smallest number; the largest one
    a[3, 64:128] = 0
    a[4:8] = rng.choice(EDGES[:9], (4, 320))  # subnormal, or with the least exponents
    a[8:12, 5::64] = EDGES[13]  # one number that the rest of its group is nothing beside
    end = 2 ** (weight_bits - 1)
    w = rng.integers(-end, end, (320, 40)).astype(np.int8)
    w[:, :4], w[:, 4:8] = -end, end - 1
    run = Run(tmp_path, [(24, 320, 40, weight_bits)], *save(tmp_path / "in", activations=a, weights=w),
              f"functional.dot_format={dot_format}", "precision.output=fp16", "precision.other=14")
    activations, codes, scales = run.tensor("0.activations"), run.tensor("0.codes"), run.tensor("0.scales")
    assert np.array_equal(bits_of(activations), bits_of(a)) and np.array_equal(codes, w) and (scales == 1).all()
    for name in SYSTEMS:
        if name in FLOATING:
            expected = FLOATING[name](activations, codes, scales)
        else:
            length = ALIGNED_BITS.get(name, 14)
            expected, overflows = aligned(activations, codes, scales, length, dot_format=dot_format)
            assert run.op(name)["functional"]["dot_overflows"] == overflows
            assert (overflows > 0) == (dot_format == "fp16")
        assert np.array_equal(bits_of(run.tensor(f"{name}/0.outputs")), bits_of(expected)), name
        assert np.isinf(expected).any() and np.isfinite(expected).any()


def test_three_arithmetics_against_a_sum_by_hand(tmp_path):
    """Three weights of 3 · s with s = 1 + 2^-10: FP-FP rounds each to 3 + 2^-8, the others have 9 · s."""
    s = np.float32(1 + 2**-10)
    a = np.array([[0, 1, 1, 1]], dtype=np.float16)
    w = np.array([[7 * s], [3 * s], [3 * s], [3 * s]], dtype=np.float32)
    run = Run(tmp_path, [(1, 4, 1)], *save(tmp_path / "in", activations=a, weights=w), "precision.output=fp16")
    assert run.tensor("0.codes").ravel().tolist() == [7, 3, 3, 3] and run.tensor("0.scales")[0, 0] == s
    for name in SYSTEMS:
        # 9 + 3 · 2^-8 is a tie and rounds up to even; 9 + 9 · 2^-10 is nearest to 9 + 2^-7.
        assert run.tensor(f"{name}/0.outputs")[0, 0] == (9 + 2**-6 if name == "fp-fp" else 9 + 2**-7), name


def test_non_finite_activations(tmp_path):
    a = np.ones((3, 100), dtype=np.float16)
    a[1, 7], a[2, 0], a[2, 1] = np.nan, np.inf, -np.inf
    settings = save(tmp_path / "in", activations=a)
    refused = Run(tmp_path / "refused", [(3, 100, 20)], *settings, status=2)
    assert "GeMM 'g0'" in refused.message and "activations.npy" in refused.message
    assert "tensor 'T', index 107: NaN" in refused.message
    assert not refused.out.exists()
    run = Run(tmp_path / "saturated", [(3, 100, 20)], *settings, "functional.non_finite=saturate")
    assert run.op("anda")["functional"]["replaced_inputs"] == 3
    assert run.tensor("0.activations")[2, :2].tolist() == [65504, -65504]
    assert run.tensor("0.activations")[1, 7] == 0
    check(run, 8, output_bits=8)


# --- wrong input -----------------------------------------------------------------------------------------------


A = np.ones((3, 100), dtype=np.float16)
W = np.ones((100, 20), dtype=np.float32)


@pytest.mark.parametrize(
    "name, array, words",
    [
        ("activations", A[:2], "has the shape 2 × 100, must be 3 × 100"),
        ("activations", A.ravel(), "has the shape 300, must be 3 × 100"),
        ("activations", np.asfortranarray(A), "is in Fortran order, must be in C order"),
        ("activations", A.astype(np.float64), 'type "<f8", must be float16'),
        ("activations", A.astype(">f2"), 'type ">f2", must be float16'),
        ("activations", A.astype(np.int8), "holds int8, activations must be float16 or float32"),
        ("weights", W.T.copy(), "has the shape 20 × 100, must be 100 × 20"),
        ("weights", (W * 8).astype(np.int8), "weight (0, 0) is 8, which does not fit in 4 bits"),
        ("weights", W * np.float32(np.nan), "column 0: weight 0 is not finite"),
        ("weights", W * np.float32(1e6), "column 0: weights 0 … 99 are too large"),
    ],
)
def test_wrong_arrays_are_refused_before_the_simulation(tmp_path, name, array, words):
    settings = save(tmp_path / "in", **{name: array})
    run = Run(tmp_path, [(3, 100, 20)], *settings, status=2)
    assert "GeMM 'g0': " in run.message and f"{name}.npy" in run.message and words in run.message
    assert not run.out.exists()


def cut(data):
    return data[:-1]


@pytest.mark.parametrize(
    "change, words",
    [
        (cut, "has 599 bytes of numbers, must be 600"),
        (lambda data: data + b"x", "has 601 bytes of numbers, must be 600"),
        (lambda data: b"", "is not a .npy file: it is too short"),
        (lambda data: b"PK" + data, "is not a .npy file: it does not start with"),
        (lambda data: data[:6] + b"\x03" + data[7:], "has version 3.0"),
        (lambda data: data[:20], "ends too soon"),
        (lambda data: data.replace(b"shape", b"shade"), "the header of the .npy file is broken"),
        (lambda data: data.replace(b"(3, 100)", b"(3, 1e2)"), "the header of the .npy file is broken"),
    ],
)
def test_broken_files_are_refused(tmp_path, change, words):
    np.save(tmp_path / "a.npy", A)
    (tmp_path / "a.npy").write_bytes(change((tmp_path / "a.npy").read_bytes()))
    run = Run(tmp_path, [(3, 100, 20)], f"functional.activations={tmp_path / 'a.npy'}", status=2)
    assert "a.npy: " in run.message and words in run.message


def test_other_wrong_input_is_refused(tmp_path):
    (tmp_path / "a.raw").write_bytes(b"x" * 601)
    run = Run(tmp_path, [(3, 100, 20)], f"functional.activations={tmp_path / 'a.raw'}", status=2)
    assert "has 601 bytes; 3 × 100 numbers take 600 as float16, 1200 as float32" in run.message
    run = Run(tmp_path, [(3, 100, 20)], f"functional.activations={tmp_path}", status=2)
    assert "0.activations.npy: cannot open the file: No such file" in run.message
    run = Run(tmp_path, [(3, 100, 20)], "functional.activations=/no/such/file", status=2)
    assert "must be an existing file or folder" in run.message
    run = Run(tmp_path, [(2000, 3000, 2000)], "dram.capacity_bytes=1048576", status=2)
    assert "bytes of external memory, dram.capacity_bytes is 1048576" in run.message
    run = Run(tmp_path, [(3, 100, 20)], "simulation.fold_layers=true", status=2)
    assert "simulation.fold_layers: is true, must be false with functional.enabled" in run.message


def test_data_changes_no_time(tmp_path):
    on = Run(tmp_path / "on", [(40, 300, 100)])
    off = Run(tmp_path / "off", [(40, 300, 100)], "functional.enabled=false")
    assert not (off.out / "tensors").exists()
    for a, b in zip(on.report["systems"], off.report["systems"]):
        assert a["actions"] == b["actions"]
        assert "functional" in a["ops"][0] and "functional" not in b["ops"][0]
