# SPDX-License-Identifier: Apache-2.0
"""The netlist simulator and the dot products with which scripts/toggle_study drives it."""

import itertools
import json
import struct
import subprocess
from pathlib import Path

import numpy
import pytest

from anda_sim.area import netlist, stimuli, toggles

SOURCE = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("text", "expected"), [
    ("(A B)", lambda a, b, c: a & b), ("(!((A B)+C))", lambda a, b, c: 1 - (a & b | c)), ("A+B C", lambda a, b, c: a | b & c),
    ("(A^B)^C", lambda a, b, c: a ^ b ^ c), ("(!A) B", lambda a, b, c: (1 - a) & b), ("A*!B+C", lambda a, b, c: a & (1 - b) | c),
    ("A B^C", lambda a, b, c: a & (b ^ c))])
def test_a_function_of_a_library_is_read_with_its_precedence(text, expected):
    function = eval(f"lambda A, B, C: {netlist.expression(text)}")  # noqa: S307
    for bits in itertools.product((0, 1), repeat=3):
        assert function(*bits) & 1 == expected(*bits), bits


LIBERTY = """
cell (XOR2X1) {
  pin(A)  {
    direction : input;
    capacitance : 2.0;
  }
  pin(B)  {
    direction : input;
    capacitance : 3.0;
  }
  pin(Y)  {
    direction : output;
    capacitance : 0;
    function : "(A^B)";
  }
}
cell (DFFPOSX1) {
  ff (DS0000,P0000) {
  }
  pin(CLK)  {
    direction : input;
    clock : true;
    capacitance : 7.0;
  }
  pin(D)  {
    direction : input;
    capacitance : 5.0;
  }
  pin(Q)  {
    direction : output;
    capacitance : 0;
    function : "DS0000";
  }
}
"""


def test_a_register_and_a_gate_switch_as_counted_by_hand(tmp_path):
    """q <= q ^ a: with a = 1 the register changes in every clock."""
    (tmp_path / "cells.lib").write_text(LIBERTY)
    module = {"attributes": {"top": "1"}, "ports": {"clk": {"direction": "input", "bits": [2]},
                                                    "a": {"direction": "input", "bits": [3]},
                                                    "q": {"direction": "output", "bits": [5]}},
              "cells": {"x": {"type": "XOR2X1", "connections": {"A": [3], "B": [5], "Y": [4]}},
                        "r": {"type": "DFFPOSX1", "connections": {"CLK": [2], "D": [4], "Q": [5]}}}}
    (tmp_path / "netlist.json").write_text(json.dumps({"modules": {"top": module}}))
    made = netlist.Netlist(tmp_path / "netlist.json", netlist.Cells(tmp_path / "cells.lib"))
    given = numpy.array([0, 1, 1, 1], dtype=numpy.uint64)
    clocks = ({"a": netlist.words(numpy.full(64, bit, dtype=numpy.uint64), 1)} for bit in given)
    values = list(made.run(clocks, 64))
    assert [int(made.integers(of, "q")[0]) for of in values] == [0, 0, 1, 0]
    # Net a drives 2 pF, the gate the register's 5, the register the gate's 3: a rises, then gate and register change.
    assert [made.switched(before, after) / 64 for before, after in zip(values, values[1:])] == [2 + 5, 3 + 5, 3 + 5]
    assert made.clock_load == 7.0


def test_words_hold_a_bit_of_each_stream():
    values = numpy.arange(128, dtype=numpy.uint64)
    for bit, of_bit in enumerate(netlist.words(values, 7)):
        assert [int(of_bit[i // 64]) >> i % 64 & 1 for i in range(128)] == [i >> bit & 1 for i in range(128)]


def test_sums_with_long_mantissas_are_those_of_the_products():
    """With 16 bits and close exponents nothing is truncated, so D is the exact dot product."""
    random = numpy.random.default_rng(5)
    activations = random.uniform(1, 8, (64, 64)).astype(numpy.float16) * random.choice([-1, 1], (64, 64)).astype(numpy.float16)
    codes = random.integers(-8, 8, (64, 64))
    operands = stimuli.Operands(activations, codes, numpy.ones((64, 1), dtype=numpy.float16))
    exact = (activations.astype(numpy.float64) * codes).sum(axis=1)
    rounded = [struct.unpack("e", struct.pack("e", value))[0] for value in exact]  # to FP16
    assert stimuli.aligned_sum(operands, 16).tolist() == rounded


def test_codes_and_scales_give_the_weights_back_to_half_a_step():
    weights = numpy.random.default_rng(6).standard_normal((256, 3))
    codes, scales = toggles.quantised(weights)
    given_back = codes * numpy.repeat(scales, 64, axis=1).astype(numpy.float64)
    step = numpy.repeat(scales, 64, axis=1).astype(numpy.float64)
    assert codes.shape == (3, 256) and (abs(given_back - weights.T) <= step * 0.51).all()


def test_a_folder_without_recorded_tensors_is_refused(tmp_path):
    done = subprocess.run([SOURCE / "scripts" / "toggle_study", "--netlists", tmp_path / "none"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "is no folder" in done.stderr
