# SPDX-License-Identifier: Apache-2.0
"""Numbers and words have the same meaning in the scripts and in anda-sim."""

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
    """How anda-sim reads a word: none, text, or a number or truth value; and the number if it is from 0 to a million."""
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
def test_words_that_look_like_numbers_mean_the_same_as_in_anda_sim(text):
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


QUANTITIES = {
    "bytes": ["2MiB", "2 MiB", "512KiB", "1.5GiB", "1kB", "2MB", "3B", "1Mi", "2GHz", "0.3KiB", "1e3KiB", "MiB", "2 M iB", "-1KiB", "1TiB"],
    "capacity_bytes": ["8GiB", "8GB"], "word_bits": ["1024bit", "1Kibit", "2kbit", "1KiB"],
    "clock_hz": ["285MHz", "1GHz", "1.5 GHz", "0.1kHz", "1GiHz", "1Hz", "1e2MHz", "2Gbit/s"],
    "data_rate_bit_per_s": ["2Gbit/s", "3.2 Gbit/s", "2Gb/s", "2GB/s"],
    "latency_ns": ["38ns", "0.1us", "0.1 µs", "1ms", "1s", "500ps", "1h", "0.3us"], "quantum_us": ["1us", "100ns", "1e-3ms"],
    "pj_per_bit": ["3.9pJ", "3.9pJ/bit", "0.0039nJ/bit", "3900fJ", "3.9pJ/byte", "3.9"], "activate_pj": ["1nJ", "2.5pJ"],
    "power_mw": ["1W", "54.34mW", "12uW"], "area_mm2": ["0.41mm2", "0.41 mm²", "1cm2"], "rows": ["16B", "16 rows"],
}


def quantity_of_anda_sim(key, text):
    """The value of a configuration key with this suffix, None if the program refuses the text."""
    full = {"bytes": "accelerator.weight_buffer.bytes", "capacity_bytes": "dram.capacity_bytes", "clock_hz": "accelerator.clock_hz",
            "word_bits": "accelerator.weight_buffer.word_bits", "data_rate_bit_per_s": "dram.data_rate_bit_per_s",
            "latency_ns": "dram.latency_ns", "quantum_us": "simulation.quantum_us", "pj_per_bit": "dram.energy.pj_per_bit",
            "activate_pj": "dram.energy.activate_pj", "power_mw": "technology.vector_unit.power_mw",
            "area_mm2": "technology.vector_unit.area_mm2", "rows": "accelerator.mxu.rows"}[key]
    done = subprocess.run([program(), "config", "--set", f"{full}={text}"], capture_output=True, text=True)
    if done.returncode != 0:
        return None if "must be a " in done.stderr else "beyond"
    from anda_sim.common import yaml_text

    value = yaml_text.load("config", done.stdout)
    for part in full.split("."):
        value = value[part]
    return value


@pytest.mark.parametrize("key, text", [(key, text) for key, texts in QUANTITIES.items() for text in texts])
def test_a_number_with_a_unit_means_the_same_as_in_anda_sim(key, text):
    theirs = quantity_of_anda_sim(key, text)
    mine = scalar.number(text) if scalar.is_number(text) else scalar.quantity(text, key)
    if theirs == "beyond":
        assert mine is not None
    elif theirs is None:
        assert mine is None or isinstance(mine, float)  # a share of a byte
    else:
        assert mine == theirs


def test_units_by_hand():
    assert scalar.quantity("2MiB", "bytes") == 2097152 and scalar.quantity("1.5 GHz", "clock_hz") == 1500000000
    assert scalar.quantity("0.1us", "latency_ns") == 100 and scalar.quantity("3.9pJ", "pj_per_bit") == 3.9
    assert scalar.quantity("8192", "bytes") is None and scalar.quantity("2MiB", "rows") is None
