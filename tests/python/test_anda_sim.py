# SPDX-License-Identifier: Apache-2.0
"""The Python package anda_sim: its numbers equal those of the program's files, its errors name the place."""

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sweep_tools import BASE, ROOT, program

import anda_sim
from anda_sim.common.errors import Problem
from anda_sim.si_units import si
from anda_sim.values import as_text, flat, plain

SMALL = {"workload": {"model": "OPT-1.3B", "layers": 1, "tokens": 32}, "precision": 6}


@pytest.fixture(autouse=True)
def the_program_of_this_build(monkeypatch):
    monkeypatch.setenv("ANDA_SIM", program())


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A run whose files are kept."""
    folder = tmp_path_factory.mktemp("kept")
    return anda_sim.run(SMALL, out=folder / "out", systems=["fp-fp", "figna", "anda"], progress=False, program=program())


def said(*args):
    return subprocess.run([program(), *map(str, args)], capture_output=True, text=True, check=True).stdout


def test_a_configuration_equals_that_of_the_same_changes_on_the_command_line():
    config = anda_sim.Config("llama-13b.yaml", {"accelerator": {"mxu": {"rows": 32}}}, dram="ddr4", batch=8, phase="decode")
    assert config.text == said("config", ROOT / "configs" / "llama-13b.yaml", "--set", "accelerator.mxu.rows=32", "--set", "dram=ddr4",
                               "--set", "workload.batch=8", "--set", "workload.phase=decode")
    assert config["accelerator.mxu.rows"] == 32 and config.name == "LLaMA-13B, 1 % loss"
    other = config.replace(batch=4)
    assert (other["workload.batch"], config["workload.batch"]) == (4, 8)
    with pytest.raises(KeyError):
        config["accelerator.mxu.row"]


def test_another_source_of_the_workload_replaces_the_first(tmp_path):
    (tmp_path / "t.csv").write_text("name,layer,tensor,m,k,n\na,0,A_qkv,16,64,16\n")
    config = anda_sim.Config("llama-13b.yaml", trace=tmp_path / "t.csv")
    assert (config["workload.model"], config["workload.trace"]) == ("", str(tmp_path / "t.csv"))
    assert config.replace(model="OPT-1.3B")["workload.trace"] == ""


@pytest.mark.parametrize("value, text", [
    (np.int64(7), "7"), (np.float32(0.5), "0.5"), (True, "true"), (np.bool_(True), "true"), ((1, 2), "[1, 2]"), (range(3), "[0, 1, 2]"),
    (np.array([1.5, 2.0]), "[1.5, 2.0]"), (Path("a/b"), '"a/b"'), ({"a": np.int8(1)}, '{"a": 1}'), ("7", '"7"'), (np.array(3), "3")])
def test_values_of_python_and_numpy_become_yaml(value, text):
    assert as_text(plain(value)) == text


def test_maps_become_dotted_keys():
    assert flat({"a": {"b": 1, "c": {"d": 2}}, "e.f": (1,)}) == {"a.b": 1, "a.c.d": 2, "e.f": [1]}
    with pytest.raises(TypeError):
        plain(object())


def test_a_run_has_the_numbers_of_its_files_in_si_units(kept):
    report = json.loads((kept.folder / "report.json").read_text())
    assert list(kept.systems) == ["fp-fp", "figna", "anda"] == [system["name"] for system in report["systems"]]
    for data in report["systems"]:
        system = kept[data["name"]]
        assert (system.cycles, system.time_s, system.area_mm2) == (data["cycles"], data["time_s"], data["area_mm2"]["total"])
        assert system.energy_j == pytest.approx(data["energy_pj"]["total"] * 1e-12, rel=1e-15)
        assert system.power_w == pytest.approx((data["power_mw"]["on_chip"] + data["power_mw"]["dram"]) * 1e-3, rel=1e-15)
        assert system.ops_per_s == pytest.approx(2 * data["macs"] / data["time_s"], rel=1e-12)
        assert system.ops_per_j == pytest.approx(2 * data["macs"] / (data["energy_pj"]["total"] * 1e-12), rel=1e-9)
        assert sum(system.energy_by_component_j.values()) == pytest.approx(system.energy_j, rel=1e-12)
        assert sum(system.area_by_component_mm2.values()) == pytest.approx(system.area_mm2, rel=1e-12)
        assert system.cycles == data["busy_cycles"] + sum(system.stall_cycles.values())
    assert kept.speedup == kept["fp-fp"].time_s / kept["anda"].time_s == report["ratios"][-1]["speedup"]
    assert (kept.system.name, kept.baseline.name, kept.time_s) == ("anda", "fp-fp", kept["anda"].time_s)
    assert {"time_s", "energy_total_j", "speedup", "plot"} <= set(dir(kept))
    with pytest.raises(anda_sim.InputError, match="no system ifpu; there are fp-fp, figna, anda"):
        kept["ifpu"]
    with pytest.raises(AttributeError):
        kept.no_such_number


def test_numbers_without_meaning_stay_none_in_any_unit():
    assert [si(name, None) for name in ("a_pj", "tops_per_w", "cycles")] == [("a_j", None), ("ops_per_j", None), ("cycles", None)]
    assert si("energy_delay_product_pj_s", 2.0) == ("energy_delay_product_j_s", 2e-12)
    assert si("area_total_mm2", 2.0) == ("area_total_mm2", 2.0)


def test_ops_are_the_rows_of_ops_csv(kept):
    with open(kept.folder / "ops.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(kept.ops.columns) == list(rows[0]) and len(kept.ops) == len(rows)
    for column in ("system", "name", "tensor", "cycles", "energy_total_pj", "dram_read_bytes"):
        assert [str(value) for value in kept.ops[column]] == [row[column] for row in rows]
    assert list(kept["anda"].ops["system"].unique()) == ["anda"]
    assert kept.frame().loc["anda", "time_s"] == kept.time_s


def test_a_run_without_a_folder_has_the_same_numbers_and_leaves_no_files(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    again = anda_sim.run(SMALL, systems=["fp-fp", "figna", "anda"], progress=False)
    assert again.folder is None and again.report == kept.report and again.ops.equals(kept.ops)
    assert list(tmp_path.iterdir()) == []


def test_pictures_and_tables_of_a_notebook(kept, tmp_path):
    picture = kept.plot("energy", by="tensor", share=True)
    assert picture._repr_png_().startswith(b"\x89PNG")
    picture.save(tmp_path / "energy.svg")
    subprocess.run([ROOT / "scripts" / "plot", kept.folder, "--kind", "energy", "--by", "tensor", "--share", "-o",
                    tmp_path / "command.svg"], check=True, capture_output=True)
    assert (tmp_path / "energy.svg").read_bytes() == (tmp_path / "command.svg").read_bytes()
    page = kept._repr_html_()
    assert page.count("<tr>") == 4 and "<td" in page and "effective configuration" in page
    for wrong in ({"kind": "enrgy"}, {"by": "row"}):
        with pytest.raises(anda_sim.InputError, match="plot: "):
            kept.plot(**wrong)
    with pytest.raises(anda_sim.InputError, match="must end in"):
        picture.save(tmp_path / "energy.txt")
    named = anda_sim.Config(SMALL, name="<b>&</b>")
    assert "<b>&" not in named._repr_html_().replace("<caption><b>", "") and "&lt;b&gt;" in named._repr_html_()


def test_pictures_do_not_change_the_settings_of_matplotlib(kept):
    import matplotlib

    before = dict(matplotlib.rcParams)
    kept.plot("compare")._repr_png_()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("call, key, message", [
    (lambda: anda_sim.Config(SMALL, {"accelerator.mxu.row": 3}), "accelerator.mxu.row", "is not a key"),
    (lambda: anda_sim.run(SMALL, precison=3), "precison", "is not a key"),
    (lambda: anda_sim.run(SMALL, precision=99, progress=False), "precision", "is 99"),
    (lambda: anda_sim.sweep(SMALL, {"accelerator.mxu.row": [1, 2]}), "accelerator.mxu.row", "is not a key"),
    (lambda: anda_sim.sweep(SMALL, {"precision": 5}), "precision", "must be a list"),
    (lambda: anda_sim.sweep(SMALL, {"precision": []}), "precision", "is an empty list"),
    (lambda: anda_sim.sweep(SMALL, {"precision": "= 1 +"}), "precision", "is not an expression"),
])
def test_errors_name_the_key(call, key, message):
    with pytest.raises(anda_sim.InputError, match=message) as caught:
        call()
    assert caught.value.key == key and message in caught.value.problems[0].message


def test_errors_of_a_file_name_file_line_and_key(tmp_path):
    (tmp_path / "bad.yaml").write_text("workload: {model: OPT-1.3B}\nprecision: 99\naccelerator: {mxu: {row: 3}}\n")
    with pytest.raises(anda_sim.InputError) as caught:
        anda_sim.Config(tmp_path / "bad.yaml")
    error = caught.value
    assert (error.file, error.line, error.key) == (str(tmp_path / "bad.yaml"), 2, "precision")
    assert [(each.line, each.key) for each in error.problems] == [(2, "precision"), (3, "accelerator.mxu.row")]
    with pytest.raises(anda_sim.InputError, match="no such file, here or among the shipped"):
        anda_sim.Config(tmp_path / "none.yaml")
    (tmp_path / "t.csv").write_text("name,layer,tensor,m,k,n\na,0,A_qkv,16,-64,16\n")
    with pytest.raises(anda_sim.InputError) as caught:
        anda_sim.run(trace=tmp_path / "t.csv", progress=False)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "t.csv"), 2)


@pytest.mark.parametrize("text, problem", [
    ("a.yaml:3:7: x.y: is wrong: very", Problem("is wrong: very", "a.yaml", 3, 7, "x.y")),
    ("a.csv:3: is wrong", Problem("is wrong", "a.csv", 3)),
    ("dir/a: cannot be opened: No such file", Problem("cannot be opened: No such file", "dir/a")),
    ("--set a.b=[1: 2]: a.b: is wrong", Problem("is wrong", key="a.b")),
    ("something: is wrong", Problem("something: is wrong")),
])
def test_lines_of_messages_are_taken_apart(text, problem):
    assert anda_sim.InputError(text).problems == [problem]


def test_a_run_that_fails_is_a_run_error(tmp_path):
    (tmp_path / "sim").write_text('#!/bin/sh\n[ "$1" = config ] && exec "$SIM" "$@"\n[ "$1" = run ] && kill -9 $$\necho "error: no" >&2\nexit 1\n'
                                  .replace("$SIM", program()))
    (tmp_path / "sim").chmod(0o755)
    config = anda_sim.Config(SMALL, program=tmp_path / "sim")
    for progress in (False, True):
        with pytest.raises(anda_sim.RunError, match="was ended by SIGKILL"):
            anda_sim.run(config, progress=progress)
    with pytest.raises(anda_sim.RunError, match="^no$"):
        config.simulator.call("trace")


def test_the_program_reports_progress_on_request(tmp_path):
    command = [program(), "run", ROOT / "configs" / "llama-13b.yaml", "--out", tmp_path]
    said = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "ANDA_SIM_PROGRESS": "lines"}).stderr.splitlines()
    shares = [float(line.removeprefix("progress ")) for line in said]
    assert shares and shares == sorted(shares) and 0 <= shares[0] and shares[-1] <= 1
    shown = []
    anda_sim.Simulator(program()).call(*command[1:], "--quiet", on_progress=shown.append)
    assert shown and shown == sorted(shown)


def test_a_bar_shows_how_far_a_run_is(capsys):
    anda_sim.run(SMALL, name="a small one")
    shown = capsys.readouterr().err
    assert "a small one" in shown and "%|" in shown
    anda_sim.run(SMALL, progress=False)
    assert capsys.readouterr().err == ""


def test_a_sweep_returns_the_rows_of_the_command(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "s.yaml").write_text("base: base.yaml\nparameters: {precision: [4, 6], accelerator.mxu.rows: [8, 16]}\n")
    from_file = anda_sim.sweep(tmp_path / "s.yaml", progress=False)
    given = anda_sim.sweep(tmp_path / "base.yaml", {"precision": np.array([4, 6]), "accelerator": {"mxu": {"rows": range(8, 17, 8)}}},
                           progress=False, out=tmp_path / "out", jobs=1)
    assert given.frame().equals(from_file.frame()) and from_file.folder is None
    assert given.parameters == ["precision", "accelerator.mxu.rows"] and len(given.rows) == 4 and not given.failed
    run = anda_sim.run(tmp_path / "base.yaml", progress=False, precision=4, **{"accelerator.mxu.rows": 8})
    assert given.rows[0]["anda.cycles"] == run.cycles
    assert given.plot(y=["cycles"])._repr_png_().startswith(b"\x89PNG")
    assert (tmp_path / "out" / "results.csv").is_file() and "<table" in given._repr_html_()


def test_linked_and_derived_parameters_and_failed_points():
    result = anda_sim.sweep(SMALL, {("accelerator.mxu.rows", "accelerator.mxu.columns"): [(8, 32), (16, 16)],
                                    "accelerator.compressor.lanes": "= accelerator.mxu.rows", "precision": [6, 99]}, progress=False)
    frame = result.frame()
    assert list(frame["accelerator.compressor.lanes"]) == [8, 8, 16, 16] and len(result.failed) == 2
    assert {row["status"] for row in result.failed} == {"invalid"} and "is 99" in result._repr_html_()


def test_a_comparison_has_the_numbers_of_its_runs():
    small = anda_sim.Config(SMALL)
    found = anda_sim.compare({"systems": ["fp-fp", "anda"], "models": {"one": small, "two": small.replace(tokens=64)}}, progress=False)
    frame = found.frame().set_index(["model", "system"])
    for name, config in (("one", small), ("two", small.replace(tokens=64))):
        run = anda_sim.run(config, systems=["fp-fp", "anda"], progress=False)
        assert frame.loc[(name, "anda"), "cycles"] == run.cycles
        assert frame.loc[(name, "anda"), "energy_total_j"] == pytest.approx(run.energy_j, rel=1e-15)
    speedups = [frame.loc[(name, "anda"), "speedup"] for name in ("one", "two")]
    assert found.means().loc["anda", "speedup"] == pytest.approx(math.sqrt(math.prod(speedups)))
    assert found._repr_html_().count("<tr>") == 3
    with pytest.raises(anda_sim.InputError, match="thirteen"):
        anda_sim.compare({"systems": ["fp-fp", "thirteen"], "models": {"one": small}}, progress=False)


def test_a_search_and_its_configuration(tmp_path):
    found = anda_sim.search(SMALL, evaluator=str(ROOT / "examples" / "evaluator" / "made_up"), tolerance=[0.01, 1e-9],
                            simulate=True, out=tmp_path / "out", progress=False)
    frame = found.frame()
    assert list(frame["met"]) == [True, False] and frame.loc[0, "loss"] <= 0.01
    written = anda_sim.run(tmp_path / "out" / "loss-1.yaml", progress=False)
    run = anda_sim.run(found.config_for(0.01), systems=["fp-fp", "anda"], progress=False)
    assert run.cycles == written.cycles and run.speedup == frame.loc[0, "speedup"]
    assert len(found.front()) > 1 and "<table" in found._repr_html_()
    with pytest.raises(anda_sim.InputError, match="met are 0.01"):
        found.config_for(0.5)


def test_an_exploration_finds_the_best_points_of_a_full_sweep(tmp_path):
    space = {"accelerator.mxu.rows": [8, 16], "precision": [5, 6]}
    found = anda_sim.explore(SMALL, space, minimise=["cycles"], trials=16, seed=1, progress=False)
    best = anda_sim.sweep(SMALL, space, progress=False).frame()["anda.cycles"].min()
    assert found.front[0]["anda.cycles"] == best == found.front_frame()["anda.cycles"][0]
    assert found.plot()._repr_png_().startswith(b"\x89PNG") and "Pareto front" in found._repr_html_()


def test_importing_the_package_imports_nothing_else():
    done = subprocess.run([sys.executable, "-c", "import sys, anda_sim; print(sorted(name for name in sys.modules if name.split('.')[0] in "
                           "('pandas', 'numpy', 'matplotlib', 'yaml', 'optuna', 'tqdm')))"], cwd=ROOT / "scripts", capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_every_public_name_exists():
    assert all(getattr(anda_sim, name) is not None for name in anda_sim.__all__) and set(anda_sim.__all__) <= set(dir(anda_sim))
    with pytest.raises(AttributeError, match="no attribute 'simulate'"):
        anda_sim.simulate


def test_the_version_is_that_of_the_program():
    from anda_sim.version import VERSION

    assert said("--version") == f"anda-sim {VERSION}\n"


def test_the_public_modules_are_typed():
    done = subprocess.run(["mypy"], cwd=ROOT / "scripts", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
