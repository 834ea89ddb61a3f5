# SPDX-License-Identifier: Apache-2.0
"""scripts/explore: results against all points of a small space, constraints, and reproducible searches."""

import csv
import json
import multiprocessing
import os
import random
import runpy
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from sweep_tools import ROOT, calls, command, counting, program, rows, sweep, wait_for, write

SPACE = """\
base: base.yaml
set: {systems: [anda]}
parameters:
  precision: [[7, 7, 7, 7], [5, 5, 5, 5], [6, 6, 6, 6]]
  accelerator.mxu.rows: [8, 16, 32]
  accelerator.weight_buffer.bytes: {from: 131072, to: 1048576, factor: 2}
  tiling: [paper, auto]
explore: {minimise: [cycles, energy, area], batch: 8, population: 12, trials: 24}
"""
CYCLES, ENERGY, AREA = "anda.cycles", "anda.energy_total_pj", "anda.area_total_mm2"
LOSSES = "A_qkv,A_o,A_u,A_d,loss\n# a comment\n7,7,7,7,0.5\n5,5,5,5,2\n"


# Optuna takes over a second to import. The server has done so, and each call of the script is a process forked from it.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["optuna", "runpy", "matplotlib.figure", "numpy"])


def run_script(arguments, folder, written, environment):
    """Runs in the forked process, which becomes what the command would have started."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(written / name, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), descriptor)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # as the script's first line does
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")


def explore(folder, *args, simulator=None):
    arguments = command("explore", folder, *args, simulator=simulator)
    with tempfile.TemporaryDirectory() as written:
        process = SERVER.Process(target=run_script, args=(arguments, folder, Path(written), dict(os.environ)))
        process.start()
        process.join()
        texts = [Path(written, name).read_text() for name in ("stdout", "stderr")]
    return subprocess.CompletedProcess(arguments, process.exitcode, *texts)


def better(a, b):
    """The definition: nowhere worse and somewhere better."""
    return all(x <= y for x, y in zip(a, b)) and a != b


def front_of(table, names):
    numbers = {tuple(row[name] for name in names) for row in table}
    return {a for a in numbers if not any(better(b, a) for b in numbers)}


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_the_front_is_that_of_the_trials_and_close_to_the_true_front(tmp_path, sampler):
    path = write(tmp_path, SPACE)
    done = explore(tmp_path, path, "--sampler", sampler, "--plot", tmp_path / "front.svg")
    assert done.returncode == 0, done.stderr
    trials = rows(tmp_path)
    assert len(trials) == 24 and all(row["feasible"] for row in trials)
    names = [CYCLES, ENERGY, AREA]
    shown = {tuple(trials[number][name] for name in names) for number in
             (int(line.split()[0]) for line in done.stdout.splitlines()[2:-3])}
    assert shown == front_of(trials, names)
    assert "</svg>" in (tmp_path / "front.svg").read_text()
    # A sweep of the same file gives all points; the search evaluated part of them.
    everything = tmp_path / "all"
    everything.mkdir()
    assert sweep(everything, write(everything, SPACE)).returncode == 0
    points = rows(everything)
    assert len(points) == 72 and min(row[CYCLES] for row in points) == min(row[CYCLES] for row in trials)
    assert not any(better(found, best) for found in shown for best in front_of(points, names)), "better than the best"
    # The base is in the space, so it is the first trial and the reference of the others.
    assert json.loads(trials[0]["precision"]) == [6, 6, 6, 6]
    assert done.stdout.splitlines()[1].split()[:5] == ["base", "[6,", "6,", "6,", "6]"]
    with open(tmp_path / "out" / "base.csv", encoding="utf-8") as file:
        (base,) = csv.DictReader(file)
    assert json.loads(base["precision"]) == [6, 6, 6, 6]
    assert [float(base[name]) for name in names] == [trials[0][name] for name in names]


def test_the_same_seed_gives_the_same_search_on_any_number_of_cores(tmp_path):
    tables = []
    for name, jobs, seed in (("a", 1, 3), ("b", 4, 3), ("c", 4, 4)):
        folder = tmp_path / name
        folder.mkdir()
        done = explore(folder, write(folder, SPACE), "--jobs", jobs, "--seed", seed, "--trials", 16)
        assert done.returncode == 0, done.stderr
        tables.append((folder / "out" / "results.csv").read_bytes())
    assert tables[0] == tables[1] != tables[2]


def test_a_killed_search_resumes_with_the_same_trials(tmp_path):
    """With the sampler of generations; a stop within a batch, below, covers the state of both."""
    sampler = "nsga2"
    # Slow enough that no search finishes before the first kill.
    slow = tmp_path / "slow"
    slow.touch()
    simulator = counting(tmp_path, before=f"[[ ! -e {slow} ]] || sleep 0.3")
    path = write(tmp_path, SPACE)
    arguments = command("explore", tmp_path, path, "--sampler", sampler, "--jobs", 2, "-q", simulator=simulator)
    moments = random.Random(5)
    kills = 0
    while True:
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE)
        try:
            # Longer each time, so that the loop ends on a machine of any speed.
            process.wait(moments.uniform(1, 2) * 1.5**kills)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
    assert process.returncode == 0, process.communicate()[1]
    slow.unlink()
    whole = tmp_path / "whole"
    whole.mkdir()
    assert explore(whole, path, "--sampler", sampler, "-q", simulator=simulator).returncode == 0
    assert kills > 0 and (tmp_path / "out" / "results.csv").read_bytes() == (whole / "out" / "results.csv").read_bytes()
    # A longer search starts with the existing trials, without running them again.
    before = calls(tmp_path)
    assert explore(tmp_path, path, "--sampler", sampler, "-q", "--trials", 32, simulator=simulator).returncode == 0
    assert len(rows(tmp_path)) == 32 and calls(tmp_path) <= before + 8
    assert [row[CYCLES] for row in rows(tmp_path)][:24] == [row[CYCLES] for row in rows(whole)]


class Stopped(BaseException):
    """Simulates a kill: data not yet on disk is lost."""


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_a_search_stopped_within_a_batch_resumes_with_the_same_trials(tmp_path, sampler):
    """At the stop some trials of a batch are finished and others only proposed."""
    from anda_sim.sweeps.sweep import Sweep
    from anda_sim.sweeps.explore import Exploration

    # A generation ends in the middle of a batch, and not all trials meet the constraint.
    text = SPACE.split("explore")[0] + ("explore: {minimise: [cycles, energy], constraints: [area <= 1.9], batch: 8, population: 10, "
                                        f"trials: 24, sampler: {sampler}}}\n")
    made = Sweep(write(tmp_path, text), program())

    def search(folder, stops):
        class Bar:
            updates = 0

            def update(self, row):
                self.updates += 1
                if self.updates == stops:
                    raise Stopped

            def close(self):
                pass

        return Exploration(made, {}).run(tmp_path / folder, progress=lambda total, known: Bar())

    whole = search("whole", None).rows
    shutil.copytree(tmp_path / "whole", tmp_path / "stopped")
    (tmp_path / "stopped" / "study.sqlite").unlink()
    for stops in (3, 7):
        with pytest.raises(Stopped):
            search("stopped", stops)
    assert search("stopped", None).rows == whole


def test_a_half_written_study_is_created_again(tmp_path, monkeypatch):
    import optuna

    from anda_sim.sweeps.sweep import Sweep
    from anda_sim.sweeps.explore import Exploration

    made = Sweep(write(tmp_path, SPACE), program())

    def stop(*_, **__):
        raise Stopped

    for part in ("create_study", "storages.RDBStorage"):
        with monkeypatch.context() as patched:
            patched.setattr(f"optuna.{part}", stop)
            with pytest.raises(Stopped):
                Exploration(made, {"trials": 8}).run(tmp_path / "out")
        assert not (tmp_path / "out" / "study.sqlite").exists()
    # Half a database, as left by a kill.
    (tmp_path / "out" / "study.sqlite.new").write_bytes(b"SQLite format 3\0")
    assert len(Exploration(made, {"trials": 8}).run(tmp_path / "out").rows) == 8
    assert {each.name for each in (tmp_path / "out").iterdir()} >= {"study.sqlite"}
    assert not list((tmp_path / "out").glob("*.new*"))
    assert len(optuna.get_all_study_summaries(f"sqlite:///{tmp_path}/out/study.sqlite")) == 1


def test_a_resumed_search_has_all_its_earlier_trials(tmp_path):
    simulator = counting(tmp_path, before=f"[[ ! -e {tmp_path}/wait ]] || {{ touch {tmp_path}/waits; exec sleep 600; }}")
    path = write(tmp_path, SPACE)
    assert explore(tmp_path, path, "--trials", 16, simulator=simulator).returncode == 0
    before = rows(tmp_path)
    (tmp_path / "wait").touch()
    process = subprocess.Popen(command("explore", tmp_path, path, "--trials", 48, simulator=simulator), stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "waits").exists)
    process.kill()
    process.wait()
    assert rows(tmp_path)[:16] == before and len((tmp_path / "out" / "results.csv").read_text().splitlines()) >= 17


def test_a_single_objective_has_a_front_of_one_point(tmp_path):
    path = write(tmp_path, SPACE)
    done = explore(tmp_path, path, "--minimise", "edp", "--trials", 16, "--plot", tmp_path / "edp.svg")
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    products = [row[ENERGY] * row["anda.time_s"] for row in table]
    assert [row["anda.energy_delay_product_pj_s"] for row in table] == pytest.approx(products)
    assert "1 on the front" in done.stdout
    best = int(done.stdout.splitlines()[2].split()[0])
    assert products[best] == min(products)
    assert "energy delay product" in (tmp_path / "edp.svg").read_text()


def test_constraints_of_area_and_of_loss(tmp_path):
    (tmp_path / "loss.csv").write_text(LOSSES)
    path = write(tmp_path, SPACE)
    done = explore(tmp_path, path, "--constraint", "area <= 1.9", "--loss-table", tmp_path / "loss.csv", "--max-loss", 1)
    assert done.returncode == 0, done.stderr
    losses = {"[7, 7, 7, 7]": 0.5, "[5, 5, 5, 5]": 2, "[6, 6, 6, 6]": None}
    for row in rows(tmp_path):
        assert row["loss"] == losses[row["precision"]]
        assert row["feasible"] == (row[AREA] <= 1.9 and row["precision"] == "[7, 7, 7, 7]")
    assert any(not row["feasible"] for row in rows(tmp_path)) and any(row["feasible"] for row in rows(tmp_path))
    # Under the assumption that longer lengths lose no more, six bits lose at most what five do.
    other = tmp_path / "other"
    other.mkdir()
    done = explore(other, path, "--loss-table", tmp_path / "loss.csv", "--max-loss", 2, "--monotone-loss", "--trials", 16)
    assert done.returncode == 0, done.stderr
    assert {row["precision"]: row["loss"] for row in rows(other)} == {"[7, 7, 7, 7]": 0.5, "[5, 5, 5, 5]": 2, "[6, 6, 6, 6]": 2}
    assert all(row["feasible"] for row in rows(other))


def test_the_log_of_a_search_is_a_table_of_losses(tmp_path):
    found = subprocess.run([program(), "search", "--model", "OPT-1.3B", "--evaluator", ROOT / "examples" / "evaluator" / "made_up",
                            "--tolerance", "2%", "--out", tmp_path / "search"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    log = tmp_path / "search" / "log.jsonl"
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    losses = {tuple(entry["combination"]): entry["loss"] for entry in entries if "combination" in entry}
    with open(log, "a") as file:
        file.write('{"tolerance":0.02,"comb')  # as a search leaves it that was killed
    combinations = [list(each) for each in losses] + [[1, 16, 1, 16]]
    text = f"""
base: base.yaml
set: {{systems: [anda]}}
parameters: {{precision: {json.dumps(combinations)}}}
explore: {{minimise: [energy], loss: {{table: search/log.jsonl, limit: 0.02}}, trials: 24, batch: 8, population: 8}}
"""
    done = explore(tmp_path, write(tmp_path, text))
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    for row in table:
        loss = losses.get(tuple(json.loads(row["precision"])))
        assert row["loss"] == loss and bool(row["feasible"]) == (loss is not None and loss <= 0.02)
    assert {bool(row["feasible"]) for row in table} == {True, False}


def test_what_meets_no_constraint_is_said(tmp_path):
    done = explore(tmp_path, write(tmp_path, SPACE), "--constraint", "area <= 0.1", "--trials", 8)
    assert done.returncode == 1 and "0 of 8 trials meet the constraints" in done.stdout


def test_forbidden_and_failed_points_are_trials_without_results(tmp_path):
    simulator = counting(tmp_path, before='if grep -q "rows: 32" "$2"; then echo "error: no" >&2; exit 1; fi')
    path = write(tmp_path, SPACE + "conditions: [accelerator.mxu.rows * accelerator.weight_buffer.bytes > 1048576]\n")
    done = explore(tmp_path, path, simulator=simulator)
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    assert 0 < len(table) < 24
    assert {row["status"] for row in table} == {"done", "failed"}
    for row in table:
        assert row["accelerator.mxu.rows"] * row["accelerator.weight_buffer.bytes"] > 1048576
        assert (row["status"] == "failed") == (row["accelerator.mxu.rows"] == 32) != bool(row["feasible"])


def test_a_different_search_does_not_use_an_existing_study(tmp_path):
    path = write(tmp_path, SPACE)
    assert explore(tmp_path, path, "--trials", 8).returncode == 0
    done = explore(tmp_path, path, "--trials", 8, "--minimise", "edp")
    assert done.returncode == 2 and "is of another search" in done.stderr
    (tmp_path / "out" / "study.sqlite").write_text("something else, and longer than nothing")
    done = explore(tmp_path, path, "--trials", 8)
    assert done.returncode == 1 and "study.sqlite" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("change", [
    "UPDATE trial_params SET param_value = 99", "UPDATE trial_params SET param_value = -1", "UPDATE trial_params SET distribution_json = '{'",
    "UPDATE trial_params SET param_name = 'other' || param_id", "UPDATE trials SET state = 'SPLENDID'", "UPDATE study_user_attributes SET value_json = x'00'",
    "DELETE FROM trial_params", "UPDATE trial_params SET param_value = 'x'",
])
def test_a_manipulated_study_is_refused(tmp_path, studied, change):
    shutil.copytree(studied, tmp_path, dirs_exist_ok=True)
    with closing(sqlite3.connect(tmp_path / "out" / "study.sqlite")) as database:
        database.execute(change)
        database.commit()
    done = explore(tmp_path, tmp_path / "s.yaml", "--trials", 4)
    assert done.returncode in (1, 2) and "study.sqlite" in done.stderr and "internal error" not in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A search of three trials."""
    folder = tmp_path_factory.mktemp("studied")
    assert explore(folder, write(folder, SPACE), "--trials", 3).returncode == 0
    return folder


def test_a_full_disk_ends_the_search_with_a_message(tmp_path):
    """The file size limit of 56 KiB stops the study's database before its first trial."""
    path = write(tmp_path, SPACE)
    done = subprocess.run(["bash", "-c", 'ulimit -f 56; exec "$@"', "-", *command("explore", tmp_path, path, "--trials", 8)],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "study.sqlite: " in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert explore(tmp_path, path, "--trials", 8).returncode == 0 and len(rows(tmp_path)) == 8


@pytest.mark.parametrize("args, fragment", [
    (["--minimise", "speed"], "`speed` is not a number of the report; "),
    (["--minimise", "energy", "--minimise", "energy_total_pj"], "names a number twice"),
    (["--constraint", "area"], "is not a constraint such as"),
    (["--constraint", "area <= much"], "is not a constraint such as"),
    (["--constraint", "area <= 1.2.3"], "is not a constraint such as"),
    (["--constraint", "area <= 1e999"], "is not a constraint such as"),
    (["--max-loss", "nan"], "`nan` is not a number"),
    (["--trials", "1_0"], "`1_0` is not a whole number"),
    (["--seed", "0x1"], "`0x1` is not a whole number"),
    (["--system", "figna"], "`figna` is none of anda"),
    (["--max-loss", "1"], "go together"),
    (["--loss-table", "none.csv", "--max-loss", "1"], "none.csv: cannot be read"),
    (["--loss-table", "wrong.csv", "--max-loss", "1"], "wrong.csv:2: has no loss"),
    (["--loss-table", "wrong.jsonl", "--max-loss", "1"], "wrong.jsonl:2: has no loss"),
    (["--loss-table", "range.csv", "--max-loss", "1"], "range.csv:2: A_d is 40, must be a whole number from 1 to 16"),
    (["--sampler", "grid"], "invalid choice"),
    (["--seed", "-1"], "--seed"),
    (["--plot", "front.gif"], "front.gif: must end in .pdf, .svg or .png"),
])
def test_wrong_options(tmp_path, args, fragment):
    (tmp_path / "wrong.csv").write_text("A_qkv,A_o,A_u,A_d\n1,2,3,4\n")
    (tmp_path / "wrong.jsonl").write_text('{"baseline":5.0}\n{"combination":[4,4,4,4]}\n')
    (tmp_path / "range.csv").write_text("A_qkv,A_o,A_u,A_d,loss\n1,2,3,40,1\n")
    done = explore(tmp_path, write(tmp_path, SPACE), *args)
    assert done.returncode == 2 and fragment in done.stderr, done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "out").exists()


@pytest.mark.parametrize("case, fragment", [
    ("explore: {minimize: [cycles]}", "s.yaml:8: explore.minimize: is not a key"),
    ("explore: {loss: {table: a.csv}}", "needs `limit`"),
    ("explore: {sampler: best}", "must be one of nsga2, tpe"),
    ("explore: {trials: 0}", "is 0, must be a whole number above 0"),
])
def test_wrong_section_of_the_file(tmp_path, case, fragment):
    done = explore(tmp_path, write(tmp_path, SPACE.rsplit("explore", 1)[0] + case + "\n"))
    assert done.returncode == 2 and fragment in done.stderr, done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "configs" / "explore").glob("*.yaml")), ids=lambda path: path.stem)
def test_ready_searches(tmp_path, path):
    done = explore(tmp_path, path, "--set", "workload.layers=1", "--set", "workload.tokens=32", "--trials", 2, "--batch", 2, "-q")
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    # The first trial is the paper's machine.
    assert json.loads(table[0]["precision"]) == [7, 5, 6, 6] and table[0]["accelerator.mxu.rows"] == 16 and table[0]["feasible"]
