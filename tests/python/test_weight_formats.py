# SPDX-License-Identifier: Apache-2.0
"""Weights of GeMMs in operand formats: their bytes, words and time by hand, decoders and their energy, elements that say what they
multiply, and pairs that are refused."""

import pytest
from format_tools import systems_of

M, K, N = 16, 1024, 64
SYSTEMS = ("systems=[fp-fp]",)


def run(folder, *settings, status=0):
    return systems_of(folder, (M, K, N), *settings, status=status)


# Bits of an element, elements of a group, bits that it shares.
FORMATS = {"mxfp4": (4, 32, 8), "mxfp8-e4m3": (8, 32, 8), "nf4": (4, 64, 32), "bfp4": (4, 16, 8), "bitmod-fp3": (3, 128, 18),
           "shift-add-3": (3, 128, 24), "bf16": (16, 1, 0), "anda-6-nearest": (7, 64, 5), "int4-zero": (4, 128, 20)}


@pytest.mark.parametrize("level", ["fast", "cycle"])
def test_bytes_and_words_by_hand(tmp_path, level):
    for name, (bits, group, shared) in FORMATS.items():
        system, = run(tmp_path / name, *SYSTEMS, f"accelerator.format.weights={name}", f"accelerator.level={level}")
        weights = K * N * bits // 8 + (K // group) * N * shared // 8
        assert system["dram_bytes"]["read"] == M * K * 2 + weights, name
        # The port brings a group of 64 × 16 codes at a time; what groups share comes in words of its own, as it falls due.
        passes, lanes, word = N // 16, 64, 1024
        shared_words = -(-(K // group) * 16 * shared // word)
        assert system["actions"]["weight_buffer.words_read"] == passes * (K // lanes * -(-lanes * 16 * bits // word) + shared_words), name
        assert system["actions"]["mxu.busy_cycles"] == passes * K // lanes * 16, name


def test_formats_make_a_difference_where_memory_is_the_limit(tmp_path):
    cycles = {name: run(tmp_path / name, *SYSTEMS, f"accelerator.format.weights={name}", "dram.channels=1")[0]["cycles"]
              for name in ("bitmod-fp3", "mxfp4", "nf4", "mxfp8-e4m3", "bf16")}
    assert list(cycles.values()) == sorted(cycles.values()) and cycles["bf16"] > 1.5 * cycles["mxfp4"]


def test_decoders_cost_what_is_given_or_are_not_known(tmp_path):
    unknown, = run(tmp_path / "unknown", *SYSTEMS, "accelerator.format.weights=mxfp4")
    assert unknown["actions"]["mxu.decoded_values"] == K * N
    assert unknown["energy_pj"]["by_component"]["mxu"] is None and unknown["energy_pj"]["total"] is None
    free, dear = (run(tmp_path / str(pj), *SYSTEMS, "accelerator.format.weights=mxfp4",
                      f"technology.decoder.energy_pj_per_value={pj}")[0]["energy_pj"]["total"] for pj in (0, 2))
    assert dear - free == pytest.approx(2 * K * N)
    integers, = run(tmp_path / "int", *SYSTEMS)
    assert "mxu.decoded_values" not in integers["actions"] and integers["energy_pj"]["total"] > 0


def test_an_element_says_what_it_multiplies(tmp_path):
    element = "{{name: mine, derives: {}, cycles: 4, {} area: 0.2, power: 0.2, weight_formats: {}}}"
    serial = element.format("serial-weights", "bits_per_step: 2,", "mxfp4 bitmod-fp3")
    system, = run(tmp_path / "mine", f"systems=[{serial}]", "accelerator.format.weights=bitmod-fp3")
    assert system["actions"]["mxu.busy_cycles"] == N // 16 * K // 64 * 4 * 2  # three bits, two at a time
    assert system["actions"]["mxu.decoded_values"] == 0 and system["energy_pj"]["total"] > 0
    groups = "{name: mine, derives: serial-activations, area: 0.2, power: 0.2, weight_formats: mxfp4}"
    assert run(tmp_path / "groups", f"systems=[{groups}]", "accelerator.format.weights=mxfp4")[0]["actions"]["mxu.decoded_values"] == 0
    # One that dequantises decodes what it does not name.
    floating = element.format("floating", "", "mxfp6-e2m3")
    for name, decoded in (("mxfp6-e2m3", 0), ("mxfp4", K * N)):
        system, = run(tmp_path / name, f"systems=[{floating}]", f"accelerator.format.weights={name}")
        assert system["actions"]["mxu.decoded_values"] == decoded


@pytest.mark.parametrize("settings, message", [
    (("systems=[anda]", "accelerator.format.weights=mxfp4"),
     "GeMM 'g0': elements anda do not multiply weights of accelerator.format.weights = mxfp4"),
    (("systems=[figna]", "accelerator.format.weights=nf4"), "elements figna do not multiply weights"),
    (("systems=[{name: mine, derives: serial-weights, cycles: 4, weight_formats: mxfp4x nf}]", "accelerator.format.weights=mxfp4"),
     "elements mine do not multiply weights"),
    ((*SYSTEMS, "accelerator.format.weights=int8-row"), "is int8-row, with groups of whole rows; the machine stores weights in"),
    ((*SYSTEMS, "accelerator.format.weights={name: x, family: bfp, mantissa_bits: 3, group: 48}"), "is x, with groups of 48;"),
    ((*SYSTEMS, "accelerator.format.weights={name: x, family: binary-sum, terms: 4}"), "whose groups share 64 bits, must be at most 63"),
    ((*SYSTEMS, "accelerator.format.weights={name: x, family: int, bits: 4, group: 32}"), "groups of 32, must have a multiple of group_size"),
    ((*SYSTEMS, "accelerator.format.weights=aqlm-2x8"), "is aqlm-2x8, whose tensors have codebooks"),
    ((*SYSTEMS, "accelerator.format.weights=mxfp5"), "must be int, anda-6-nearest"),
])
def test_refused_pairs_and_formats(tmp_path, settings, message):
    assert message in run(tmp_path, *settings, status=2)
