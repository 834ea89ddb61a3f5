# SPDX-License-Identifier: Apache-2.0
"""The functions of the vector unit against numpy, bit for bit, and against real numbers (docs/numeric.md).

  ANDA_BUILD_DIR=build/release /usr/bin/python3 -m pytest tests/python/test_vector_arithmetic.py
"""

import numpy as np
import pytest
import vector_arithmetic as unit
from test_numeric import call

pytestmark = pytest.mark.filterwarnings("ignore:overflow|invalid|divide")

FUNCTIONS = {"exp2": unit.exp2, "exp": unit.exp, "reciprocal": unit.reciprocal, "root": unit.reciprocal_root,
             "silu": unit.silu, "gelu": unit.gelu}


def gelu(x):
    return x / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


REAL = {"exp2": np.exp2, "exp": np.exp, "reciprocal": lambda x: 1 / x, "root": lambda x: 1 / np.sqrt(x),
        "silu": lambda x: x / (1 + np.exp(-x)), "gelu": gelu}


def dense():
    """All FP16 numbers, floats of every exponent, and the ends of table segments with their neighbours."""
    halves = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(np.float16).astype(np.float32)
    rng = np.random.default_rng(8)
    anything = rng.integers(0, 2**32, 200000, dtype=np.uint32).view(np.float32)
    near = (rng.integers(-4160, 4160, 50000) / 32).astype(np.float32)
    edges = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))])
    return np.concatenate([halves, anything, edges])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_bit_for_bit(name):
    x = dense()
    results = np.frombuffer(call("vector", name, data=[x]), dtype=np.float32)
    expected = FUNCTIONS[name](x)
    nan = np.isnan(expected)
    assert np.array_equal(nan, np.isnan(results))
    assert np.array_equal(results[~nan].view(np.uint32), expected[~nan].view(np.uint32))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_correctly_rounded_but_near_ties(name):
    """Over all FP16 numbers a result differs from the correctly rounded one only where that is nearly a tie."""
    x = np.arange(65536, dtype=np.uint32).astype(np.uint16).view(np.float16).astype(np.float64)
    right = REAL[name](x)
    keep = np.isfinite(x) & np.isfinite(right) & (np.abs(right) < 65504)
    results = FUNCTIONS[name](x[keep]).astype(np.float16).astype(np.float64)
    _, power = np.frexp(right[keep])
    errors = np.abs(results - right[keep]) / np.ldexp(1.0, np.maximum(power, -13) - 11)
    assert 0.499 < errors.max() <= 0.5002


def test_sums_bit_for_bit():
    rng = np.random.default_rng(9)
    for n in (1, 15, 16, 17, 300):
        rows = np.ldexp(rng.normal(0, 1, (50, n)), rng.integers(-12, 12, (50, n))).astype(np.float32)
        results = np.frombuffer(call("vector_sum", n, data=[rows]), dtype=np.float32)
        assert np.array_equal(results.view(np.uint32), unit.total(rows)[:, 0].view(np.uint32))
