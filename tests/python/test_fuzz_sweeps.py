# SPDX-License-Identifier: Apache-2.0
"""Any input of sweeps and searches gives a value or an InputError with file and place, quickly."""

import json
import math
import sqlite3
import string
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hostile_values import NAMES, as_json, damaged
from sweep_tools import program, rows, sweep, write  # sets the path of what follows

from anda_sim.common import yaml_text
from anda_sim.common.errors import InputError
from anda_sim.sweeps.expression import LARGEST, Expression, ExpressionError
from anda_sim.sweeps.loss import TENSORS, LossTable
from anda_sim.sweeps.results import Results
from anda_sim.metrics import Metrics
from anda_sim.simulator import Simulator
from anda_sim.sweeps.node_reader import LARGEST_LIST
from anda_sim.sweeps.sweep_file import load

FOLDER = Path(tempfile.mkdtemp(prefix="anda-fuzz-"))


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    global FOLDER
    FOLDER = tmp_path_factory.mktemp("fuzz")


def refused(read, path, content):
    """The value that read() returns for a file with this content, or None if it is refused with a readable message that names it."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", errors="surrogatepass"))
    try:
        return read(path)
    except InputError as error:
        assert str(error) and all(line.startswith(str(path)) for line in str(error).split("\n")), error
        assert str(error).replace("\n", "").isprintable()
        return None


# --- expressions ---

ATOMS = st.sampled_from(["a.b", "c", "text", "items", "nothing", "true", "2", "0.5", "-3", "1e30", "1e-300", "'%3000000000d'", "'x'", "[1, 2]", "[]",
                         "1e400", "0x10", "1j", "b'x'", "None", "...", "1000000000", "10**9", "''", '"""', "\\", "lambda: 1"])
OPERATORS = st.sampled_from([" + ", " - ", " * ", " / ", " // ", " % ", " ** ", " < ", " == ", " in ", " not in ", " and ", " or ", " is ", " @ ",
                             " << ", " if c else ", ", ", ":", "=", ":="])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.tuples(inner, OPERATORS, inner).map("".join)
    | st.tuples(st.sampled_from(["round", "min", "max", "abs", "log2", "open", "c.real"]), inner).map(lambda x: f"{x[0]}({x[1]})")
    | st.tuples(st.sampled_from(["-", "not ", "+", "~", "*"]), inner).map("".join)
    | inner.map(lambda x: f"({x})") | st.tuples(inner, inner).map(lambda x: f"{x[0]}[{x[1]}]"),
    max_leaves=12)
KEYS = {"a.b": 3, "c": -8.0, "text": "auto", "items": [1, "x", [2]], "nothing": None}


@settings(max_examples=150)
@given(EXPRESSIONS | st.text(string.printable, max_size=40) | st.text(max_size=20))
def test_an_expression_has_a_finite_value_or_an_error(text):
    try:
        value = Expression(text).value(KEYS.__getitem__)
    except ExpressionError as error:
        assert len(str(error)) < 1000
        return
    except KeyError:
        return  # a name that is no key, which sweeps look up before
    assert value is None or isinstance(value, (bool, int, float, str, list))
    if isinstance(value, (int, float)):
        assert math.isfinite(value) and abs(value) <= LARGEST


@pytest.mark.parametrize("text, what", [
    ("round(1, -1000000000)", "whole number of digits"), ("round(1.5, 10**9)", "whole number of digits"), ("'%3000000000d' % 1", "only numbers"),
    ("'x' * 3000000000", "only numbers"), ("[1] * 3000000000", "only numbers"), ("'a' + 'b'", "only numbers"), ("-8 ** 99999999", "too large"),
    ("(-8) ** 0.5", "root of a negative"), ("10 ** 31", "too large"), ("1e29 * 1e29", "too large"), ("1e30 - -1e30", "too large"),
    ("1e31", "too large"), ("1e400", "too large"), ("9" * 400, "too large"), ("0x10 + 1", "`0x10`"), ("1_6", "`1_6`"), ("010", "not an expression"),
    ("1j * 1j", "not understood"), ("(" * 1000 + "1" + ")" * 1000, "not an expression"), ("-" * 4000 + "1", ""), ("1+" * 1000 + "1", "nested"),
    ("[" * 180 + "]" * 180, "nested"), ("1 " + "or 1 " * 2000, "longer"), ("\0", "not an expression"), ("\ud800", "not an expression"),
])
def test_expressions_that_would_run_forever_or_fail(text, what):
    with pytest.raises(ExpressionError) as error:
        Expression(text).value(KEYS.__getitem__)
    assert what in str(error.value) and len(str(error.value)) < 1000


@pytest.mark.parametrize("text, value", [("true", True), ("not false", True), ("round(1234.5, -2)", 1200.0), ("round(2.5)", 2), ("2 ** 99", 2**99),
                                         ("+".join(["1"] * 100), 100), ("0.5 ** 1000000", 0.0), ("2 ** -1", 0.5), ("1e30", 1e30)])
def test_expressions_that_have_a_value(text, value):
    assert Expression(text).value({}.__getitem__) == value


# --- sweep files ---

SCALARS = st.sampled_from(["1", "8", "0x10", "010", "1_6", "yes", "1e999999999", "-1e999999999", "1e-999999999", "9" * 400, "1e300", "0.1", '"a\\0b"',
                           '"\\ud800"', '"\\e]0;x"', "~", "", "= 1 + 1", "= precision", "= 9 ** 9 ** 9", "true", "text", "&a 1", "*a", "!!int 1", "2020-01-01",
                           "1:30", "'", "[", "{", "%", "@", "`", "|", "? x", "- 1", "<<", "nan", ".inf"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
    | st.dictionaries(st.sampled_from(["from", "to", "step", "factor", "count", "scale", "whole", "table", "limit", "precision", "a b", "<<", "time_s", "seed",
                                       "minimise", "loss", "trials", "y", "x", "1", '"\\0"']), inner, max_size=4).map(
        lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items.items()) + "}"),
    max_leaves=6)
FILES = st.lists(st.tuples(st.sampled_from(["name", "base", "set", "parameters", "linked", "conditions", "outputs", "limits", "explore", "plot", "other", "name"]),
                           VALUES), min_size=1, max_size=5).map(lambda lines: "".join(f"{key}: {value}\n" for key, value in lines))
RANGES = st.fixed_dictionaries({"from": SCALARS, "to": SCALARS}, optional={
    "step": SCALARS, "factor": SCALARS, "count": SCALARS, "scale": st.sampled_from(["log", "linear"]), "whole": st.sampled_from(["true", "false"])}).map(
        lambda parts: "parameters:\n  precision: {" + ", ".join(f"{key}: {value}" for key, value in parts.items()) + "}\n")


@settings(max_examples=100)
@given(FILES | RANGES | st.text(max_size=60) | st.binary(max_size=60))
def test_a_sweep_file_is_read_or_refused_with_its_line(content):
    read = refused(load, FOLDER / "sweep.yaml", content)
    if read is not None:
        for axis in read.axes:
            assert 0 < len(axis.values) <= LARGEST_LIST
        json.dumps([axis.values for axis in read.axes], allow_nan=False).encode()


NUMBERS = st.floats(1e-300, 1e300) | st.integers(0, 10**30) | st.sampled_from([1e-308, 1.7e308, 1 + 2**-52])


@settings(max_examples=50)
@given(NUMBERS, NUMBERS, st.sampled_from(["step", "factor", "count"]), NUMBERS | st.integers(2, 9), st.sampled_from(["", ", scale: log", ", whole: true"]))
def test_a_range_of_any_numbers_has_finite_values_within_it(first, last, how, by, more):
    first, last = sorted([first, last])
    text = f"parameters:\n  precision: {{from: {first!r}, to: {last!r}, {how}: {by!r}{more}}}\n"
    read = refused(load, FOLDER / "range.yaml", text)
    if read is not None:
        values = [value for (value,) in read.axes[0].values]
        assert all(math.isfinite(value) and first * 0.999 - 1 <= value <= last * 1.001 + 1 for value in values)


@settings(max_examples=60)
@given(st.text("[]{}:,-?&*!|>'\"%@`#\n\t aA1\0\x1b\x85\ufeff", max_size=50) | VALUES)
def test_yaml_of_any_kind_is_read_or_refused(text):
    refused(lambda path: yaml_text.load(path, yaml_text.read_text(path)), FOLDER / "any.yaml", text)


# --- tables of losses ---

CELLS = st.sampled_from(["7", "7.0", "7.9", "1e1", "0", "17", "-1", "true", "nan", "inf", "-inf", "1e999", "0x7", "0.5", "-0.5", "", " 7 ", '"7"', "１"])


@settings(max_examples=60)
@given(st.lists(st.lists(CELLS, min_size=5, max_size=5), min_size=1, max_size=3), st.sampled_from([".csv", ".yaml"]))
def test_a_table_of_losses_has_whole_lengths_and_finite_losses(cells, kind):
    names = [*TENSORS, "loss"]
    text = "".join(",".join(line) + "\n" for line in [names, *cells]) if kind == ".csv" else "".join(
        "- {" + ", ".join(f"{name}: {cell}" for name, cell in zip(names, line)) + "}\n" for line in cells)
    table = refused(LossTable, FOLDER / f"losses{kind}", text)
    whole = [[cell.strip() if kind == ".csv" else cell for cell in line] for line in cells]
    fine = all(all(cell.strip('" ') == "7" if kind == ".csv" else cell.strip() == "7" for cell in line[:4]) and line[4].strip('" ') in (
        ["7", "7.0", "7.9", "1e1", "0", "17", "-1", "0.5", "-0.5"]) for line in whole)
    if table is not None:
        assert fine and all(math.isfinite(loss) for loss in table._losses.values())


ENTRY = {"tolerance": 0.001, "objective": "bops", "stage": "modules", "iteration": 1, "combination": [4, 4, 4, 4], "loss": 0.13, "accepted": False}


@settings(max_examples=60)
@given(st.lists(damaged(ENTRY) | st.just(ENTRY), min_size=1, max_size=3))
def test_a_log_gives_losses_or_is_refused_with_its_line(entries):
    table = refused(LossTable, FOLDER / "log.jsonl", b"\n".join(as_json(entry).replace(b"\n", b" ") for entry in entries) + b"\n")
    if table is not None:
        for bits, loss in table._losses.items():
            assert all(type(each) is int and 1 <= each <= 16 for each in bits) and math.isfinite(loss)


@pytest.mark.parametrize("row, what", [("7.9,7,7,7,1", "A_qkv is 7.9"), ("true,7,7,7,1", "A_qkv is true"), ("7,7,7,7,-inf", "loss is -inf"),
                                       ("7,7,7,7,1e999", "is 1e999"), ("7,7,7,7", "has 4 values"), ("7,7,7,7,1,1", "has 6 values"),
                                       ("7,7,7,17,1", "A_d is 17"), ("7,7,7,7,1\n7,7,7,7,2", "with another loss")])
def test_a_wrong_row_of_a_table_of_losses_is_named(row, what):
    (FOLDER / "l.csv").write_text(f"A_qkv,A_o,A_u,A_d,loss\n{row}\n")
    with pytest.raises(InputError) as error:
        LossTable(FOLDER / "l.csv")
    assert what in str(error.value) and f"l.csv:{2 + row.count(chr(10))}" in str(error.value)


# --- kept results ---


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished sweep of one point: its folder, and its outcome in results.sqlite."""
    folder = tmp_path_factory.mktemp("finished")
    write(folder, "base: base.yaml\nparameters: {precision: [6]}\n")
    assert sweep(folder, "s.yaml").returncode == 0
    (kept,) = rows(folder, "* FROM runs")
    return folder, kept, Metrics(Simulator(program()))


def replaced(folder, column, value):
    with closing(sqlite3.connect(folder / "out" / "results.sqlite")) as database:
        database.execute(f"UPDATE runs SET {column} = ?", (value,))
        database.commit()


def test_a_manipulated_outcome_is_refused(finished):
    folder, kept, metrics = finished
    whole = json.loads(kept["report"])

    @settings(max_examples=40)
    @given(damaged(whole).map(as_json) | st.sampled_from([b"", b"{", b"[" * 1000, b"\0", "text", "\0", 1, 2**62, 1.5, float("inf"), None]))
    def holds(report):
        replaced(folder, "report", report)
        with Results(folder / "out", ["x"]) as results:
            try:
                outcome = results.run(kept["key"])
                numbers = metrics.numbers(outcome["report"]) if outcome["report"] else {}
            except (InputError, TypeError) as error:
                assert str(error)
                return
        for values in numbers.values():
            assert all(value is None or 0 <= value < math.inf for value in values.values())

    holds()
    done = None
    for report in (json.dumps({**whole, "systems": [{**whole["systems"][0], "time_s": float("nan")}]}), "[]", "[" * 100000,
                   json.dumps({**whole, "systems": [{**whole["systems"][0], "time_s": "long"}]})):
        replaced(folder, "report", report)
        done = sweep(folder, "s.yaml")
        assert done.returncode == 2 and "results.sqlite" in done.stderr and "damaged" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1
    for column, value in (("status", "splendid"), ("error", b"\0")):
        replaced(folder, "report", kept["report"])
        replaced(folder, column, value)
        done = sweep(folder, "s.yaml")
        assert done.returncode == 2 and "damaged" in done.stderr and "Traceback" not in done.stderr, done.stderr
        replaced(folder, column, kept[column])


# --- the terminal ---


def test_no_control_character_of_a_file_or_an_option_reaches_the_terminal(tmp_path):
    escape = "\x1b]0;owned\x07"
    named = tmp_path / f"{escape}.yaml"
    named.write_text('parameters: {"\\e[31m": [1], precision: ["\\e]0;owned\\a"]}\n')
    write(tmp_path)
    for words in ([named], ["s.yaml", "--jobs", escape], ["s.yaml", "--set", f"{escape}=1"], ["s.yaml", "--plot", f"{escape}.gif"]):
        done = sweep(tmp_path, *words)
        assert done.returncode == 2, done.stderr
        shown = (done.stdout + done.stderr).replace("\n", "")
        assert shown.isprintable() and "Traceback" not in shown, shown


@settings(max_examples=60)
@given(st.text(max_size=50) | st.sampled_from(NAMES))
def test_printable_text_is_unchanged_and_the_rest_is_escaped(text):
    from anda_sim.common.terminal import one_line, printable

    assert not any(ord(c) < 32 and c not in "\n\t" or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in printable(text))
    assert "\n" not in one_line(text)
    one_line(text).encode()
    if text.isascii() and text.isprintable():
        assert one_line(text) == text
