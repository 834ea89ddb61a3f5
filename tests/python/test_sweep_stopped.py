# SPDX-License-Identifier: Apache-2.0
"""A killed or interrupted scripts/sweep, or one without access to its files, loses nothing finished and keeps nothing partial."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing

import pytest

from sweep_tools import SWEEP, calls, command, counting, program, rows, sweep, wait_for, write


@pytest.mark.parametrize("seed", range(2))
def test_kill_9_at_random_moments_loses_no_finished_point(tmp_path, seed):
    # Slow enough that no sweep finishes before the first kill.
    simulator = counting(tmp_path, before="sleep 0.1")
    path = write(tmp_path, SWEEP.replace("from: 4", "from: 1").replace("to: 7", "to: 8"))
    jobs, kills, finished = 2, 0, {}
    moments = random.Random(seed)
    while True:
        process = subprocess.Popen(command("sweep", tmp_path, path, "-j", jobs, simulator=simulator), cwd=tmp_path,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # Longer each time, so that the loop ends on a machine of any speed.
            process.wait(moments.uniform(0.1, 0.5) * 1.3**kills)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
        if (tmp_path / "out" / "results.sqlite").exists():
            with_runs = {row["key"]: row for row in rows(tmp_path, "* FROM runs")} if _has_runs(tmp_path) else {}
            assert finished.items() <= with_runs.items(), "a finished point is gone"
            finished = with_runs
    error = process.communicate()[1]
    assert process.returncode == 0, error
    assert kills > 0
    assert len(rows(tmp_path)) == 24 and all(row["status"] == "done" for row in rows(tmp_path))
    assert 24 <= calls(tmp_path) <= 24 + kills * jobs
    killed = (tmp_path / "out" / "results.csv").read_bytes()
    (tmp_path / "whole").mkdir()
    assert subprocess.run([*command("sweep", tmp_path / "whole", path, simulator=simulator)], capture_output=True).returncode == 0
    assert killed == (tmp_path / "whole" / "out" / "results.csv").read_bytes()
    assert not (tmp_path / "out" / "running").exists()


def test_an_interrupted_simulation_ends_the_sweep_and_is_run_by_the_next_one(tmp_path):
    """A machine that shuts down may end the simulation before the sweep."""
    simulator = counting(tmp_path, before=f"mkdir {tmp_path}/once 2>/dev/null && kill -TERM $$")
    path = write(tmp_path)
    ended = sweep(tmp_path, path, simulator=simulator)
    assert ended.returncode == 1 and "a point could not be run: its simulation was interrupted" in ended.stderr, ended.stderr
    assert all(row["status"] == "done" for row in rows(tmp_path))
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert len(rows(tmp_path)) == 12 and all(row["status"] == "done" for row in rows(tmp_path))


def _has_runs(folder):
    return bool(rows(folder, "1 FROM sqlite_master WHERE name = 'runs'"))


def test_kill_9_ends_the_simulations_too(tmp_path):
    simulator = counting(tmp_path, before=f"echo $$ >>{tmp_path}/pids; exec sleep 600")
    process = subprocess.Popen(command("sweep", tmp_path, write(tmp_path), simulator=simulator), stderr=subprocess.DEVNULL)
    pids = wait_for(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text().split())
    process.kill()
    process.wait()
    wait_for(lambda: not any(_runs(pid) for pid in pids))


def test_a_simulation_does_not_start_after_its_sweep_has_ended(tmp_path, monkeypatch):
    """setpriv tells the kernel to end the simulation with its sweep; the sweep may be killed before that."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "setpriv").write_text(f'#!/bin/bash\necho $$ >>{tmp_path}/waiting\nwhile [[ ! -e {tmp_path}/go ]]; do sleep 0.02; done\n'
                                   f'exec {shutil.which("setpriv")} "$@"\n')
    (tools / "setpriv").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    simulator = counting(tmp_path, before=f"touch {tmp_path}/began")
    process = subprocess.Popen(command("sweep", tmp_path, write(tmp_path), "-j", 1, simulator=simulator), stderr=subprocess.DEVNULL)
    (pid,) = wait_for(lambda: (tmp_path / "waiting").exists() and (tmp_path / "waiting").read_text().split())
    process.kill()
    process.wait()
    (tmp_path / "go").touch()
    wait_for(lambda: not _runs(pid))
    assert not (tmp_path / "began").exists()
    monkeypatch.undo()
    assert sweep(tmp_path, tmp_path / "s.yaml", simulator=simulator).returncode == 0 and calls(tmp_path) == 12


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_reported_and_finished_points_are_kept(tmp_path, number):
    simulator = counting(tmp_path, before=f"[[ $(cat {tmp_path}/calls | wc -l) -lt 2 ]] || exec sleep 600")
    (tmp_path / "calls").touch()
    path = write(tmp_path)
    # Tests in a background job may start with SIGINT ignored, which Python keeps.
    words = ["env", "--default-signal=INT", *command("sweep", tmp_path, path, "-j", 1, simulator=simulator)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: calls(tmp_path) == 2 and len(rows(tmp_path, "key FROM runs")) == 2)
    process.send_signal(number)
    error = process.communicate()[1]
    assert "interrupted; finished results are kept; repeat the command to resume" in error and process.returncode == -number
    assert "Traceback" not in error
    assert len(rows(tmp_path)) == 2
    assert len((tmp_path / "out" / "results.csv").read_text().splitlines()) == 3
    # Nothing else is left, and nothing keeps running.
    assert {each.name for each in (tmp_path / "out").iterdir()} == {"results.csv", "results.sqlite"}
    counting(tmp_path)
    assert calls(tmp_path) == 2


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_second_sweep_in_a_folder_is_refused(tmp_path):
    simulator = counting(tmp_path, before=f"touch {tmp_path}/began; while [[ ! -e {tmp_path}/go ]]; do sleep 0.05; done")
    path = write(tmp_path)
    process = subprocess.Popen(command("sweep", tmp_path, path, simulator=simulator), stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "began").exists)
    second = sweep(tmp_path, path)
    assert second.returncode == 1 and f"in use by process {process.pid}" in second.stderr
    (tmp_path / "go").touch()
    assert process.wait() == 0 and len(rows(tmp_path)) == 12


def test_a_reader_that_locks_the_database_is_reported_and_nothing_is_half_written(tmp_path, monkeypatch):
    from anda_sim.common.errors import RunError
    from anda_sim.sweeps import results
    from anda_sim.sweeps.sweep import Sweep

    monkeypatch.setattr(results, "_BUSY_S", 0.05)
    made = Sweep(write(tmp_path, "base: base.yaml\nparameters: {precision: [4, 5, 6]}\n"), program())
    reader = None

    class Watch:
        """Keeps a reader's lock from the first point on."""

        def update(self, row):
            nonlocal reader
            if reader is None:
                reader = sqlite3.connect(tmp_path / "out" / "results.sqlite", isolation_level=None)
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM runs").fetchall()

        def close(self):
            pass

    with pytest.raises(RunError, match="results.sqlite: database is locked"):
        made.run(tmp_path / "out", jobs=1, progress=lambda total, known: Watch())
    reader.close()
    assert len(rows(tmp_path)) == len(rows(tmp_path, "* FROM runs")) == 1
    assert len((tmp_path / "out" / "results.csv").read_text().splitlines()) == 2
    # Nothing locks the folder, not even in the same process.
    assert len(made.run(tmp_path / "out").rows) == 3
    (tmp_path / "out" / "results.sqlite").write_text("something else, and longer than nothing")
    for _ in range(2):
        with pytest.raises(RunError, match="results.sqlite: file is not a database"):
            made.run(tmp_path / "out")


def test_a_full_disk_ends_the_sweep_with_a_message(tmp_path):
    """The file size limit of 56 KiB stops the database after some points, but no report."""
    path = write(tmp_path)
    done = subprocess.run(["bash", "-c", 'ulimit -f 56; exec "$@"', "-", *command("sweep", tmp_path, path)], capture_output=True,
                          text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    # Afterwards the disk has space again, and finished points are kept.
    kept = len(rows(tmp_path, "key FROM runs"))
    assert {each.name for each in (tmp_path / "out").iterdir()} <= {"results.csv", "results.sqlite"}
    assert sweep(tmp_path, path).returncode == 0 and len(rows(tmp_path)) == 12 and kept < 12


def test_a_full_disk_does_not_fail_a_point(tmp_path):
    """The same command runs a point again that ran out of disk, also if an older version recorded it as failed."""
    full = 'echo "error: out/report.json: cannot write: No space left on device" >&2; exit 1'
    path = write(tmp_path)
    (tmp_path / "calls").touch()
    counting(tmp_path, before=f"[[ -e {tmp_path}/room || $(wc -l <{tmp_path}/calls) -lt 2 ]] || {{ {full}; }}")
    done = sweep(tmp_path, path, "-j", 1, simulator=tmp_path / "anda-sim")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert "a point could not be run" in done.stderr and "No space left on device" in done.stderr
    assert [row["status"] for row in rows(tmp_path, "status FROM runs")] == ["done", "done"]
    with closing(sqlite3.connect(tmp_path / "out" / "results.sqlite")) as database, database:
        database.execute("UPDATE runs SET status = 'failed', report = NULL, error = 'x: cannot write: No space left on device' "
                         "WHERE key = (SELECT min(key) FROM runs)")
    (tmp_path / "room").touch()
    done = sweep(tmp_path, path, simulator=tmp_path / "anda-sim")
    assert done.returncode == 0, done.stderr
    assert {row["status"] for row in rows(tmp_path)} == {"done"} and len(rows(tmp_path)) == 12
    assert calls(tmp_path) == 13
