# SPDX-License-Identifier: Apache-2.0
"""Sweep files: their features, their errors, and the ready-made ones in configs/sweeps."""

import itertools
import random

import pytest

from sweep_tools import ROOT, SWEEP, rows, sweep, write  # sets the path of what follows

from anda_sim.common.errors import InputError
from anda_sim.sweeps.sweep_file import load


def test_ranges_links_conditions_and_parameters_that_follow(tmp_path):
    path = write(tmp_path, """\
base: base.yaml
set: {tiling: auto}
parameters:
  accelerator.mxu.rows: {from: 8, to: 40, factor: 2}
  accelerator.mxu.columns: = 256 // accelerator.mxu.rows
  dram.energy.pj_per_bit: {from: 0.1, to: 0.3, step: 0.1}
  dram.latency_ns: {from: 10, to: 1000, count: 3, scale: log}
linked:
  - accelerator.weight_buffer.bytes: [524288, 1048576, 2097152]
    accelerator.activation_buffer.mantissa_bytes: [262144, 524288, 1048576]
conditions:
  - accelerator.mxu.rows <= 16 or accelerator.weight_buffer.bytes > 2 ** 20
  - dram.energy.pj_per_bit in [0.1, 0.3] and tiling == 'auto'
""")
    done = sweep(tmp_path, path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "out").exists()
    points = [dict(word.split("=", 1) for word in line.split()[1:]) for line in done.stdout.splitlines()[:-1]]
    expected = [{"accelerator.mxu.rows": str(rows), "accelerator.mxu.columns": str(256 // rows),
                 "dram.energy.pj_per_bit": str(energy), "dram.latency_ns": str(latency),
                 "accelerator.weight_buffer.bytes": str(weights), "accelerator.activation_buffer.mantissa_bytes": str(weights // 2)}
                for rows, energy, latency, weights in itertools.product(
                    [8, 16, 32], [0.1, 0.2, 0.3], [10, 100, 1000], [524288, 1048576, 2097152])
                if (rows <= 16 or weights > 2**20) and energy in (0.1, 0.3)]
    assert points == expected
    assert done.stdout.splitlines()[-1] == f"s: {len(expected)} points, {len(expected)} different simulations, 0 not legal"


WRONG = {
    "not yaml": ("parameters: [1, 2\n", ":2: is not YAML"),
    "empty": ("", "is empty"),
    "no parameters": ("base: base.yaml\n", "needs `parameters`"),
    "top key": ("base: base.yaml\nparameter: {precision: [1]}\n", "s.yaml:2: parameter: is not a key", "did you mean `parameters`"),
    "unknown parameter": ("base: base.yaml\nparameters:\n  precision: [1]\n  accelerator.mxu.row: [8]\n",
                          "s.yaml:4: accelerator.mxu.row: is not a key", "did you mean `rows`"),
    "no such base": ("base: none.yaml\nparameters: {precision: [1]}\n", "s.yaml:1: base: there is no file", "none.yaml"),
    "circular base": ("base: circle.yaml\nparameters: {precision: [1]}\n", "s.yaml:1: base: there is no file", "circle.yaml"),
    "name": ("name: ..\nbase: base.yaml\nparameters: {precision: [1]}\n", "s.yaml:1: name: names a folder", "no dot"),
    "wrong base": ("base: wrong.yaml\nparameters: {precision: [1]}\n", "wrong.yaml:1", "acelerator"),
    "set": ("base: base.yaml\nset: {tilling: auto}\nparameters: {precision: [1]}\n", "s.yaml:2: tilling: is not a key", "tiling"),
    "scalar": ("base: base.yaml\nparameters: {precision: 5}\n", "s.yaml:2: parameters.precision: must be a list"),
    "empty list": ("base: base.yaml\nparameters: {precision: []}\n", "is an empty list"),
    "range key": ("base: base.yaml\nparameters:\n  precision: {from: 1, to: 2, by: 3}\n", "s.yaml:3: parameters.precision.by",
                  "from, to, step"),
    "range without end": ("base: base.yaml\nparameters: {precision: {from: 1}}\n", "needs `to`"),
    "range down": ("base: base.yaml\nparameters: {precision: {from: 3, to: 1}}\n", "must not be above"),
    "range text": ("base: base.yaml\nparameters: {precision: {from: a, to: 1}}\n", "parameters.precision.from: must be a number"),
    "factor": ("base: base.yaml\nparameters: {precision: {from: 1, to: 8, factor: 1}}\n", "a factor above 1"),
    "huge range": ("base: base.yaml\nparameters: {precision: {from: 1, to: 1000000000}}\n", "more than 100000 values"),
    "octal": ("base: base.yaml\nparameters: {accelerator.mxu.rows: [010]}\n", "is the text `010`"),
    "hexadecimal": ("base: base.yaml\nparameters: {accelerator.mxu.rows: [0x10]}\n", "is the text `0x10`"),
    "underscore": ("base: base.yaml\nset: {accelerator.mxu.rows: 1_6}\nparameters: {precision: [1]}\n", "is the text `1_6`"),
    "plus sign": ("base: base.yaml\nparameters: {accelerator.mxu.rows: [+8]}\n", "is the text `+8`"),
    "whole with a point": ("base: base.yaml\nparameters: {accelerator.mxu.rows: [8.0]}\n", "is 8.0, must be a whole number"),
    "yes": ("base: base.yaml\nset: {functional.enabled: yes}\nparameters: {precision: [1]}\n", "is the text `yes`, must be true or false"),
    "huge product": ("base: base.yaml\nparameters:\n" + "".join(f"  precision.{name}: {{from: 1, to: 16}}\n" for name in
                     ("A_qkv", "A_o", "A_u", "A_d")) + "  workload.tokens: {from: 1, to: 100}\n", "6553600 combinations"),
    "link": ("base: base.yaml\nlinked: [{precision: [1, 2], tiling: [auto]}]\n", "equally many values", "precision has 2"),
    "twice": ("base: base.yaml\nset: {precision: 5}\nparameters: {precision: [1]}\n", "precision: has values in two places"),
    "condition": ("base: base.yaml\nparameters: {precision: [1]}\nconditions:\n  - precision >\n", "s.yaml:4", "is not an expression"),
    "condition name": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [precison > 1]\n", "s.yaml:3: `precison` is neither"),
    "condition code": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [\"__import__('os')\"]\n", "is not understood"),
    "condition power": ("base: base.yaml\nparameters: {precision: [9]}\nconditions: [9 ** 9 ** precision > 1]\n", "too large"),
    "condition none": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [precision > 1]\n", "no combination"),
    "output": ("base: base.yaml\nparameters: {precision: [1]}\noutputs: [cycle]\n", "`cycle` is not a number", "did you mean `cycles`"),
    "limit": ("base: base.yaml\nparameters: {precision: [1]}\nlimits: {time_s: -1}\n", "limits.time_s: is -1"),
    "no limit": ("base: base.yaml\nparameters: {precision: [1]}\nlimits: {time_s: 1e400}\n", "limits.time_s: is 1e400, beyond the numbers"),
    "condition digits": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [\"round(precision, -1000000000) == 0\"]\n",
                         "s.yaml:3: `round(precision, -1000000000) == 0` has no value: round() takes", "at precision=1"),
    "condition format": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [\"'%3000000000d' % precision == ''\"]\n", "only numbers are"),
    "condition root": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [(-precision) ** 0.5 < 1]\n", "root of a negative number"),
    "follows a section": ("base: base.yaml\nparameters: {precision: [1], tiling: = accelerator}\n", "`accelerator` is not a value of a key"),
    "all illegal": ("base: base.yaml\nparameters: {precision: [0, 99]}\n", "no point is a legal configuration", "is 0, must be 1"),
    "plot": ("base: base.yaml\nparameters: {precision: [1]}\nplot: {x: tiling}\n", "plot.x: `tiling` is not a parameter"),
    "alias": ("base: base.yaml\nparameters: {precision: &a [1], tiling: *a}\n", "s.yaml:2: anchors"),
    "binary": ("\x00\x01", "is not YAML"),
}


# Errors of the file alone, found without the simulator.
WRONG_TEXT = {
    "huge exponent": ("base: base.yaml\nparameters: {precision: {from: 1, to: 1e300}}\n", "more than 100000 values"),
    "factor of almost 1": ("base: base.yaml\nparameters: {precision: {from: 1, to: 2, factor: 1.00000000000000000001}}\n", "a factor above 1"),
    "range beyond numbers": ("base: base.yaml\nparameters: {precision: {from: 1, to: 1e999999999}}\n",
                             "s.yaml:2: parameters.precision.to: is 1e999999999, beyond the numbers"),
    "list beyond numbers": ("base: base.yaml\nparameters: {precision: [1e999999999]}\n", "s.yaml:2: parameters.precision: is 1e999999999"),
    "set beyond numbers": ("base: base.yaml\nset: {dram.latency_ns: -1e999999999}\nparameters: {precision: [1]}\n",
                           "s.yaml:2: set.dram.latency_ns: is -1e999999999"),
    "seed beyond numbers": ("base: base.yaml\nparameters: {precision: [1]}\nexplore: {seed: 1e999999999}\n", "s.yaml:3: explore.seed: is 1e999999999"),
    "huge seed": ("base: base.yaml\nparameters: {precision: [1]}\nexplore: {seed: 1e300}\n", "must be a whole number from 0 to 2147483647"),
    "quoted truth": ("base: base.yaml\nparameters: {precision: {from: 1, to: 2, whole: 'true'}}\n", "must be true or false"),
    "NUL in a path": ('base: "a\\0b"\nparameters: {precision: [1]}\n', r"s.yaml:1: base: has the control character"),
    "NUL in a name": ('name: "a\\0b"\nparameters: {precision: [1]}\n', r"s.yaml:1: name: has the control character"),
    "NUL in a key": ('parameters: {"precision\\0": [1]}\n', r"s.yaml:1: parameters: has the control character"),
    "NUL in a value": ('parameters: {tiling: ["a\\0b"]}\n', r"s.yaml:1: parameters.tiling: has the control character"),
    "half a character": ('parameters: {tiling: ["\\ud800"]}\n', "s.yaml:1:"),
    "deep": ("parameters: {precision: " + "[" * 100000 + "]" * 100000 + "}\n", "s.yaml:1: is nested more than 32 levels deep"),
    "many digits": ("base: base.yaml\nparameters: {precision: {from: 1, to: 1" + "0" * 5000 + "}}\n", "beyond the numbers"),
    "large limit": ("base: base.yaml\nparameters: {precision: [1]}\nlimits: {memory_bytes: 1e300}\n", "limits.memory_bytes: is 1e300, must be below"),
    "condition deep": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: ['" + "+".join(["precision"] * 200) + "']\n", "nested more than"),
    "condition long": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: ['" + "-" * 9999 + "1']\n", "is longer than 4096"),
    "condition digits of a number": ("base: base.yaml\nparameters: {precision: [1]}\nconditions: [precision < 0x10]\n", "`0x10` in"),
}


@pytest.mark.parametrize("case", WRONG_TEXT)
def test_texts_and_numbers_that_no_configuration_has_are_refused_with_their_line(tmp_path, case):
    text, *fragments = WRONG_TEXT[case]
    with pytest.raises(InputError) as refused:
        load(write(tmp_path, text))
    for fragment in fragments:
        assert fragment in str(refused.value)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize("case", WRONG)
def test_wrong_files_are_refused_before_anything_runs(tmp_path, case):
    text, *fragments = WRONG[case]
    (tmp_path / "wrong.yaml").write_text("acelerator: {}\n")
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    done = sweep(tmp_path, write(tmp_path, text), *(["--plot", tmp_path / "p.svg"] if case == "plot" else []))
    assert done.returncode == 2, done.stderr
    for fragment in fragments:
        assert fragment in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("args, fragment", [
    (["none.yaml"], "none.yaml: cannot be read"),
    (["s.yaml", "--jobs", "0"], "--jobs"),
    (["s.yaml", "--jobs", "²"], "--jobs"),
    (["s.yaml", "--jobs", "9" * 5000], "--jobs"),
    (["s.yaml", "--timeout", "nan"], "--timeout"),
    (["s.yaml", "--timeout", "1_0"], "--timeout"),
    (["s.yaml", "--set", "functional.enabled=yes"], "functional.enabled: is `yes`, must be true or false"),
    (["s.yaml", "--set", "accelerator.mxu.rows=0x10"], "accelerator.mxu.rows: is `0x10`, must be a whole number"),
    (["s.yaml", "--set", "accelerator.mxu.rows=1_6"], "accelerator.mxu.rows: is `1_6`"),
    (["s.yaml", "--set", "accelerator.mxu.rows=010"], "accelerator.mxu.rows: is `010`"),
    (["s.yaml", "--memory", "much"], "`much` is not an amount of memory"),
    (["s.yaml", "--memory", "99999999T"], "`99999999T` is not an amount of memory"),
    (["s.yaml", "--timeout", "0"], "--timeout"),
    (["circle.yaml"], "circle.yaml: cannot be read"),
    (["s.yaml", "--set", "accelerator"], "is not KEY=VALUE"),
    (["s.yaml", "--set", "accelerator.mxu.columns=0"], "accelerator.mxu.columns: is 0"),
    (["s.yaml", "--slurm", "--scheduler", "tcp://a:1"], "choose one"),
    (["s.yaml", "s.yaml"], "the same name"),
])
def test_wrong_options(tmp_path, args, fragment):
    write(tmp_path)
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    done = sweep(tmp_path, *args)
    assert done.returncode == 2 and fragment in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_a_figure_that_cannot_be_drawn_is_refused_before_anything_runs(tmp_path):
    path = write(tmp_path)
    done = sweep(tmp_path, path, "--plot", tmp_path / "figure.gif")
    assert done.returncode == 2 and "figure.gif: must end in .pdf, .svg or .png" in done.stderr
    done = sweep(tmp_path, write(tmp_path, SWEEP + "plot: {system: figna}\n"), "--plot", tmp_path / "figure.svg")
    assert done.returncode == 2 and "plot.system: `figna` is none of fp-fp, anda" in done.stderr
    assert not (tmp_path / "out").exists()


def test_expressions_are_those_of_python():
    from anda_sim.sweeps.expression import Expression, ExpressionError

    generator = random.Random(1)
    names = {"a.b": 3, "c": 5, "d": 2.5}

    def make(depth):
        if depth == 0:
            return generator.choice(["a.b", "c", "d", "7", "0.5"])
        kind = generator.choice(["binary", "compare", "call", "bool", "if"])
        parts = [make(depth - 1) for _ in range(3)]
        if kind == "binary":
            return f"({parts[0]} {generator.choice(['+', '-', '*', '/', '//', '%'])} {parts[1]})"
        if kind == "compare":
            return f"({parts[0]} {generator.choice(['<', '<=', '==', '!=', '>', '>='])} {parts[1]} < {parts[2]})"
        if kind == "call":
            return f"{generator.choice(['min', 'max'])}({', '.join(parts)})"
        if kind == "bool":
            return f"({parts[0]} {generator.choice(['and', 'or'])} not {parts[1]})"
        return f"({parts[0]} if {parts[1]} else {parts[2]})"

    checked = 0
    for _ in range(500):
        text = make(generator.randint(0, 3))
        try:
            expected = eval(text.replace("a.b", "A"), {"A": 3, **names})
        except ZeroDivisionError:
            with pytest.raises(ExpressionError):
                Expression(text).value(names.__getitem__)
            continue
        assert Expression(text).value(names.__getitem__) == expected, text
        checked += 1
    assert checked > 300
    for text in ("a()", "lambda: 1", "[x for x in c]", "c.__class__()", "open('f')", "f'{c}'", "a if", "c @ c", "min(c, key=c)"):
        with pytest.raises(ExpressionError):
            Expression(text)


READY = sorted((ROOT / "configs" / "sweeps").glob("*.yaml"))


def test_every_question_has_a_ready_made_sweep():
    assert {path.stem for path in READY} >= {
        "mantissa_bits", "group_size", "array_size", "buffer_sizes", "dram_bandwidth", "weight_bits", "prompt_length", "decode_batch",
        "arrival_rate"}


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_sweeps_run_on_a_small_workload(tmp_path, path):
    """All their points, with the plot, on one layer of few tokens unless the sweep varies the tokens; servers for few requests."""
    small = "serving.requests.count=3" if "command: serve" in path.read_text() else "workload.layers=1"
    done = sweep(tmp_path, path, "--plot", tmp_path / "p.svg", "--set", small, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(row["status"] == "done" for row in rows(tmp_path))
    drawn = (tmp_path / "p.svg").read_text()
    assert drawn.startswith("<?xml") and "</svg>" in drawn
    again = sweep(tmp_path, path, "--plot", tmp_path / "q.svg", "--set", small, "--quiet")
    assert again.returncode == 0 and (tmp_path / "q.svg").read_text() == drawn
