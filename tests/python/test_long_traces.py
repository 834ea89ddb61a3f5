# SPDX-License-Identifier: Apache-2.0
"""Results of traces with more GeMMs than a page can show: files grow only with distinct rows."""

import csv
import json
import math
import os
import random
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
MOST_SINGLE_OPS = 5000


def run(folder, rows, *args):
    """A run of `rows` GeMMs of a few kinds in random order, functional or not."""
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    random_ = random.Random(rows)
    kinds = [(random_.choice(["A_o", "T"]), m, 64, 16 * m, m % 3 + 1) for m in range(1, 7)]
    with open(folder / "trace.csv", "w") as file:
        file.write("name,layer,tensor,m,k,n,count\n")
        for i in range(rows):
            tensor, m, k, n, count = random_.choice(kinds)
            file.write(f'"op, {i}",{i // 10},{tensor},{m},{k},{n},{count}\n')
    (folder / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [fp-fp, anda]\nsimulation: {fold_layers: true}\n")
    done = subprocess.run([program, "run", "run.yaml", "--out", "out", "--quiet", *args], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with open(folder / "out" / "ops.csv", newline="") as file:
        return json.loads((folder / "out" / "report.json").read_text()), list(csv.DictReader(file))


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    return (folder / "out", *run(folder, MOST_SINGLE_OPS + 1, "--ops-sqlite"))


def test_up_to_a_limit_every_row_is_an_op(tmp_path):
    report, rows = run(tmp_path, MOST_SINGLE_OPS)
    for system in report["systems"]:
        own = [row for row in rows if row["system"] == system["name"]]
        assert [op["name"] for op in system["ops"]] == [row["name"] for row in own]
        assert not any("rows" in op for op in system["ops"])
        assert sum(op["cycles"] for op in system["ops"]) == system["cycles"]


def test_beyond_it_equal_rows_are_one_op(long):
    _, report, rows = long
    for system in report["systems"]:
        groups = {}
        for row in (row for row in rows if row["system"] == system["name"]):
            shared = tuple(value for key, value in row.items() if key not in ("index", "name", "layer"))
            groups.setdefault(shared, []).append(row)
        assert len(system["ops"]) == len(groups) == 6
        for op, group in zip(system["ops"], groups.values()):
            first = group[0]
            assert (op["index"], op["name"], op["layer"]) == (int(first["index"]), first["name"], int(first["layer"]))
            assert op["rows"] == len(group) and op["count"] == len(group) * int(first["count"])
            for key in ("cycles", "busy_cycles", "macs", "dram_read_bytes"):
                assert op[key] == sum(int(row[key]) for row in group)
            for key in ("energy_total_pj", "energy_mxu_pj", "time_s"):
                assert math.isclose(op[key], math.fsum(float(row[key]) for row in group), rel_tol=1e-12)
            assert math.isclose(op["utilization"], float(first["utilization"]), rel_tol=1e-12)
        assert sum(op["cycles"] for op in system["ops"]) == system["cycles"]
        assert sum(op["rows"] for op in system["ops"]) == MOST_SINGLE_OPS + 1


def test_the_report_follows_the_schema_and_is_small(long):
    from anda_sim.common import schema
    folder, report, _ = long
    schema.check(folder / "report.json", report, schema.named("report"), "a report")
    assert (folder / "report.json").stat().st_size < 100_000


def test_pages_take_such_a_report(long):
    from anda_sim.reports import page, runs
    folder, report, _ = long
    loaded = runs.load_run(folder / "report.json", report)
    for system in loaded.systems:
        kinds = runs.kinds(system)
        assert sum(kind["gemms"] for kind in kinds) == sum(op["count"] for op in system["ops"])
        source, starts, read, write = runs.bandwidth(loaded, system)
        assert source == "ops" and starts == [0, system["time_s"]]
        assert math.isclose(read[0] * system["time_s"], system["dram_bytes"]["read"])
        assert page.system_data(loaded, system)["ops"] is None


def test_sqlite_has_the_rows_and_columns_of_the_table(long):
    folder, _, rows = long
    with closing(sqlite3.connect(folder / "ops.sqlite")) as file:
        cursor = file.execute("SELECT * FROM ops")
        names = [column[0] for column in cursor.description]
        found = cursor.fetchall()
        assert file.execute("SELECT count(*) FROM result").fetchone()[0] == 12
    assert names == list(rows[0]) and len(found) == len(rows)
    for row, values in zip(rows, found):
        for text, value in zip(row.values(), values):
            assert text == value or (value is None and text == "") or float(text) == value
    assert (folder / "ops.sqlite").stat().st_size < (folder / "ops.csv").stat().st_size / 10


def test_sqlite_has_the_errors_of_functional_runs(tmp_path):
    (tmp_path / "run.yaml").write_text("workload: {trace: t.csv}\nsystems: [anda]\nfunctional: {enabled: true}\n")
    (tmp_path / "t.csv").write_text("name,layer,tensor,m,k,n\na,0,T,3,64,20\nb,0,T,3,64,20\n")
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    done = subprocess.run([program, "run", "run.yaml", "--out", "out", "-q", "--ops-sqlite"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    with open(tmp_path / "out" / "ops.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with closing(sqlite3.connect(tmp_path / "out" / "ops.sqlite")) as file:
        assert [float(row["max_abs_error"]) for row in rows] == [value for value, in file.execute("SELECT max_abs_error FROM ops")]


def test_a_full_disk_is_named(tmp_path):
    mount = tmp_path / "disk"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", mount], capture_output=True).returncode != 0:
        pytest.skip("mounting needs root")
    try:
        (tmp_path / "run.yaml").write_text("workload: {trace: t.csv}\nsystems: [anda]\nsimulation: {fold_layers: true}\n")
        rows = "".join(f"{'n' * 40}{i},0,T,3,64,20\n" for i in range(900))
        (tmp_path / "t.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
        program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
        done = subprocess.run([program, "run", "run.yaml", "--out", mount / "out", "-q", "--ops-sqlite"], cwd=tmp_path,
                              capture_output=True, text=True)
        assert done.returncode == 1 and done.stderr.startswith(f"error: {mount}/out"), done.stderr
        assert not (mount / "out").exists()
    finally:
        subprocess.run(["umount", mount], check=True)
