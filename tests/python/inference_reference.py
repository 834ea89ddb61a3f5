# SPDX-License-Identifier: Apache-2.0
"""A whole inference in numpy with the arithmetic of a machine, operation by operation, and its made-up data."""

import numpy as np
import vector_arithmetic as unit
from functional_tools import aligned, ALIGNED_BITS, compressed, encode, fp_fp, fp_int, quantise

MASK = (1 << 64) - 1


def name_hash(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def mixed(x):
    x = np.asarray(x, dtype=np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def bits_at(seed, name, stream, count):
    one = np.uint64(1)
    key = mixed(mixed(mixed(np.uint64(seed) + one) + np.uint64(name_hash(name)) + one) + np.uint64(stream))
    return mixed(key + (np.arange(count, dtype=np.uint64) + one) * np.uint64(0x9E3779B97F4A7C15))


def bell(seed, name, stream, count):
    random = bits_at(seed, name, stream, count)
    total = sum((random >> np.uint64(16 * part) & np.uint64(0xFFFF)).astype(np.int64) for part in range(4))
    return (total - 131070).astype(np.float32) / np.float32(37837)


def hidden(seed, name, rows, width):
    """Rows with channels of large values."""
    random = bits_at(seed, name, 2, width)
    size = np.where(random % np.uint64(128) == 0, 16 + (random // np.uint64(128) % np.uint64(64)).astype(int), 1)
    return (bell(seed, name, 1, rows * width).reshape(rows, width) * size.astype(np.float32)).astype(np.float16)


class Element:
    """How a system multiplies: its array, or its vector unit where the array cannot."""

    def __init__(self, name, weight_bits=4):
        self.name, self.weight_bits = name, weight_bits
        self.compresses = name == "anda"

    def on_array(self, operand):
        if "halves" in operand:
            return self.name == "fp-fp"
        group_fits = not self.compresses or operand["group"] % 64 == 0
        return operand["bits"] <= (8 if self.name == "fp-fp" else self.weight_bits) and group_fits

    def product(self, x, operand, bits):
        if "halves" in operand:
            return unit.product(x, operand["halves"])
        codes, scales, group = operand["codes"], operand["scales"], operand["group"]
        if not self.on_array(operand):
            return unit.product(x, codes * np.repeat(scales.astype(np.float64), group, axis=0)[: len(codes)])
        if self.name in ("fp-fp", "fp-int"):
            return {"fp-fp": fp_fp, "fp-int": fp_int}[self.name](x, codes, scales, group)
        return aligned(x, codes, scales, ALIGNED_BITS.get(self.name, bits), 64, group)[0]


def in_groups(rows, form, bits, group):
    """Codes of groups along rows, and scales: [rows x elements], [rows x groups]."""
    if form == "int":
        codes, scales = quantise(rows.T.astype(np.float64), bits, group)
        return codes.T, scales.T
    shared, negative, mantissas = encode(rows, group, bits - 1)
    codes = np.where(negative, -mantissas, mantissas).reshape(len(rows), -1)[:, : rows.shape[1]]
    return codes, np.ldexp(1.0, shared - 13 - bits).astype(np.float16)


class Cache:
    """Keys or values of a layer and a sequence."""

    def __init__(self, form, bits, group, along_tokens):
        self.form, self.bits, self.group, self.along_tokens = form, bits, group, along_tokens
        self.halves = None

    def add(self, rows):
        self.halves = rows if self.halves is None else np.concatenate([self.halves, rows])

    def whole(self, tokens):
        return tokens - tokens % self.group if self.along_tokens else tokens

    def appended(self, begin, end):
        """What an append of these tokens makes, as rows of FP16."""
        rows = self.halves[begin:end].T if self.along_tokens else self.halves[begin:end]
        codes, scales = in_groups(rows, self.form, self.bits, self.group)
        values = codes * np.repeat(scales.astype(np.float64), self.group, axis=1)[:, : codes.shape[1]]
        return values.astype(np.float16)

    def operand(self, begin, end, columns):
        """Of the channels of a head: keys head_dim x tokens, values tokens x head_dim."""
        if self.form == "fp16":
            rows = self.halves[begin:end, columns]
            return {"halves": rows if self.along_tokens else rows.T}
        if not self.along_tokens:
            codes, scales = in_groups(self.halves[begin:end, columns], self.form, self.bits, self.group)
            return {"codes": codes.T, "scales": scales.T, "bits": self.bits, "group": self.group}
        # A group has the scale of all its tokens, whoever reads them.
        rows = self.halves[begin : self.whole(len(self.halves)), columns].T
        count = end - begin if len(rows[0]) else 0
        codes, scales = in_groups(rows, self.form, self.bits, self.group) if count else (rows, rows)
        groups = -(-count // self.group)
        return {"codes": codes.T[:count], "scales": scales.T[:groups], "bits": self.bits, "group": self.group}


class Inference:
    """The operations of a pass on one system; `lengths` are mantissa lengths by tensor."""

    def __init__(self, model, system, lengths, keys, values, causal=True):
        self.model, self.element, self.lengths, self.causal = model, Element(system), lengths, causal
        self.forms = keys, values
        self.caches = {}
        self.tensors = {}

    def cache(self, layer, sequence, which):
        form, bits, group = self.forms[which]
        return self.caches.setdefault((layer, sequence, which), Cache(form, bits, group, which == 1))

    def read_by(self, values, tensor, on_array=True):
        """Results that an operation of the array reads are Anda groups on a machine that compresses."""
        if not (self.element.compresses and on_array):
            return values
        return compressed(values, self.lengths[tensor])

    def rows_per_head(self):
        return self.model["heads"] // self.model["kv_heads"]

    def start(self, slices, rows):
        """`slices`: (sequence, tokens before, tokens) of each sequence of the pass."""
        self.slices, self.tensors = slices, {"hidden": rows}
        self.positions = [before + i for _, before, tokens in slices for i in range(tokens)]
        self.cached = set()

    def rows_of(self, sequence):
        at = 0
        for number, _, tokens in self.slices:
            if number == sequence:
                return slice(at, at + tokens)
            at += tokens

    def fill(self, layer):
        if layer in self.cached:
            return
        self.cached.add(layer)
        for sequence, _, _ in self.slices:
            for which, tensor in enumerate("kv"):
                self.cache(layer, sequence, which).add(self.tensors[tensor][self.rows_of(sequence)])

    def attend(self, layer, sequence, head, first, queries):
        """Scores, probabilities, products with stored and open values, and what they add up to."""
        m, group = self.model, self.rows_per_head()
        d = m["head_dim"]
        keys, values = self.cache(layer, sequence, 0), self.cache(layer, sequence, 1)
        end = first + queries if self.causal else len(keys.halves)
        window = m.get("window", 0)
        begin = max(0, first + 1 - window) if window else 0
        if values.form != "fp16":
            begin -= begin % values.group
        columns = slice(head * d, (head + 1) * d)
        start = next(before for number, before, _ in self.slices if number == sequence)
        rows = self.tensors["q"][self.rows_of(sequence)][first - start : first - start + queries]
        x = rows[:, head * group * d : (head + 1) * group * d].reshape(-1, d)
        results = {"scores": self.element.product(x, keys.operand(begin, end, columns), self.lengths["A_q"])}
        position = first + np.arange(len(x))[:, None] // group
        token = begin + np.arange(end - begin)
        seen = (token <= position) | (not self.causal)
        if window:
            seen &= token > position - window
        stored = end if values.form == "fp16" else min(end, values.whole(len(values.halves)))
        stored = max(stored, begin)
        operand = values.operand(begin, max(stored, begin + 1), columns)
        p = unit.softmax(results["scores"], np.float32(1) / np.sqrt(np.float32(d)), seen)
        results["softmax"] = p = self.read_by(p, "A_p", self.element.on_array(operand))
        parts = []
        if stored > begin:
            product = self.element.product(p[:, : stored - begin], operand, self.lengths["A_p"])
            parts.append("values")
            results["values"] = product
        if end > stored:
            parts.append("open_values")
            halves = {"halves": values.halves[stored:end, columns]}
            results["open_values"] = self.element.product(p[:, stored - begin :], halves, self.lengths["A_p"])
        if len(parts) == 2:
            sums = results["values"].astype(np.float32) + results["open_values"].astype(np.float32)
            parts.append("values_sum")
            results["values_sum"] = sums.astype(np.float16)
        results[parts[-1]] = self.read_by(results[parts[-1]], "A_o")
        return results, results[parts[-1]]
