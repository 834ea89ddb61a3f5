# SPDX-License-Identifier: Apache-2.0
"""Operand formats against numpy: every code, every FP16 value, the cases of the specifications; bits, and storage in a cache."""

import numpy as np
import pytest
from format_tools import FINITE, activations, decoded, dump, encoded, formats, rounded
from functional_tools import ROOT, encode as anda_groups, decode as anda_values

# Elements of MX: bits of exponent and mantissa, largest number, and whether all ones are NaN or infinite.
MX = {"mxfp8-e4m3": (4, 3, 448.0, "nan"), "mxfp8-e5m2": (5, 2, 57344.0, "ieee"), "mxfp6-e2m3": (2, 3, 7.5, ""),
      "mxfp6-e3m2": (3, 2, 28.0, ""), "mxfp4": (2, 1, 6.0, "")}


def element_table(exponent, mantissa, specials):
    """The number of every code, from the fields."""
    codes = np.arange(2 ** (1 + exponent + mantissa))
    sign, field, fraction = codes >> (exponent + mantissa), (codes >> mantissa) % 2 ** exponent, codes % 2 ** mantissa
    bias = 2 ** (exponent - 1) - 1
    with np.errstate(all="ignore"):
        values = np.where(field == 0, fraction * 2.0 ** (1 - bias - mantissa),
                          (1 + fraction / 2.0 ** mantissa) * 2.0 ** (field.astype(float) - bias))
    top = field == 2 ** exponent - 1
    if specials == "nan":
        values[top & (fraction == 2 ** mantissa - 1)] = np.nan
    if specials == "ieee":
        values[top] = np.where(fraction[top] == 0, np.inf, np.nan)
    return np.where(sign == 1, -values, values)


def nearest_even(values, table):
    """Codes of the numbers nearest to values in a table by code; a tie goes to the even code; saturated."""
    magnitudes = table[: len(table) // 2]
    codes = np.flatnonzero(np.isfinite(magnitudes))
    known = magnitudes[codes]
    size = np.abs(values)[..., None]
    gap = np.abs(size - known)
    best = gap.min(axis=-1, keepdims=True)
    even_first = np.where(gap == best, codes % 2, 2)
    found = codes[even_first.argmin(axis=-1)]
    return np.where(np.signbit(values), found + len(table) // 2, found)


@pytest.mark.parametrize("name", MX)
def test_every_code_of_mx_under_every_scale(name):
    exponent, mantissa, largest, specials = MX[name]
    table = element_table(exponent, mantissa, specials)
    assert np.nanmax(table[np.isfinite(table)]) == largest
    codes = np.tile(np.arange(len(table)), (256, 1))
    scales = np.arange(256)[:, None]
    got = decoded(name, codes, scales)
    with np.errstate(all="ignore"):
        expected = (table * np.where(scales == 255, np.nan, 2.0 ** (scales - 127.0))).astype(np.float32)
    assert np.array_equal(np.isnan(got), np.isnan(expected))
    known = ~np.isnan(expected)
    assert np.array_equal(got[known].view(np.uint32), expected[known].view(np.uint32))


def test_every_code_of_mxint8():
    codes = np.tile(np.arange(256), (4, 1))
    scales = np.array([[0], [127], [254], [255]])
    got = decoded("mxint8", codes, scales)
    signed = np.arange(256).astype(np.uint8).view(np.int8).astype(np.float64)
    assert got[1][0x80] == -2.0 and got[1][0x7F] == 1.984375 and np.isnan(got[3]).all()
    for row, power in ((0, -127.0), (1, 0.0), (2, 127.0)):
        with np.errstate(all="ignore"):
            assert np.array_equal(got[row], (signed / 64 * 2.0 ** power).astype(np.float32))


def blocks_of_halves():
    """Every FP16 number: in blocks in order, which are near each other, and in blocks of all sizes, shuffled."""
    order = FINITE[: len(FINITE) // 32 * 32].reshape(-1, 32)
    shuffled = np.random.default_rng(1).permutation(FINITE)[: len(FINITE) // 32 * 32].reshape(-1, 32)
    return np.concatenate([order, shuffled, np.pad(FINITE[-63:], (0, 1)).reshape(-1, 32)]).astype(np.float32)


@pytest.mark.parametrize("name", [*MX, "mxint8"])
def test_mx_encodes_every_half_as_numpy_does(name):
    values = blocks_of_halves().astype(np.float64)
    largest = np.abs(values).max(axis=1)
    emax = 0 if name == "mxint8" else int(np.floor(np.log2(MX[name][2])))
    # frexp is exact where log2 is not.
    power = np.where(largest == 0, -127, np.maximum(np.frexp(largest)[1] - 1 - emax, -127))
    scaled = values / 2.0 ** power[:, None]
    if name == "mxint8":
        expected = (np.clip(np.rint(scaled * 64), -127, 127).astype(np.int64) & 0xFF)
    else:
        exponent, mantissa, _, specials = MX[name]
        expected = nearest_even(scaled, element_table(exponent, mantissa, specials))
    codes, scales = encoded(name, values)
    assert np.array_equal(scales[:, 0], power + 127)
    assert np.array_equal(codes, expected)


def test_special_cases_of_mx():
    block = np.zeros((5, 32), np.float32)
    block[1, 3], block[2, 4], block[3] = np.nan, -np.inf, 2.0 ** -149
    block[4, :8] = [1, -.3, 5.9, .02, -2.6, .75, 3.5, -7.2]
    codes, scales = encoded("mxfp4", block)
    assert scales[:4, 0].tolist() == [0, 255, 255, 0]  # zero, NaN, infinite, below the smallest scale
    assert (codes[0] == 0).all() and np.isnan(decoded("mxfp4", codes[1:3], scales[1:3])).all()
    # The block of the example: −7.2 is beyond 6 and saturates.
    assert scales[4, 0] == 127 and codes[4, :8].tolist() == [2, 9, 7, 0, 0xD, 2, 6, 0xF]
    ties = np.array([[4, .25, .75, 1.25, 1.75, 2.5, 3.5, 5]], np.float32)
    assert decoded("mxfp4", *encoded("mxfp4", ties)).tolist() == [[4, 0, 1, 1, 2, 2, 4, 4]]
    # Subnormal elements: half the smallest normal one and a quarter of it, which ties to 0.
    small = np.array([[6, .5, .25, -.5]], np.float32)
    assert decoded("mxfp4", *encoded("mxfp4", small)).tolist() == [[6, .5, 0, -.5]]
    # 127.9999 in E5M2: the scale is 2^(6 − 15), and the number saturates.
    codes, scales = encoded("mxfp8-e5m2", np.array([[127.9999]], np.float32))
    assert (int(scales[0, 0]), int(codes[0, 0])) == (118, 0x7B)


def test_bf16_of_every_upper_half_and_of_ties():
    patterns = (np.arange(65536, dtype=np.uint32) << 16)
    ties = np.concatenate([patterns, patterns | 0x7FFF, patterns | 0x8000, patterns | 0x8001]).view(np.float32)
    got = dump("row", "bf16", len(ties), ties)
    got = np.frombuffer(got[: ties.nbytes], np.uint32)
    bits = ties.view(np.uint32).astype(np.uint64)
    expected = (((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) << 16).astype(np.uint32)
    known = ~np.isnan(ties)
    assert np.array_equal(got[known], expected[known])
    assert np.isnan(got.view(np.float32)[~known]).all()


def in_groups(values, group):
    return [values[:, i : i + group or None] for i in range(0, values.shape[1], group)] if group else [values]


@pytest.mark.parametrize("bits", [1, 3, 6, 11, 16])
def test_truncated_anda_is_the_machines(bits):
    values = np.concatenate([activations(), FINITE[: 317 * 200].reshape(-1, 200).astype(np.float32)])
    got, _ = rounded(f"{{name: a, family: anda, mantissa_bits: {bits}, group: 64, rounding: truncate}}", values)
    expected = anda_values(*anda_groups(values.astype(np.float16), 64, bits), bits, 200).astype(np.float32)
    assert np.array_equal(got.view(np.uint32), expected.view(np.uint32))


def test_nearest_and_stochastic_anda():
    values = activations(200)
    nearest, _ = rounded("anda-6-nearest", values)
    stochastic, _ = rounded("anda-6-stochastic", values)
    for start in range(0, 200, 64):
        part = values[:, start : start + 64].astype(np.float64)
        shared = np.maximum(np.frexp(np.abs(part).max(axis=1))[1] + 14, 1)
        unit = 2.0 ** (shared - 20)[:, None]
        expected = np.copysign(np.minimum(np.rint(np.abs(part) / unit), 63) * unit, part)
        assert np.array_equal(nearest[:, start : start + 64], expected.astype(np.float32))
        off = (np.abs(stochastic[:, start : start + 64]) - np.abs(part)) / unit
        assert (np.abs(off) < 1).all() or (np.abs(part / unit) > 63).any()
    # Unbiased, and other draws with another seed; the same with the same.
    ones = np.full((4000, 8), 1 / 3, np.float32)
    ones[:, 0], ones[:, 7] = 1, np.arange(4000) / 4096
    text = "{{name: s, family: bfp, mantissa_bits: 2, group: 8, rounding: stochastic, seed: {}}}"
    first, second, again = (rounded(text.format(seed), ones)[0] for seed in (1, 2, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, second)
    assert set(np.unique(first[:, 1])) == {0, .5} and abs(first[:, 1:6].mean() - 1 / 3) < 0.006


@pytest.mark.parametrize("group", [16, 0])
@pytest.mark.parametrize("bits", [3, 7])
def test_bfp(bits, group):
    values = activations()
    got, data = rounded(f"{{name: b, family: bfp, mantissa_bits: {bits}, group: {group}}}", values)
    done = 0
    for part in in_groups(values.astype(np.float64), group):
        unit = 2.0 ** (np.frexp(np.abs(part).max(axis=1))[1] - bits)[:, None]
        expected = np.copysign(np.minimum(np.rint(np.abs(part) / unit), 2 ** bits - 1) * unit, part)
        assert np.array_equal(got[:, done : done + part.shape[1]], expected.astype(np.float32))
        done += part.shape[1]
    # A group of zeros has the smallest exponent.
    codes, shared = encoded(f"{{name: b, family: bfp, mantissa_bits: {bits}, group: 16}}", np.array([[0.0] * 15 + [-0.0]]))
    assert shared.tolist() == [[0]] and codes[0].tolist() == [0] * 15 + [2 ** bits]
    blocks = len(in_groups(values, group))
    assert len(data) == len(values) * -(-(200 * (bits + 1) + 8 * blocks) // 8)


@pytest.mark.parametrize("group", [32, 0])
@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("zero", ["false", "true"])
def test_integers_with_and_without_zero_point(bits, group, zero):
    values = activations() + (3 if zero == "true" else 0)
    got, _ = rounded(f"{{name: i, family: int, bits: {bits}, group: {group}, zero_point: {zero}}}", values)
    done = 0
    for part in in_groups(values.astype(np.float64), group):
        if zero == "true":
            low, high = np.minimum(part.min(axis=1), 0)[:, None], np.maximum(part.max(axis=1), 0)[:, None]
            scale = ((high - low) / (2 ** bits - 1)).astype(np.float16).astype(np.float64)
            point = np.clip(np.rint(-low / scale), 0, 2 ** bits - 1)
            expected = (np.clip(np.rint(part / scale) + point, 0, 2 ** bits - 1) - point) * scale
        else:
            most = 2 ** (bits - 1) - 1
            scale = (np.abs(part).max(axis=1) / most).astype(np.float16).astype(np.float64)[:, None]
            expected = np.clip(np.rint(part / scale), -most, most) * scale
        assert np.array_equal(got[:, done : done + part.shape[1]], expected.astype(np.float32) + 0)
        done += part.shape[1]


NF4 = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
                -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0])


def test_nf4_and_the_choice_between_tables():
    values = activations(20, 128)
    got, _ = rounded("nf4", values)
    blocks = values.reshape(-1, 64).astype(np.float64)
    scale = np.abs(blocks).max(axis=1).astype(np.float32).astype(np.float64)[:, None]
    codes = np.abs(blocks[:, :, None] / scale[:, :, None] - NF4).argmin(axis=2)
    assert np.array_equal(got.reshape(-1, 64), (NF4[codes] * scale).astype(np.float32))
    # BitMoD's four tables: each with the special number that fits, found by the least squared error.
    base = [0, 1, 2, 4, -1, -2, -4]
    codes, shared = encoded("bitmod-fp3", np.array([[*base, special] for special in (3, -3, 6, -6)], np.float32), fields=2)
    assert shared[:, 1].tolist() == [0, 1, 2, 3]
    assert np.array_equal(decoded("bitmod-fp3", codes, shared), np.array([[*base, s] for s in (3, -3, 6, -6)], np.float32))


def test_bipolar_and_binary_sums():
    values = np.array([[-15, -13, 1, 3, 15, 2.9]], np.float32)
    assert rounded("{name: b, family: bipolar, bits: 4, group: 8}", values)[0].tolist() == [[-15, -13, 1, 3, 15, 3]]
    # Terms by hand: mean 3, then |−2|, |0|, |2|, … of what is left.
    got, _ = rounded("{name: b, family: binary-sum, terms: 2, group: 4}", np.array([[1, -3, 5, -3]], np.float32))
    assert got.tolist() == [[2, -2, 4, -2]]  # 3 ± 1: what is left is −2, 0, 2, 0, whose mean magnitude is 1
    got, _ = rounded("{name: b, family: binary-sum, terms: 1, group: 4, scale: power-of-two}", np.array([[1, -3, 5, -2.6]], np.float32))
    assert got.tolist() == [[2, -2, 2, -2]] or got.tolist() == [[4, -4, 4, -4]]
    assert np.log2(2.9) - 1 > 0.5 and got[0, 0] == 4  # the nearest power by its logarithm


def test_bits_of_a_value_count_everything():
    found = {entry["name"]: entry for entry in formats("--elements", 4096)}
    expected = {"bf16": 16, "mxint8": 8.25, "mxfp8-e4m3": 8.25, "mxfp8-e5m2": 8.25, "mxfp6-e2m3": 6.25, "mxfp6-e3m2": 6.25,
                "mxfp4": 4.25, "bfp8": 8.5, "bfp4": 4.5, "nf4": 4.5, "fp4": 4.5, "int4-group": 4.125,
                "int4-zero": 4 + 20 / 128, "int8-row": 8 + 16 / 4096, "bitmod-fp4": 4 + 18 / 128, "bitmod-fp3": 3 + 18 / 128,
                "bipolar-int4": 4.125, "shift-add-3": 3 + 24 / 128, "binary-residual": 2 + 32 / 128,
                "anda-6-nearest": 7 + 5 / 64, "anda-6-stochastic": 7 + 5 / 64,
                # Two codes of 8 bits for 8 weights, a scale for 4096, two codebooks of 256 · 8 FP16 numbers for 4096 · 4096.
                "aqlm-2x8": 16 / 8 + 16 / 4096 + 2 * 256 * 8 * 16 / 4096 ** 2}
    assert {name: entry["bits_per_value"] for name, entry in found.items()} == pytest.approx(expected)
    assert all(entry["source"] and entry["decoder"] for entry in found.values())
    assert {path.stem for path in (ROOT / "configs" / "formats").glob("*.yaml")} == set(expected)
    # A short last block has shared bits of its own.
    assert formats("--elements", 33, "--format", "mxfp4")[0]["bits_per_value"] == (33 * 4 + 16) / 33


def test_what_rounding_does_to_a_file(tmp_path):
    values = activations()
    np.save(tmp_path / "a.npy", values.astype(np.float16))
    [mx, bf] = formats("--measure", tmp_path / "a.npy", "--format", "mxfp4", "--format", "bf16")
    left = rounded("mxfp4", values)[0].astype(np.float64)
    noise = ((left - values) ** 2).sum()
    assert mx["sqnr_db"] == pytest.approx(10 * np.log10((values.astype(np.float64) ** 2).sum() / noise))
    assert mx["largest_error"] == pytest.approx(np.abs(left - values).max()) and bf["sqnr_db"] > 50


# Groups of 32 along the head, or along the tokens: 3 of the 70 tokens wait for a whole group.
@pytest.mark.parametrize("name, element, shared", [("mxfp4", 4, 8), ("mxfp8-e4m3", 8, 8), ("mxint8", 8, 8), ("bfp8", 8, 8),
                                                   ("bf16", 16, 0)])
@pytest.mark.parametrize("axis", ["token", "channel"])
def test_caches(name, element, shared, axis):
    values = activations(70, 48).astype(np.float16)
    group = {"bfp8": 16, "bf16": 1}.get(name, 32)
    out = dump("cache", name, 48, values, axis)
    got = np.frombuffer(out[: values.size * 4], np.float32).reshape(values.shape)
    data = out[values.size * 4:]
    if axis == "token":
        expected = rounded(name, values)[0]
        blocks, whole = 70 * -(-48 // group), 70
    else:
        whole = 70 // group * group
        expected = values.astype(np.float32)
        for start in range(0, whole, group):
            expected[start : start + group] = rounded(name, np.ascontiguousarray(values[start : start + group].T))[0].T
        blocks = whole // group * 48
    assert np.array_equal(got, expected)
    assert len(data) == -(-(whole * 48 * element + blocks * shared) // 8) + (70 - whole) * 48 * 2


def test_ties_of_tables_and_scales_that_are_powers_of_two():
    # Halfway between two numbers is the smaller code; of two tables that fit alike the group has the first.
    assert rounded("{name: t, family: table, bits: 1, group: 4, table: 0 2}", np.array([[2, 1]], np.float32))[0].tolist() == [[2, 0]]
    _, shared = encoded("{name: t, family: table, bits: 1, group: 4, table: 0 1 / 0 1}", np.array([[1, 0]]), 2)
    assert shared[0, 1] == 0
    # Integers get the power that no element overflows under: 9 / 7 is rounded up to 2.
    got, _ = rounded("{name: i, family: int, bits: 4, group: 4, scale: power-of-two}", np.array([[9, 1]], np.float32))
    assert got.tolist() == [[8, 0]]
