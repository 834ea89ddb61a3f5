# SPDX-License-Identifier: Apache-2.0
"""scripts/plot, and the data that it shares with scripts/report."""

import re
import shutil
import struct

import pytest
from report_inputs import SWEEP, WRONG, call, make_run, report_of, script

from anda_report.plots import RUN_KINDS
from anda_report.runs import COMPONENTS, bandwidth, cycle_parts, energy_parts, kinds, load_run, roofline
from anda_report.tables import load_table, pareto_front


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
    assert sizes and min(sizes) >= 6.5 and max(sizes) <= 8
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
        ([run, "--kind", "pareto", "-o", tmp_path / "a.svg"], "needs a sweep"),
        ([sweep, "--kind", "energy", "-o", tmp_path / "a.svg"], "needs runs"),
        ([run, "--kind", "pie", "-o", tmp_path / "a.svg"], "invalid choice"),
    ]:
        status, message = call("plot", *args, capsys=capsys)
        assert status == 2 and fragment in message, message
    status, message = call("plot", run, "--kind", "energy", "-o", tmp_path / "absent" / "a.svg", capsys=capsys)
    assert status == 1 and "No such file or directory" in message


# --- the data ---


def test_parts_add_up(run):
    loaded = load_run(run)
    for system in loaded.systems:
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
    machine = {system["name"]: roofline(system) for system in load_run(run).systems}

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
    loaded = load_run(run)
    for system in loaded.systems:
        expected = system["dram_bytes"]["read"], system["dram_bytes"]["write"], system["time_s"]
        assert bandwidth(loaded, system)[0] == "ops"
        assert integral(bandwidth(loaded, system)) == pytest.approx(expected)
        monkeypatch.setattr("anda_report.runs.MOST_INTERVALS", 4)  # fewer than there are GeMMs
        assert len(bandwidth(loaded, system)[2]) == 4
        assert integral(bandwidth(loaded, system)) == pytest.approx(expected)
        monkeypatch.undo()

    with_timeline = make_run(tmp_path / "timeline", "--timeline", tmp_path / "timeline.json")
    shutil.move(tmp_path / "timeline.json", with_timeline / "timeline.json")
    loaded = load_run(with_timeline)
    for system in loaded.systems:
        assert bandwidth(loaded, system)[0] == "timeline"
        bursts = system["actions"]["dram.read_bursts"] * 32, system["actions"]["dram.write_bursts"] * 32
        assert integral(bandwidth(loaded, system))[:2] == pytest.approx(bursts)


def test_a_timeline_of_another_run_is_left_alone(run, tmp_path):
    other = make_run(tmp_path / "other", "--timeline", tmp_path / "t.json", "--set", "accelerator.mxu.rows=32")
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    shutil.move(tmp_path / "t.json", folder / "timeline.json")
    assert load_run(folder).timeline is None
    assert report_of(other)["systems"][0]["name"] == "fp-fp"


def test_tables_know_parameters_from_results(sweep):
    table = load_table(sweep)
    assert table.parameters == ["accelerator.mxu.rows", "tiling"]
    assert set(table.numeric) == {
        "point",
        "accelerator.mxu.rows",
        "anda.time_s",
        "anda.energy_total_pj",
        "anda.tops_per_w",
    }
    assert table.column("anda.time_s")[5] is None


def test_the_front_is_what_nothing_beats():
    import random

    for seed in range(50):
        chance = random.Random(seed)
        points = [
            (chance.randrange(10), chance.randrange(10)) if chance.random() < 0.9 else (None, 1) for _ in range(40)
        ]
        front = pareto_front(points)
        kept = {points[i] for i in front}
        assert len(kept) == len(front)
        valid = [point for point in points if None not in point]
        expected = {p for p in valid if not any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in valid)}
        assert kept == expected
