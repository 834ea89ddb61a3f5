# SPDX-License-Identifier: Apache-2.0
"""Malicious input to anda-sim: no crash, status 2, and no escape sequence reaches the terminal."""

import struct
import subprocess
from pathlib import Path

import pytest

from search_tools import HANGS, TINY, program

ROOT = Path(__file__).resolve().parents[2]
# Sets the title of a terminal; the same for Latin-1's CSI and a mark that changes the text direction.
ESCAPES = ["\x1b]0;owned\x07", "\x9b31m", "\u202eowned"]
CONTROL = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u202e"]


def run(*args, **options):
    return subprocess.run([program(), *map(str, args)], capture_output=True, text=True, timeout=HANGS, **options)


def check_plain(done, status):
    assert done.returncode == status, done.stderr
    for text in (done.stdout, done.stderr):
        assert not [c for c in text if c in CONTROL and c not in "\n\t"], repr(text)


@pytest.mark.parametrize("escape", ESCAPES, ids=ascii)
def test_control_characters_of_paths_options_and_files_are_escaped(tmp_path, escape):
    odd = tmp_path / f"a{escape}.yaml"
    odd.write_text("workload: {model: OPT-1.3B}\n")
    bad = tmp_path / "bad.yaml"
    bad.write_text(f'workload: {{model: OPT-1.3B}}\nname: "{escape}"\n')
    trace = tmp_path / f"t{escape}.csv"
    trace.write_text(f"name,layer,tensor,m,k,n\n{escape},0,A,1,1,1\n")
    model = tmp_path / f"m{escape}"
    for status, args in [
        (0, ["config", odd, "--check"]),
        (0, ["run", odd, "--check"]),
        (2, ["run", tmp_path / escape]),
        (2, ["config", bad]),
        (2, ["config", "--set", f"name={escape}"]),
        (2, ["config", "--set", f'name="\\e]0;"{escape}']),
        (2, ["config", "--set", f"{escape}=1"]),
        (2, ["run", "--set", f"workload.trace={trace}", odd]),
        (2, ["run", odd, f"--{escape}"]),
        (2, ["run", odd, escape]),
        (2, [escape]),
        (2, ["run", odd, "--level", escape]),
        (2, ["trace", "--model", escape]),
        (2, ["trace", "--scale-sim", trace]),
        (2, ["evaluate", model, "--tokens", escape]),
        (2, ["compare", bad, "--systems", escape]),
        (2, ["search", "--model", escape, "--evaluator", "true"]),
    ]:
        check_plain(run(*args), status)


def test_control_characters_of_folders_stay_out_of_the_tables(tmp_path):
    folder = tmp_path / "d\x1b]0;x\x07"
    folder.mkdir()
    (folder / "t.csv").write_text("name,layer,tensor,m,k,n\nq,0,A,16,64,64\n")
    (folder / "c.yaml").write_text("workload: {trace: t.csv}\n")
    check_plain(run("run", folder / "c.yaml", "--out", folder / "o\x1b[31m"), 0)
    assert (folder / "o\x1b[31m" / "report.json").exists()
    check_plain(run("trace", "--model", "OPT-1.3B", "-o", folder / "made.csv"), 0)


def test_names_of_a_comparison_have_no_control_characters(tmp_path):
    (tmp_path / "a.yaml").write_text("workload: {model: OPT-1.3B, layers: 1}\n")
    file = tmp_path / "c.yaml"
    for text, problem in [
        ('name: "\\e[31m"\nmodels: {a: a.yaml}\n', "name: has a line break or a control character"),
        ('models: {"\\e[31m": a.yaml}\n', "a model's name must be text of one line"),
        ('systems: ["anda-\\e[31m"]\nmodels: {a: a.yaml}\n', "must be an element"),
        ('"\\e[31m": 1\nmodels: {a: a.yaml}\n', "is not a key"),
    ]:
        file.write_text(text)
        done = run("compare", file, "--out", tmp_path / "out")
        check_plain(done, 2)
        assert problem in done.stderr, done.stderr


def test_output_of_an_evaluator_is_escaped(tmp_path):
    evaluator = r"""while read line; do printf '{"error": "\\u001b]0;owned\\u0007 \\u009b31m"}\n'; done"""
    done = run("search", "--model", "OPT-1.3B", *TINY, "--evaluator", evaluator, "--out", tmp_path)
    assert "reports an error: \\x1b]0;owned\\x07 \\xc2\\x9b31m" in done.stderr
    check_plain(done, 1)


def safetensors(header):
    return struct.pack("<Q", len(header)) + header.encode()


DEEP = 150_000


SHAPES = {"lists": "[" * DEEP + "]" * DEEP, "objects": '{"a":' * DEEP + "1" + "}" * DEEP, "cut off": "[" * DEEP}


@pytest.mark.parametrize("name", SHAPES)
def test_deep_nesting_in_a_checkpoint_is_refused(tmp_path, name):
    shape = SHAPES[name]
    small = ROOT / "tests" / "data" / "small_models"
    (tmp_path / "config.json").write_bytes((small / "llama" / "config.json").read_bytes())
    file = tmp_path / "model.safetensors"
    file.write_bytes(safetensors(f'{{"a":{{"dtype":"F16","shape":{shape},"data_offsets":[0,0]}}}}'))
    done = run("evaluate", tmp_path, "--tokens", small / "held_out.npy")
    check_plain(done, 2)
    assert f"{file}: the header, at byte" in done.stderr and "nested more than 64 levels deep" in done.stderr

    file.unlink()
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(f'{{"weight_map": {{"a": {shape}}}}}')
    done = run("evaluate", tmp_path, "--tokens", small / "held_out.npy")
    check_plain(done, 2)
    assert f"{index}:1:" in done.stderr and "nested more than 64 levels deep" in done.stderr

    index.unlink()
    (tmp_path / "config.json").write_text(f'{{"model_type": {shape}}}')
    for args in [["evaluate", tmp_path, "--tokens", small / "held_out.npy"], ["trace", "--config-json", tmp_path / "config.json"]]:
        done = run(*args)
        check_plain(done, 2)
        assert "config.json:1:" in done.stderr and "nested more than 64 levels deep" in done.stderr


YAML = {
    "lists": "workload: " + "[" * DEEP,
    "maps": "workload: " + "{a: " * DEEP,
    "items": "- " * DEEP,
    "keys": "? " * DEEP,
    "indented": "a:\n" + "".join(" " * depth + "- \n" for depth in range(600)),
}


@pytest.mark.parametrize("name", YAML)
def test_deep_nesting_in_yaml_is_refused(tmp_path, name):
    file = tmp_path / "deep.yaml"
    file.write_text(YAML[name])
    done = run("config", file)
    check_plain(done, 2)
    assert "deep.yaml:" in done.stderr


def test_every_fuzz_target_has_seeds_and_a_line_in_the_list():
    targets = {file.stem.removeprefix("fuzz_") for file in (ROOT / "tests" / "fuzz").glob("fuzz_*.cpp")}
    assert len(targets) >= 14
    assert {folder.name for folder in (ROOT / "tests" / "fuzz" / "seeds").iterdir() if any(folder.iterdir())} == targets
    done = subprocess.run([ROOT / "scripts" / "fuzz", "--list"], capture_output=True, text=True)
    assert set(done.stdout.split()) == targets
    for args in (["--time", "0"], ["--jobs"], ["nothing"], ["-x"]):
        assert subprocess.run([ROOT / "scripts" / "fuzz", *args], capture_output=True).returncode == 2
