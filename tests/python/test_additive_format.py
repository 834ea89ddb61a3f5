# SPDX-License-Identifier: Apache-2.0
"""Additive codebooks (AQLM) against numpy: what is learnt from a tensor, its codes and numbers, bit for bit; use by the evaluator; and
what is refused."""

import json
import subprocess

import numpy as np
import pytest
from format_tools import SIM, dump, formats, rounded
from functional_tools import ROOT

SMALL = ROOT / "tests" / "data" / "small_models"
MOST_FITTED = 16384


def format_of(terms, bits, group, scale="fp16"):
    return f"{{name: a, family: additive, terms: {terms}, bits: {bits}, group: {group}, scale: {scale}}}"


def nearest(vectors, codebook):
    """Indices of the nearest entries, the first of several; distances as sums over the elements in order."""
    distance = np.zeros((len(vectors), len(codebook)))
    for i in range(vectors.shape[1]):
        distance += (vectors[:, i, None] - codebook[None, :, i]) ** 2
    return distance.argmin(axis=1)


def learnt(vectors, entries):
    codebook = vectors[np.arange(entries) * len(vectors) // entries].copy()
    for _ in range(8):
        found = nearest(vectors, codebook)
        sums, counts = np.zeros_like(codebook), np.bincount(found, minlength=entries)
        np.add.at(sums, found, vectors)
        codebook = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], codebook)
    return codebook.astype(np.float16).astype(np.float64)


def reference(values, terms, bits, group):
    """Rounded rows, and codes [rows, vectors, terms] with scales."""
    rows, k = values.shape
    wide = values.astype(np.float64)
    scales = np.sqrt(np.cumsum(wide ** 2, axis=1)[:, -1] / k).astype(np.float16).astype(np.float64)
    padded = np.pad(wide / np.where(scales == 0, 1, scales)[:, None], ((0, 0), (0, -k % group)))
    vectors = padded.reshape(-1, group)
    left = vectors[:: -(-len(vectors) // MOST_FITTED)].copy()
    codebooks = []
    for _ in range(terms):
        codebooks.append(learnt(left, 2 ** bits))
        left -= codebooks[-1][nearest(left, codebooks[-1])]
    left, total, codes = vectors.copy(), np.zeros_like(vectors), []
    for codebook in codebooks:
        codes.append(nearest(left, codebook))
        left -= codebook[codes[-1]]
        total += codebook[codes[-1]]
    numbers = (total.reshape(rows, -1)[:, :k] * scales[:, None]).astype(np.float32)
    return numbers, np.stack(codes, axis=1).reshape(rows, -1, terms), scales.astype(np.float16)


def weights(rows, k, seed):
    rng = np.random.default_rng(seed)
    return (rng.normal(0, 1, (rows, k)) * np.exp(rng.normal(0, 1, rows))[:, None]).astype(np.float32)


@pytest.mark.parametrize("terms, bits, group, k", [(1, 3, 8, 96), (2, 4, 8, 100), (3, 2, 4, 30), (2, 5, 1, 17), (2, 3, 64, 70)])
def test_codebooks_codes_and_numbers_are_those_of_numpy(terms, bits, group, k):
    values = weights(40, k, terms)
    values[3] = 0
    got, data = rounded(format_of(terms, bits, group), values)
    expected, codes, scales = reference(values, terms, bits, group)
    assert np.array_equal(got.view(np.uint32), expected.view(np.uint32))
    # A row is a stream of bits: the codes of each vector, then the scale.
    row_bytes = -(-(-(-k // group) * terms * bits + 16) // 8)
    assert len(data) == 40 * row_bytes
    for row in (0, 39):
        stream = int.from_bytes(data[row * row_bytes : (row + 1) * row_bytes], "little")
        for code in codes[row].reshape(-1):
            assert stream % 2 ** bits == code
            stream >>= bits
        assert stream == scales[row].view(np.uint16)


def test_many_vectors_are_fitted_to_some_of_them():
    values = weights(300, 60, 9)  # 18,000 vectors of one
    got, _ = rounded(format_of(1, 2, 1), values)
    assert np.array_equal(got, reference(values, 1, 2, 1)[0])
    assert len(np.unique(np.abs(got / np.sqrt((values ** 2).mean(axis=1, keepdims=True))).round(2))) <= 8


def test_more_codebooks_leave_less_error():
    values = weights(64, 256, 5)
    error = [((rounded(format_of(terms, 4, 8), values)[0] - values) ** 2).sum() for terms in (1, 2, 4)]
    assert error[0] > error[1] > error[2]
    # A codebook with an entry for each vector keeps it, up to FP16.
    few = weights(2, 32, 6)
    assert np.abs(rounded(format_of(1, 8, 8), few)[0] / few - 1).max() < 2 ** -10


def test_bits_and_what_learns_nothing(tmp_path):
    entry, = formats("--format", "aqlm-2x8", "--elements", 1024)
    assert (entry["element_bits"], entry["row_bits"], entry["codebook_bits"]) == (0, 16, 2 * 256 * 8 * 16)
    assert entry["bits_per_value"] == 2 + 16 / 1024 + 2 * 256 * 8 * 16 / 1024 ** 2
    block = np.zeros((1, 8), np.float32)
    dump("encode", "aqlm-2x8", 8, block, error="codebooks are learnt from a tensor of weights")
    dump("row", "aqlm-2x8", 8, np.full((1, 8), np.nan, np.float32), error="is NaN or infinite")
    dump("row", format_of(1, 8, 0), 8, block, error="group: is 0, must be 1 … 64 with family: additive")
    dump("row", "{name: i, family: int, bits: 9}", 8, block, error="bits: is 9, must be 1 … 8 with family: int")


def test_the_evaluator_learns_codebooks_of_each_layer(tmp_path):
    np.save(tmp_path / "few.npy", np.load(SMALL / "held_out.npy").reshape(-1)[:256])

    def evaluate(*options, status=0):
        command = [SIM, "evaluate", SMALL / "opt", "--tokens", tmp_path / "few.npy", "--json", *options]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
        assert done.returncode == status, done.stderr
        return json.loads(done.stdout)["results"][0]["perplexity"] if status == 0 else done.stderr

    stored = evaluate("--stored-weights")
    four, two = (evaluate("--weights", format_of(terms, 4, 8)) for terms in (4, 2))
    assert stored < four * 1.02 and four < two
    assert "codebooks are learnt from a tensor" in evaluate("--activations", "aqlm-2x8", status=2)
