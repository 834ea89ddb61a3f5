# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of the vector unit in numpy, after docs/numeric.md: float32 in every step, rounded once each."""

import numpy as np

F = np.float32
LOG2_E, GELU_LINEAR, GELU_CUBIC = F(1.4426950408889634), F(-2.302208198144325), F(-0.1029432395800235)
LN2 = [F(0.6931471805599453), F(0.2402265069591007), F(0.055504108664821576)]
EXP = np.array([2.0 ** (i / 32) for i in range(33)]).astype(F)  # the last one where a fraction rounds to 1
RECIPROCAL = np.array([128 / (128 + i) for i in range(129)]).astype(F)
ROOT = np.array([(1 + i / 64) ** -0.5 for i in range(193)]).astype(F)
SMALLEST = F(2.0**-126)


def floats(values):
    values = np.asarray(values).astype(F)
    assert values.dtype == F
    return values


def exp2(t):
    t = floats(t)
    inside = np.clip(np.nan_to_num(t), F(-126), F(127.99999))
    whole = np.floor(inside)
    part = (inside - whole) * F(32)
    segment = part.astype(int)
    r = (part - segment.astype(F)) / F(32)
    polynomial = F(1) + r * (LN2[0] + r * (LN2[1] + r * LN2[2]))
    result = np.ldexp(EXP[segment] * polynomial, whole.astype(int)).astype(F)
    result = np.where(t >= 128, F(np.inf), np.where(t < -126, F(0), result))
    return floats(np.where(np.isnan(t), t, result))


def exp(x):
    return exp2(floats(x) * LOG2_E)


def chord(table, at):
    segment = at.astype(int)
    return table[segment] + (at - segment.astype(F)) * (table[segment + 1] - table[segment])


def reciprocal(x):
    x = floats(x)
    normal = np.where(np.isfinite(x) & (np.abs(x) >= SMALLEST), x, F(1))
    m, power = np.frexp(np.abs(normal))
    m, power = m * F(2), power - 1
    y = chord(RECIPROCAL, (m - F(1)) * F(128))
    better = y + y * (F(1) - m * y)
    result = np.copysign(np.ldexp(better, -power), x)
    result = np.where(np.abs(result) < SMALLEST, np.copysign(F(0), x), result)
    result = np.where(np.isinf(x), np.copysign(F(0), x), result)
    result = np.where(np.abs(x) < SMALLEST, np.copysign(F(np.inf), x), result)
    return floats(np.where(np.isnan(x), x, result))


def reciprocal_root(x):
    x = floats(x)
    normal = np.where(np.isfinite(x) & (x >= SMALLEST), x, F(1))
    m, power = np.frexp(normal)
    m, power = m * F(2), power - 1
    m = np.where(power % 2 != 0, F(2) * m, m)
    y = chord(ROOT, (m - F(1)) * F(64))
    better = y * (F(1.5) - F(0.5) * m * y * y)
    result = np.ldexp(better, -(power // 2))
    result = np.where(np.isposinf(x), F(0), np.where(x < 0, F(np.nan), result))
    return floats(np.where(np.isnan(x), x, np.where(np.abs(x) < SMALLEST, F(np.inf), result)))


def silu(x):
    return floats(x) * reciprocal(F(1) + exp2(floats(x) * -LOG2_E))


def gelu(x):
    x = floats(x)
    return x * reciprocal(F(1) + exp2(x * (GELU_LINEAR + GELU_CUBIC * (x * x))))


def total(values):
    """Sums of rows: element i to partial sum i mod 16, then halves."""
    values = floats(values)
    parts = np.zeros((len(values), 16), dtype=F)
    for i in range(values.shape[1]):
        parts[:, i % 16] += values[:, i]
    while parts.shape[1] > 1:
        half = parts.shape[1] // 2
        parts = parts[:, :half] + parts[:, half:]
    return floats(parts)


def softmax(x, scale, visible):
    """`visible`: a mask of the shape of x."""
    x = floats(x)
    largest = np.where(visible, x, F(-np.inf)).max(axis=1, keepdims=True)
    raised = exp2((x - largest) * (F(scale) * LOG2_E)).astype(np.float16)
    raised = np.where(visible, raised, np.float16(0))
    return np.where(visible, raised.astype(F) * reciprocal(total(raised)), F(0)).astype(np.float16)


def norm(x, gamma, beta=None, epsilon=1e-5):
    """layer_norm, or without beta rms_norm."""
    x = floats(x)
    share = F(1) / F(x.shape[1])
    squares = total(x * x) * share
    if beta is None:
        return (x * reciprocal_root(squares + F(epsilon)) * floats(gamma)).astype(np.float16)
    mean = total(x) * share
    factor = reciprocal_root(np.maximum(squares - mean * mean, F(0)) + F(epsilon))
    return ((x - mean) * factor * floats(gamma) + floats(beta)).astype(np.float16)


def rotary(x, positions, head_dim, rotary_dim):
    x = floats(x).reshape(len(x), -1, head_dim).copy()
    half = rotary_dim // 2
    angles = np.asarray(positions, dtype=np.float64)[:, None] * 10000.0 ** (-np.arange(half) / half)
    cosines, sines = np.cos(angles).astype(F)[:, None, :], np.sin(angles).astype(F)[:, None, :]
    first, second = x[:, :, :half].copy(), x[:, :, half:rotary_dim].copy()
    x[:, :, :half] = first * cosines - second * sines
    x[:, :, half:rotary_dim] = second * cosines + first * sines
    return x.reshape(len(x), -1).astype(np.float16)


def product(x, second):
    """Sums of FP32 products in the order of k, as the vector unit and FP-FP have them."""
    x, second = floats(x), floats(second)
    sums = np.zeros((len(x), second.shape[1]), dtype=F)
    for k in range(len(second)):
        sums = sums + x[:, k, None] * second[k]
    return sums.astype(np.float16)
