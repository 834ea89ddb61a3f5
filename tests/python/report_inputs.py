# SPDX-License-Identifier: Apache-2.0
"""Runs and tables for the tests of scripts/report and scripts/plot."""

import importlib
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from anda_sim.common.errors import guarded
from anda_sim.reports.inputs import load

ROOT = Path(__file__).resolve().parents[2]


TRACE = (
    "name,layer,tensor,m,k,n\nl0.q,0,A_qkv,64,512,512\nl0.o,0,A_o,48,2048,200\nl0.d,0,A_d,1,4096,512\n"
    "l1.q,1,A_qkv,64,512,512\nl1.o,1,A_o,48,2048,200\nl1.d,1,A_d,1,4096,512\n"
)


def sweep_row(i):
    start = f"{i},failed,out of memory" if i == 5 else f"{i},done,"
    parameters = f"{8 * (1 + i % 8)},{'paper' if i < 8 else 'auto'}"
    if i == 5:
        return f"{start},{parameters},,,\n"
    return f"{start},{parameters},{10 / (1 + i % 8) + (i >= 8)},{1e12 * (1 + i % 8 + (i >= 8) * 0.5)},{1 + i / 10}\n"


# Sixteen points, one of them failed: time falls with rows and energy rises, so the points of one tiling are the front.
SWEEP = "point,status,error,accelerator.mxu.rows,tiling,anda.time_s,anda.energy_total_pj,anda.tops_per_w\n"
SWEEP += "".join(sweep_row(i) for i in range(16))


def make_run(folder, *args, trace=TRACE, config="name: small\nworkload: {trace: trace.csv}\nprecision: [7, 5, 6, 6]\n"):
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    folder.mkdir(parents=True)
    (folder / "trace.csv").write_text(trace)
    (folder / "run.yaml").write_text(config)
    subprocess.run(
        [program, "run", folder / "run.yaml", "--out", folder, "--quiet", *map(str, args)], check=True, timeout=120
    )
    return folder


def loaded(folder):
    """The run or the table that the scripts read from a folder or file."""
    runs, tables = load([folder])
    return (runs + tables)[0]


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def call(name, *args, capsys):
    """Exit status and messages of scripts/report or scripts/plot, called in this process, which saves most of the time."""
    module = importlib.import_module(f"anda_sim.reports.{name}")
    try:
        status = guarded(name, module.main, "reports", [str(arg) for arg in args])
    except SystemExit as end:  # of argparse
        status = end.code
    return status, capsys.readouterr().err


def script(name, *args, **options):
    return subprocess.run(
        [ROOT / "scripts" / name, *map(str, args)], capture_output=True, text=True, timeout=120, **options
    )


# Inputs that both scripts refuse, and part of the message.
def damage_report(change):
    def make(folder):
        report = report_of(folder)
        change(report)
        (folder / "report.json").write_text(json.dumps(report))
        return folder

    return make


def cut_off(folder):
    text = (folder / "report.json").read_text()
    (folder / "report.json").write_text(text[: len(text) // 2])
    return folder


def table(text):
    def make(folder):
        (folder / "table.csv").write_text(text)
        return folder / "table.csv"

    return make


def overwrite(name, content):
    def make(folder):
        (folder / name).write_bytes(content)
        return folder

    return make


def without_report(folder):
    (folder / "report.json").unlink()
    return folder


def sqlite(*commands):
    def make(folder):
        with closing(sqlite3.connect(folder / "results.sqlite")) as database:
            for command in commands:
                database.execute(command)
            database.commit()
        return folder / "results.sqlite"

    return make


def database(folder):
    (folder / "results.sqlite").write_bytes(b"something else")
    return folder / "results.sqlite"


WRONG = {
    "no file": (lambda folder: folder / "absent", "no such file or folder"),
    "no report": (without_report, "has neither report.json"),
    "cut off": (cut_off, "report.json:"),
    "empty": (overwrite("report.json", b""), "is no JSON"),
    "binary": (overwrite("report.json", b"\xff\xfe\x00"), "is no UTF-8 text"),
    "schema version": (
        damage_report(lambda report: report.update(schema_version=2)),
        "schema_version is 2, this script reads 1",
    ),
    "no systems": (damage_report(lambda report: report.update(systems=[])), "systems is empty"),
    "a list": (overwrite("report.json", b"[]"), "is a list of 0, must be object"),
    "missing metric": (
        damage_report(lambda report: report["systems"][1].pop("time_s")),
        "systems[1].time_s is missing",
    ),
    "missing op metric": (
        damage_report(lambda report: report["systems"][0]["ops"][2].pop("cycles")),
        "systems[0].ops[2].cycles is missing",
    ),
    "text for a number": (
        damage_report(lambda report: report["systems"][0].update(cycles="many")),
        'systems[0].cycles is "many", must be integer',
    ),
    "missing metric that is only shown": (
        damage_report(lambda report: report["systems"][1].pop("utilization")),
        "systems[1].utilization is missing",
    ),
    "truth for a number": (
        damage_report(lambda report: report["systems"][0]["ops"][1].update(cycles=True)),
        "systems[0].ops[1].cycles is true, must be integer",
    ),
    "negative": (
        damage_report(lambda report: report["systems"][0]["energy_pj"].update(total=-1.0)),
        "systems[0].energy_pj.total is -1.0, must be 0 or more",
    ),
    "NaN": (damage_report(lambda report: report["systems"][0].update(time_s=float("nan"))), "NaN is no JSON"),
    "huge": (damage_report(lambda report: report["systems"][0].update(cycles=10**400)), "beyond the range of a 64-bit"),
    "large": (
        damage_report(lambda report: report["systems"][0].update(cycles=10**200)),
        "systems[0].cycles is 1e+200, which no simulation gives",
    ),
    "deep": (overwrite("report.json", b"[" * 200000), "is nested more than 64 levels deep"),
    "timeline of texts": (
        overwrite("timeline.json", b'{"otherData": {"systems": [{"name": "anda", "interval_us": "1"}]}}'),
        "otherData.systems[0]",
    ),
    "infinite cell": (table("a,b\n1,1e400\n"), "b of row 1 is inf, which is beyond what can be drawn"),
    "large cell": (table("a,b\n1,1e200\n"), "b of row 1 is 1e+200"),
    "column without a name": (table("a,\n1,2\n"), "table.csv:1: has a column without a name"),
    "bytes": (sqlite("CREATE TABLE results (point, a)", "INSERT INTO results VALUES (0, x'00ff')"), "a of point 0 holds bytes"),
    "endless view": (
        sqlite(
            "CREATE VIEW results AS WITH RECURSIVE n(point) AS (SELECT 0 UNION ALL SELECT point + 1 FROM n) SELECT * FROM n"
        ),
        "has no table named results",
    ),
    "other timeline": (overwrite("timeline.json", b"{}"), "is it a timeline of anda-sim run"),
    "no numbers": (table("a,b\nx,y\n"), "no column of numbers"),
    "only point numbers": (table("point,b\n1,y\n"), "no column of numbers"),
    "ragged": (table("a,b\n1,2\n3\n"), "table.csv:3: has 1 values, the columns are 2"),
    "no rows": (table("a,b\n"), "has no rows"),
    "nothing": (table(""), "no row of column names"),
    "twice": (table("a,a\n1,2\n"), "has the column a twice"),
    "other ending": (lambda folder: folder / "run.yaml", "must be a folder of results, or a .json, .csv or .sqlite file"),
    "no comparison": (overwrite("report.json", b'{"models": [{"name": "a"}]}'), "is it a compare.json"),
    "no search": (overwrite("report.json", b'{"front": [{"combination": [1, 2]}]}'), "is it a search.json"),
    "no database": (database, "is no results.sqlite of a sweep"),
}
