# SPDX-License-Identifier: Apache-2.0
"""The numeric library against numpy, bit for bit.

Run with the build directory in ANDA_BUILD_DIR:
  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_numeric.py

The reference works on real numbers (float16 and float64 of numpy, Python integers and fractions); it shares no code
and no shift with the C++ side. Most inputs are random with a fixed seed, mixed with edge values.
"""

import bisect
import os
import pathlib
import subprocess
from fractions import Fraction

import numpy as np
import pytest

EDGES = np.array(
    [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x83FF, 0x0400, 0x8400, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7800, 0x5555],
    dtype=np.uint16,
)
ALL_PATTERNS = np.arange(0x10000, dtype=np.uint32).astype(np.uint16)
FINITE_PATTERNS = ALL_PATTERNS[np.isfinite(ALL_PATTERNS.view(np.float16))]
RESULT = np.dtype([("sum", "<f4"), ("output", "<u4"), ("group_overflows", "<u4"), ("output_overflows", "<u4")])


def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    if not build:
        pytest.fail("ANDA_BUILD_DIR is not set: give the build directory, for example ANDA_BUILD_DIR=build/release")
    path = pathlib.Path(build) / "tests" / "numeric_dump"
    if not path.exists():
        pytest.fail(f"{path} does not exist: build the target numeric_dump")
    return path


def call(function, *arguments, data=(), status=0):
    """Runs numeric_dump on the bytes of some arrays; its output as bytes, or its message if it must fail."""
    done = subprocess.run(
        [program(), function, *map(str, arguments)],
        input=b"".join(np.ascontiguousarray(array).tobytes() for array in data),
        capture_output=True,
        check=False,
    )
    assert done.returncode == status, done.stderr.decode()
    return done.stderr.decode() if status else done.stdout


# --- reference -------------------------------------------------------------------------------------------------


def exponents(values):
    """E of FP16 values: 2^(E - 15) <= |value| < 2^(E - 14), at least 1."""
    _, power = np.frexp(np.abs(values.astype(np.float64)))
    return np.where(values == 0, 1, np.maximum(power + 14, 1))


def encode(patterns, bits):
    """Groups in the rows of an array of FP16 patterns -> exponents, signs, mantissas."""
    values = patterns.view(np.float16)
    shared = exponents(values).max(axis=1)
    mantissas = np.floor(np.ldexp(np.abs(values.astype(np.float64)), (14 + bits - shared)[:, None]))
    return shared, np.signbit(values), mantissas.astype(np.int64)


def group_dots(patterns, weights, bits):
    shared, negative, mantissas = encode(patterns, bits)
    return shared, (np.where(negative, -mantissas, mantissas) * weights.astype(np.int64)).sum(axis=1)


def canonical(values):
    """Bits of FP16 values with canonical NaNs."""
    return np.where(np.isnan(values), np.uint16(0x7E00), values.view(np.uint16))


def pad(rows, width):
    return np.pad(rows, ((0, 0), (0, width - rows.shape[1])))


def rows(patterns, weights, scales, group_size, bits, scale_group, dot_format):
    """Output elements of the rows of three arrays."""
    total = np.zeros(len(patterns), dtype=np.float32)
    overflows = np.zeros(len(patterns), dtype=np.int64)
    for first in range(0, patterns.shape[1], group_size):
        group = pad(patterns[:, first : first + group_size], group_size)
        shared, dots = group_dots(group, pad(weights[:, first : first + group_size], group_size), bits)
        exact = np.ldexp(dots.astype(np.float64), shared - 14 - bits)
        if dot_format == "fp16":
            rounded = exact.astype(np.float16)
            overflows += np.isinf(rounded)
            rounded = rounded.astype(np.float32)
        else:
            rounded = exact.astype(np.float32)
        scale = scales[:, first // scale_group].view(np.float16).astype(np.float32)
        total = total + rounded * scale
    return finish(total, overflows)


def finish(total, overflows):
    assert total.dtype == np.float32
    output = total.astype(np.float16)
    return total, canonical(output), overflows, np.isinf(output) & np.isfinite(total)


def planes_to_bytes(patterns, bits):
    """A block of the rows of an array: sign plane, mantissa planes MSB first, exponents."""
    shared, negative, mantissas = encode(patterns, bits)
    stream = [negative.ravel()]
    stream += [(mantissas.ravel() // 2**p % 2).astype(bool) for p in reversed(range(bits))]
    exponent_bits = [[e // 2**b % 2 for b in range(5)] for e in shared]
    return b"".join(np.packbits(bit, bitorder="little").tobytes() for bit in [*stream, np.ravel(exponent_bits)])


# --- inputs ----------------------------------------------------------------------------------------------------


def random_patterns(rng, shape, lowest=0, span=31):
    """FP16 patterns with exponent fields of lowest ... lowest + span - 1, one in eight an edge value of that range."""
    exponent = rng.integers(lowest, lowest + span, shape)
    patterns = rng.integers(0, 2, shape) * 0x8000 + exponent * 1024 + rng.integers(0, 1024, shape)
    edges = EDGES[EDGES // 1024 % 32 < lowest + span]
    return np.where(rng.integers(0, 8, shape) == 0, rng.choice(edges, shape), patterns).astype(np.uint16)


def random_weights(rng, shape, bits):
    end = 2 ** (bits - 1)
    weights = rng.integers(-end, end, shape)
    return np.where(rng.integers(0, 4, shape) == 0, -end, weights).astype(np.int8)


def anchored_groups(size):
    """Groups that combine every finite pattern with every possible E*: an element of exponent E* comes first."""
    groups = []
    for shared in range(1, 31):
        patterns = FINITE_PATTERNS[exponents(FINITE_PATTERNS.view(np.float16)) <= shared]
        patterns = np.concatenate([patterns, np.zeros(-len(patterns) % (size - 1), np.uint16)]).reshape(-1, size - 1)
        groups.append(np.insert(patterns, 0, shared * 1024, axis=1))
    return np.concatenate(groups).astype(np.uint16)


# --- FP16 ------------------------------------------------------------------------------------------------------


def test_every_pattern_to_float():
    ours = np.frombuffer(call("to_float", data=[ALL_PATTERNS]), np.float32)
    theirs = ALL_PATTERNS.view(np.float16).astype(np.float32)
    finite = ~np.isnan(theirs)
    assert np.array_equal(ours[finite].view(np.uint32), theirs[finite].view(np.uint32))
    assert np.isnan(ours[~finite]).all() and (~finite).sum() == 2 * 1023


def test_doubles_to_fp16():
    rng = np.random.default_rng(1)
    halves = FINITE_PATTERNS.view(np.float16).astype(np.float64)
    steps = np.diff(np.unique(halves))
    ties = np.unique(halves)[:-1] + steps / 2
    values = np.concatenate(
        [
            ALL_PATTERNS.view(np.float16).astype(np.float64),
            *(np.concatenate([x, np.nextafter(x, np.inf), np.nextafter(x, -np.inf)]) for x in (halves, ties)),
            [65519.999, 65520, -65520, 1e300, -1e300, 1e-300, np.inf, -np.inf, np.nan, 2.0**-25, 5e-324],
            np.ldexp(rng.uniform(-1, 1, 500000), rng.integers(-30, 20, 500000)),
        ]
    )
    with np.errstate(over="ignore", under="ignore"):
        theirs = canonical(values.astype(np.float16))
    assert np.array_equal(np.frombuffer(call("to_fp16", data=[values]), np.uint16), theirs)


# --- groups and planes -----------------------------------------------------------------------------------------


def assert_encodes(patterns, bits):
    size = patterns.shape[1]
    layout = np.dtype([("exponent", "u1"), ("negative", "u1", size), ("mantissa", "<u4", size)])
    ours = np.frombuffer(call("encode", size, bits, "refuse", data=[patterns]), layout)
    shared, negative, mantissas = encode(patterns, bits)
    assert np.array_equal(ours["exponent"], shared)
    assert np.array_equal(ours["negative"], negative)
    assert np.array_equal(ours["mantissa"], mantissas)


@pytest.mark.parametrize("bits", range(1, 17))
def test_every_pattern_with_every_shared_exponent(bits):
    groups = anchored_groups(256)
    assert set(np.unique(groups)) == set(FINITE_PATTERNS)
    assert_encodes(groups, bits)


@pytest.mark.parametrize("size", [8, 16, 24, 64, 128, 256])
def test_random_groups(size):
    rng = np.random.default_rng(size)
    for bits in [*range(1, 17), 24]:
        span = int(rng.integers(1, 32))
        assert_encodes(random_patterns(rng, (50, size), int(rng.integers(0, 32 - span)), span), bits)


@pytest.mark.parametrize("way", ["formula", "serial"])
@pytest.mark.parametrize("size, count", [(64, 16), (64, 5), (8, 1), (8, 3), (128, 16), (256, 7), (40, 13)])
def test_block_bytes(way, size, count):
    rng = np.random.default_rng(size * 100 + count)
    for bits in range(1, 17):
        patterns = random_patterns(rng, (3, count, size))
        expected = b"".join(planes_to_bytes(block, bits) for block in patterns)
        assert len(expected) == 3 * ((bits + 1) * count * size // 8 + -(-count * 5 // 8))
        assert call("block", size, bits, count, way, data=[patterns]) == expected


def test_every_pattern_through_the_serial_aligner():
    groups = anchored_groups(256)
    groups = np.concatenate([groups, np.zeros((-len(groups) % 16, 256), np.uint16)]).reshape(-1, 16, 256)
    expected = b"".join(planes_to_bytes(block, 16) for block in groups)
    assert call("block", 256, 16, 16, "serial", data=[groups]) == expected


@pytest.mark.parametrize("pattern, name", [(0x7C00, "+infinity"), (0xFC00, "-infinity"), (0x7E01, "NaN")])
def test_non_finite_values(pattern, name):
    values = np.full(8, 0x3C00, np.uint16)
    values[5] = pattern
    message = call("encode", 8, 4, "refuse", data=[values], status=2)
    assert f"tensor 'stdin', index 5: {name}" in message
    replaced = values.copy()
    replaced[5] = {0x7C00: 0x7BFF, 0xFC00: 0xFBFF, 0x7E01: 0}[pattern]
    assert call("encode", 8, 4, "saturate", data=[values]) == call("encode", 8, 4, "refuse", data=[replaced])


# --- dot products ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight_bits", range(1, 9))
@pytest.mark.parametrize("way", ["integer", "planes"])
def test_group_dots(way, weight_bits):
    rng = np.random.default_rng(weight_bits)
    for bits in [*range(1, 17), 24]:
        for size in (8, 64, 256):
            span = int(rng.integers(1, 32))
            patterns = random_patterns(rng, (40, size), int(rng.integers(0, 32 - span)), span)
            weights = random_weights(rng, (40, size), weight_bits)
            ours = np.frombuffer(call("group_dot", size, bits, weight_bits, way, data=[patterns, weights]), np.int64)
            _, dots = group_dots(patterns, weights, bits)
            assert np.array_equal(ours, dots)
            if bits <= 16:
                assert np.abs(dots).max() < 2**31


def assert_same_results(raw, expected):
    ours = np.frombuffer(raw, RESULT)
    total, output, group_overflows, output_overflows = expected
    nan = np.isnan(total)
    assert np.array_equal(np.isnan(ours["sum"]), nan)
    assert np.array_equal(ours["sum"][~nan].view(np.uint32), total[~nan].view(np.uint32))
    assert np.array_equal(ours["output"], output)
    assert np.array_equal(ours["group_overflows"], group_overflows)
    assert np.array_equal(ours["output_overflows"], output_overflows)


@pytest.mark.filterwarnings("ignore:overflow|invalid")
@pytest.mark.parametrize("dot_format", ["fp16", "fp32"])
@pytest.mark.parametrize("lowest, span", [(5, 12), (0, 31), (0, 3), (14, 17)])
def test_rows(dot_format, lowest, span):
    rng = np.random.default_rng(100 * lowest + span)
    overflows = 0
    for k, group_size, scale_group in [(1, 8, 128), (64, 64, 128), (1000, 64, 128), (777, 128, 256), (300, 256, 300)]:
        for bits in [*range(1, 17), 24]:
            weight_bits = int(rng.integers(1, 9))
            patterns = random_patterns(rng, (60, k), lowest, span)
            weights = random_weights(rng, (60, k), weight_bits)
            scales = random_patterns(rng, (60, -(-k // scale_group)), lowest, min(span, 12))
            expected = rows(patterns, weights, scales, group_size, bits, scale_group, dot_format)
            arguments = (k, group_size, bits, weight_bits, scale_group, dot_format)
            assert_same_results(call("row", *arguments, data=[patterns, weights, scales]), expected)
            overflows += expected[2].sum() + expected[3].sum()
    assert (overflows > 0) == (lowest + span == 31)


@pytest.mark.filterwarnings("ignore:overflow|invalid")
@pytest.mark.parametrize("weight_bits", range(1, 9))
def test_fp16_rows(weight_bits):
    rng = np.random.default_rng(weight_bits)
    overflows = 0
    for k, lowest, span in [(1, 0, 31), (500, 5, 12), (700, 0, 31)]:
        patterns = random_patterns(rng, (200, k), lowest, span)
        weights = random_weights(rng, (200, k), weight_bits)
        scales = random_patterns(rng, (200, -(-k // 128)), 2, 12)
        scale = np.repeat(scales.view(np.float16), 128, axis=1)[:, :k].astype(np.float64)
        dequantised = (weights * scale).astype(np.float16)
        total = np.zeros(200, dtype=np.float32)
        for i in range(k):
            total = total + patterns[:, i].view(np.float16).astype(np.float32) * dequantised[:, i].astype(np.float32)
        expected = finish(total, np.zeros(200, dtype=np.int64))
        assert_same_results(call("row_fp16", k, weight_bits, 128, data=[patterns, weights, scales]), expected)
        overflows += expected[3].sum()
    assert overflows > 0


# --- weights ---------------------------------------------------------------------------------------------------

HALVES = [Fraction(float(x)) for x in np.arange(0x7C00, dtype=np.uint16).view(np.float16)]


def nearest_half(value):
    """FP16 pattern nearest to a fraction >= 0 below 65504, ties to even."""
    low = bisect.bisect_right(HALVES, value) - 1
    rest = value - HALVES[low]
    gap = HALVES[low + 1] - HALVES[low]
    return low + (2 * rest > gap or (2 * rest == gap and low % 2 == 1))


def quantise(weights, bits):
    """A scale group in fractions -> integers and scale pattern."""
    exact = [Fraction(float(w)) for w in weights]
    qmax = 2 ** (bits - 1) - 1
    if bits == 1:
        lowest, highest, extent = -1, 0, max(0, -min(exact))
    else:
        lowest, highest, extent = -qmax, qmax, max(map(abs, exact)) / qmax
    scale = nearest_half(extent)
    step = HALVES[scale]
    return [min(max(round(w / step), lowest), highest) if step else 0 for w in exact], scale


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("power", [-30, -22, -16, -4, 0, 8])
def test_quantise(bits, power):
    rng = np.random.default_rng(bits)
    # Coarse multiples give ties, the others use all 24 bits of a float.
    coarse = rng.integers(-64, 65, 300) / 4
    weights = np.ldexp(np.where(rng.integers(0, 2, 300) == 0, coarse, rng.normal(0, 4, 300)), power).astype(np.float32)
    raw = call("quantise", bits, 128, data=[weights])
    values = np.frombuffer(raw[:300], np.int8)
    dequantised = np.frombuffer(raw[300:900], np.uint16)
    scales = np.frombuffer(raw[900:], np.uint16)
    for group, first in enumerate(range(0, 300, 128)):
        expected, scale = quantise(weights[first : first + 128], bits)
        assert scales[group] == scale
        assert values[first : first + 128].tolist() == expected
    real = values * np.repeat(scales.view(np.float16), 128)[:300].astype(np.float64)
    assert np.array_equal(dequantised, real.astype(np.float16).view(np.uint16))


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 128, 1001])
def test_packed_weights(bits, count):
    weights = random_weights(np.random.default_rng(count), count, bits)
    stream = [int(w) % 2**bits // 2**b % 2 for w in weights for b in range(bits)]
    packed = np.packbits(np.array(stream, dtype=bool), bitorder="little").tobytes()
    assert call("pack", bits, data=[weights]) == packed
    assert call("unpack", bits, count, data=[np.frombuffer(packed, np.uint8)]) == weights.tobytes()
    if bits == 4:
        nibbles = np.append(weights, [0] * (count % 2)).astype(np.int64) % 16
        assert packed == (nibbles[0::2] + 16 * nibbles[1::2]).astype(np.uint8).tobytes()


def test_weights_that_do_not_fit_are_refused():
    assert "weight 1 is 8, which does not fit in 4 bits" in call("pack", 4, data=[np.array([7, 8], np.int8)], status=2)
