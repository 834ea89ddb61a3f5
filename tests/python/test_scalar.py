# SPDX-License-Identifier: Apache-2.0
"""Numbers and words mean the same to the scripts and to anda-sim."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep_tools import program  # sets the path of what follows

from anda_sim.common import scalar

TABLE = ["0", "1", "-1", "007", "010", "0x10", "1_6", "+8", "8.0", "8.", ".5", "-.5", ".", "-", "1e3", "1E+3", "1e-3", "1e", "e3", "1e3.5",
         "0.1", "00.1", "-0", "-0.0", "1e308", "1.8e308", "1e309", "1e999999999", "-1e999999999", "1e-400", "1e-310", "5e-324", "2e-324",
         "0e-999999999", "0e999999999", "9" * 400, "0." + "0" * 400 + "1", "inf", ".inf", "nan", ".nan", "NaN", "true", "false", "True",
         "TRUE", "yes", "no", "on", "off", "y", "n", "null", "Null", "NULL", "~", "nil", "None", "1:30", "2020-01-01", "１２", "1,2", "1 000",
         "0b1", "0o7", "1e1_0", "--1", "1-1", "1.2.3", "=1"]


def meaning(text):
    """What a word is to anda-sim: none, text, or a number or truth value; and the number where it is one from 0 to a million."""
    def asked(key):
        return subprocess.run([program(), "config", "--set", f"{key}={text}"], capture_output=True, text=True)

    named = asked("name")
    if named.returncode == 0:
        return "text"
    if "has no value" in named.stderr:
        return "none"
    assert "must be text; put it in quotes" in named.stderr, (text, named.stderr)
    measured = asked("dram.latency_ns")
    if measured.returncode == 0:
        (line,) = [line for line in measured.stdout.splitlines() if line.strip().startswith("latency_ns:")]
        return float(line.split()[1])
    return "number or truth"


def ours(text):
    try:
        value = scalar.plain(text)
    except scalar.OutOfRange:
        return "number or truth"
    if value is None:
        return "none"
    if isinstance(value, bool) or (not isinstance(value, str) and not 0 <= value <= 1e6):
        return "number or truth"
    return value if isinstance(value, str) is False else "text"


@pytest.mark.parametrize("text", [text for text in TABLE if text != "-"])
def test_a_word_means_what_anda_sim_says(text):
    assert ours(text) == meaning(text)


@settings(max_examples=60)
@given(st.from_regex(r"[-+]?[0-9]{0,3}[.]?[0-9]{0,3}([eE][-+]?[0-9]{0,3})?[_x]?", fullmatch=True).filter(
    lambda text: text not in ("", "-") and not text.startswith("...")))
def test_what_looks_like_a_number_means_what_anda_sim_says(text):
    assert ours(text) == meaning(text)


@given(st.text(max_size=30))
def test_any_text_has_a_meaning(text):
    try:
        value = scalar.plain(text)
    except scalar.OutOfRange:
        return
    assert value is None or isinstance(value, (bool, int, float, str))
    if isinstance(value, float):
        assert abs(value) <= sys.float_info.max


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_numbers_as_python_writes_them_come_back(value):
    assert scalar.number(repr(value)) == value


def test_whole_numbers_have_no_point_and_no_exponent():
    assert scalar.whole("16") == 16 and type(scalar.number("16")) is int and scalar.whole("-3") == -3
    for text in ("16.0", "1e1", "-0", "016", "1_6", "", "²", "١"):
        assert scalar.whole(text) is None
