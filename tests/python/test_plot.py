# SPDX-License-Identifier: Apache-2.0
"""scripts/plot, and its data shared with scripts/report."""

import json
import re
import shutil
import struct
import subprocess

import pytest
from report_inputs import ROOT, SWEEP, WRONG, call, loaded, make_run, report_of, script

from anda_sim.figures.pareto import front_indices
from anda_sim.reports.plots import RUN_KINDS
from anda_sim.reports.runs import COMPONENTS, bandwidth, cycle_parts, energy_parts, kinds, roofline


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("plot") / "run")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "results.csv").write_text(SWEEP)
    return folder


@pytest.mark.parametrize("kind", RUN_KINDS)
def test_every_kind_is_a_column_wide_in_fonts_for_print(run, tmp_path, kind, capsys):
    files = {}
    for ending in ("pdf", "svg", "png"):
        path = tmp_path / f"figure.{ending}"
        assert call("plot", run, "--kind", kind, "-o", path, capsys=capsys) == (0, "")
        files[ending] = path.read_bytes()
    (width,) = re.findall(rb"/MediaBox \[ 0 0 ([0-9.]+) ", files["pdf"])
    assert float(width) == pytest.approx(3.3 * 72)
    assert b"/FontFile2" in files["pdf"] and b"/Type3" not in files["pdf"], "fonts must be TrueType, embedded"
    sizes = {float(size) for size in re.findall(r"font: ([0-9.]+)px", files["svg"].decode())}
    assert sizes and min(sizes) >= 7 and max(sizes) <= 8
    assert struct.unpack(">I", files["png"][16:20])[0] == 990


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_another_process_draws_the_same_bytes(run, tmp_path, ending, capsys):
    assert call("plot", run, "--kind", "energy", "-o", tmp_path / f"a.{ending}", capsys=capsys) == (0, "")
    result = script("plot", run, "--kind", "energy", "-o", tmp_path / f"b.{ending}")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@pytest.mark.parametrize("options", [["--by", "tensor"], ["--by", "kind", "--share"]])
def test_bars_for_parts_of_a_run(run, tmp_path, options, capsys):
    path = tmp_path / "figure.svg"
    assert call("plot", run, "--kind", "energy", *options, "-o", path, capsys=capsys) == (0, "")
    text = path.read_text()
    assert "anda, A_qkv" in text and "fp-fp, A_d" in text
    assert ("Energy (%)" in text) == ("--share" in options)


def test_a_front_of_a_sweep(sweep, tmp_path, capsys):
    path = tmp_path / "front.svg"
    assert call("plot", sweep, "--kind", "pareto", "-o", path, capsys=capsys) == (0, "")
    text = path.read_text()
    assert "anda: energy total (J)" in text and "anda: time (s)" in text
    status, message = call("plot", sweep, "--kind", "pareto", "--x", "no_such", "-o", path, capsys=capsys)
    assert status == 2 and "no column of numbers no_such" in message


@pytest.mark.parametrize("name", WRONG)
def test_wrong_inputs_are_refused_and_leave_no_file(run, tmp_path, name, capsys):
    make, fragment = WRONG[name]
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    status, message = call("plot", make(folder), "--kind", "energy", "-o", tmp_path / "figure.svg", capsys=capsys)
    assert status == 2 and fragment in message, message
    assert not (tmp_path / "figure.svg").exists()


def test_wrong_options_are_refused(run, sweep, tmp_path, capsys):
    for args, fragment in [
        ([run, "--kind", "energy", "-o", tmp_path / "a.gif"], "must end in .pdf, .svg or .png"),
        ([run, "--kind", "pareto", "-o", tmp_path / "a.svg"], "needs a table"),
        ([sweep, "--kind", "energy", "-o", tmp_path / "a.svg"], "needs runs"),
        ([run, "--kind", "pie", "-o", tmp_path / "a.svg"], "invalid choice"),
    ]:
        status, message = call("plot", *args, capsys=capsys)
        assert status == 2 and fragment in message, message
    (tmp_path / "file").touch()
    status, message = call("plot", run, "--kind", "energy", "-o", tmp_path / "file" / "a.svg", capsys=capsys)
    assert status == 1 and "file: File exists" in message
    assert call("plot", run, "--kind", "energy", "-o", tmp_path / "new" / "folder" / "a.svg", capsys=capsys) == (0, "")


# --- the data ---


def test_parts_add_up(run):
    found = loaded(run)
    for system in found.systems:
        assert sum(energy_parts(system).values()) == pytest.approx(system["energy_pj"]["total"])
        assert sum(cycle_parts(system).values()) == system["cycles"]
        rows = kinds(system)
        assert [row["gemms"] for row in rows] == [2, 2, 2]
        for key in ("cycles", "macs", "dram_read_bytes"):
            assert sum(row[key] for row in rows) == sum(op[key] for op in system["ops"])
        for component in COMPONENTS:
            assert sum(row[f"energy_{component}_pj"] for row in rows) == pytest.approx(energy_parts(system)[component])


def test_roofs_are_those_of_the_machine(run):
    """16 × 16 elements take 64 elements along k in M + 1 cycles (Anda), or in 16 (FP-FP), at 285 MHz."""
    machine = {system["name"]: roofline(system) for system in loaded(run).systems}

    def peak(cycles):
        return 2 * 16 * 16 * 64 / cycles * 285e6 * 1e-12

    assert machine["fp-fp"]["peaks"] == {0: pytest.approx(peak(16))}
    assert machine["anda"]["peaks"] == {7: pytest.approx(peak(8)), 5: pytest.approx(peak(6)), 6: pytest.approx(peak(7))}
    for roof in machine.values():
        assert roof["bytes_per_s"] == 256e9
        for point in roof["points"]:
            assert point["tops"] <= roof["peaks"][point["bits"]]
            assert point["tops"] <= point["intensity"] * roof["bytes_per_s"] * 1e-12


def integral(curve):
    _, starts, read, write = curve
    spans = [end - start for start, end in zip(starts, starts[1:])]
    return (
        sum(rate * span for rate, span in zip(read, spans)),
        sum(rate * span for rate, span in zip(write, spans)),
        starts[-1],
    )


def test_bandwidth_over_time_has_all_bytes(run, tmp_path, monkeypatch):
    found = loaded(run)
    for system in found.systems:
        expected = system["dram_bytes"]["read"], system["dram_bytes"]["write"], system["time_s"]
        assert bandwidth(found, system)[0] == "ops"
        assert integral(bandwidth(found, system)) == pytest.approx(expected)
        monkeypatch.setattr("anda_sim.reports.runs.MOST_INTERVALS", 4)  # fewer than there are GeMMs
        assert len(bandwidth(found, system)[2]) == 4
        assert integral(bandwidth(found, system)) == pytest.approx(expected)
        monkeypatch.undo()

    with_timeline = make_run(tmp_path / "timeline", "--timeline", tmp_path / "timeline.json")
    shutil.move(tmp_path / "timeline.json", with_timeline / "timeline.json")
    found = loaded(with_timeline)
    for system in found.systems:
        assert bandwidth(found, system)[0] == "timeline"
        bursts = system["actions"]["dram.read_bursts"] * 32, system["actions"]["dram.write_bursts"] * 32
        assert integral(bandwidth(found, system))[:2] == pytest.approx(bursts)


def test_a_timeline_of_another_run_is_ignored(run, tmp_path):
    other = make_run(tmp_path / "other", "--timeline", tmp_path / "t.json", "--set", "accelerator.mxu.rows=32")
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    shutil.move(tmp_path / "t.json", folder / "timeline.json")
    assert loaded(folder).timeline is None
    assert report_of(other)["systems"][0]["name"] == "fp-fp"


def test_tables_know_parameters_from_results(sweep):
    table = loaded(sweep)
    assert table.parameters == ["accelerator.mxu.rows", "tiling"]
    assert set(table.numeric) == {
        "point",
        "accelerator.mxu.rows",
        "anda.time_s",
        "anda.energy_total_pj",
        "anda.tops_per_w",
    }
    assert table.column("anda.time_s")[5] is None


def test_the_front_of_an_exploration_omits_infeasible_points(tmp_path, capsys):
    path = tmp_path / "results.csv"
    path.write_text(
        "point,status,error,rows,anda.time_s,anda.energy_total_pj,loss,feasible\n"
        "0,done,,8,1,1e12,,0\n1,done,,16,2,3e12,0.5,1\n2,done,,32,3,2e12,0.5,1\n3,done,,64,4,4e12,0.5,1\n"
    )
    table = loaded(path)
    assert [table.is_feasible(row) for row in table.rows] == [False, True, True, True]
    assert table.parameters == ["rows"]
    out = tmp_path / "front.svg"
    assert call("plot", path, "--kind", "pareto", "-o", out, capsys=capsys) == (0, "")
    assert "breaks a constraint" in out.read_text()

    from anda_sim.figures.style import Figures
    from anda_sim.reports.look import Look
    from anda_sim.reports.plots import plot_pareto

    figure = plot_pareto(Figures, [table], Look())
    lines = {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].get_lines()}
    assert lines["Pareto front"] == [[2, 3], [3, 2]]
    assert lines["breaks a constraint"] == [[1, 1]] and len(lines["points"]) == 3


def test_tables_of_what_the_tools_write(tmp_path):
    """Sweeps as CSV and as SQLite, comparisons and searches: the numbers of the files."""
    from sweep_tools import program, sweep, write

    path = write(tmp_path, "base: base.yaml\nset: {systems: [anda]}\nparameters: {tiling: [paper, auto], precision: [0, 5, 6]}\n")
    assert sweep(tmp_path, path).returncode == 0
    text, database = loaded(tmp_path / "out"), loaded(tmp_path / "out" / "results.sqlite")
    assert text.label == database.label == "out"
    assert (text.columns, text.rows, text.parameters) == (database.columns, database.rows, ["tiling", "precision"])
    assert [row[1] for row in text.rows].count("invalid") == 2 and len(text.rows) == 6

    for name in ("OPT-1.3B", "OPT-2.7B"):
        (tmp_path / f"{name}.yaml").write_text(f"workload: {{model: {name}, layers: 1, tokens: 32}}\nprecision: 6\n")
    (tmp_path / "compare.yaml").write_text("systems: [fp-fp, anda]\nmodels: {small: OPT-1.3B.yaml, large: OPT-2.7B.yaml}\n")
    made = subprocess.run(
        [program(), "compare", tmp_path / "compare.yaml", "--out", tmp_path / "compared"], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    comparison = loaded(tmp_path / "compared")
    document = json.loads((tmp_path / "compared" / "compare.json").read_text())
    assert comparison.column("model") == [m["name"] for m in document["models"] for _ in m["systems"]]
    assert comparison.column("time_s") == [s["time_s"] for m in document["models"] for s in m["systems"]]
    assert comparison.parameters == ["model", "system"] and "energy_total_pj" in comparison.numeric

    evaluator = ROOT / "examples" / "evaluator" / "made_up"
    made = subprocess.run(
        [program(), "search", "--model", "OPT-1.3B", "--evaluator", evaluator, "--out", tmp_path / "found"],
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    found = loaded(tmp_path / "found")
    document = json.loads((tmp_path / "found" / "search.json").read_text())
    assert [found.column(name) for name in ("A_qkv", "A_o", "A_u", "A_d")] == [
        list(column) for column in zip(*(each["combination"] for each in document["front"]))
    ]
    assert found.parameters == ["A_qkv", "A_o", "A_u", "A_d"] and {"bops", "loss"} <= set(found.numeric)


def test_the_front_is_what_nothing_beats():
    import random

    for seed in range(50):
        chance = random.Random(seed)
        points = [
            (chance.randrange(10), chance.randrange(10)) if chance.random() < 0.9 else (None, 1) for _ in range(40)
        ]
        front = front_indices(points)
        assert [points[i] for i in front] == sorted(points[i] for i in front)
        kept = {points[i] for i in front}
        assert len(kept) == len(front)
        valid = [point for point in points if None not in point]
        expected = {p for p in valid if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in valid)}
        assert kept == expected
