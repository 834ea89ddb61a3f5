# SPDX-License-Identifier: Apache-2.0
"""scripts/sweep as its user meets it: points, results, interruption, limits, wrong files."""

import itertools
import json
import math
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess

import numpy
import pandas
import pytest

from sweep_tools import BASE, ROOT, SWEEP, calls, command, counting, program, rows, sweep, wait_for, write


def simulated(folder, *settings):
    """report.json of one call of anda-sim, which knows nothing of sweeps."""
    words = [word for setting in settings for word in ("--set", setting)]
    subprocess.run([program(), "run", folder / "base.yaml", "--quiet", "--out", folder / "one", *words], check=True)
    return json.loads((folder / "one" / "report.json").read_text())


def test_a_row_for_each_point_with_the_numbers_of_a_single_run(tmp_path):
    done = sweep(tmp_path, write(tmp_path))
    assert done.returncode == 0, done.stderr
    table = pandas.read_csv(tmp_path / "out" / "results.csv", float_precision="round_trip")
    assert list(zip(table["precision"], table["accelerator.mxu.rows"])) == list(itertools.product([4, 5, 6, 7], [8, 16, 32]))
    assert list(table["point"]) == list(range(12)) and set(table["status"]) == {"done"}
    for index in (0, 7, 11):
        row = table.loc[index]
        report = simulated(tmp_path, f"precision={row['precision']}", f"accelerator.mxu.rows={row['accelerator.mxu.rows']}")
        for system in report["systems"]:
            name = system["name"]
            assert row[f"{name}.cycles"] == system["cycles"]
            assert row[f"{name}.energy_total_pj"] == system["energy_pj"]["total"]
            assert row[f"{name}.area_total_mm2"] == system["area_mm2"]["total"]
            assert row[f"{name}.energy_delay_product_pj_s"] == system["energy_pj"]["total"] * system["time_s"]
        assert row["anda.speedup"] == report["ratios"][0]["speedup"] and row["fp-fp.speedup"] == 1
    # The database says the same, number by number.
    database = pandas.DataFrame(rows(tmp_path))
    assert list(database.columns) == list(table.columns)
    numbers = [column for column in table.columns if column.startswith(("anda.", "fp-fp."))]
    assert numpy.array_equal(database[numbers].to_numpy(float), table[numbers].to_numpy(float))


def test_what_is_there_is_not_run_again_and_an_extended_sweep_runs_what_is_new(tmp_path):
    simulator = counting(tmp_path)
    path = write(tmp_path)
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    first = (tmp_path / "out" / "results.csv").read_bytes()
    assert calls(tmp_path) == 12
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == 12 and (tmp_path / "out" / "results.csv").read_bytes() == first
    # Other outputs, an order of their own, and three points more.
    path.write_text(SWEEP.replace("to: 7", "to: 8").replace("8, 16, 32", "32, 16, 8") + "outputs: [cycles, stall_*]\n")
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == 15
    again = rows(tmp_path)
    assert len(again) == 15 and "anda.stall_dram_cycles" in again[0] and "anda.time_s" not in again[0]
    # What changes the numbers changes the address: the files that a configuration reads, and the simulator.
    (tmp_path / "base.yaml").write_text(BASE.replace("32", "16"))
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == 30
    simulator.write_text(simulator.read_text() + "\n")
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == 45


def test_a_changed_trace_is_another_point(tmp_path):
    simulator = counting(tmp_path)
    trace = tmp_path / "t.csv"
    trace.write_text("name,layer,tensor,m,k,n\na,0,A_qkv,16,64,16\n")
    path = write(tmp_path, "set: {workload.trace: t.csv}\nparameters: {precision: [5]}\n")
    sweep(tmp_path, path, simulator=simulator)
    before = rows(tmp_path)[0]["anda.cycles"]
    trace.write_text("name,layer,tensor,m,k,n\na,0,A_qkv,64,64,64\n")
    sweep(tmp_path, path, simulator=simulator)
    assert calls(tmp_path) == 2 and rows(tmp_path)[0]["anda.cycles"] > before


def test_points_that_are_the_same_run_once(tmp_path):
    """Twice the same value, and values that amount to the same configuration."""
    simulator = counting(tmp_path)
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [6, 6, [6, 6, 6, 6], 5]}\n")
    done = sweep(tmp_path, path, simulator=simulator)
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    assert calls(tmp_path) == 2
    assert [row["precision"] for row in table] == [6, "[6, 6, 6, 6]", 5]
    assert table[0]["anda.cycles"] == table[1]["anda.cycles"] > table[2]["anda.cycles"]


@pytest.mark.parametrize("seed", range(2))
def test_kill_9_at_random_moments_loses_no_finished_point(tmp_path, seed):
    simulator = counting(tmp_path)
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


def _has_runs(folder):
    return bool(rows(folder, "1 FROM sqlite_master WHERE name = 'runs'"))


def test_kill_9_ends_the_simulations_too(tmp_path):
    simulator = counting(tmp_path, before=f"echo $$ >>{tmp_path}/pids; exec sleep 600")
    process = subprocess.Popen(command("sweep", tmp_path, write(tmp_path), simulator=simulator), stderr=subprocess.DEVNULL)
    pids = wait_for(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text().split())
    process.kill()
    process.wait()
    wait_for(lambda: not any(_runs(pid) for pid in pids))


def test_a_simulation_does_not_begin_when_its_sweep_is_gone_already(tmp_path, monkeypatch):
    """The kernel is told to end the simulation with its sweep by setpriv, before which the sweep may be killed."""
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
def test_interruption_says_so_and_keeps_what_is_finished(tmp_path, number):
    simulator = counting(tmp_path, before=f"[[ $(cat {tmp_path}/calls | wc -l) -lt 2 ]] || exec sleep 600")
    (tmp_path / "calls").touch()
    path = write(tmp_path)
    # What runs the tests in the background may have them ignore SIGINT, and Python leaves it at that.
    words = ["env", "--default-signal=INT", *command("sweep", tmp_path, path, "-j", 1, simulator=simulator)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: calls(tmp_path) == 2 and len(rows(tmp_path, "key FROM runs")) == 2)
    process.send_signal(number)
    error = process.communicate()[1]
    assert "interrupted; what is finished is kept, the same command goes on from there" in error and process.returncode == 1
    assert "Traceback" not in error
    assert len(rows(tmp_path)) == 2
    assert len((tmp_path / "out" / "results.csv").read_text().splitlines()) == 3
    # Nothing else is left, and nothing goes on.
    assert {each.name for each in (tmp_path / "out").iterdir()} == {".lock", "results.csv", "results.sqlite"}
    counting(tmp_path)
    assert calls(tmp_path) == 2


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_results_go_to_a_folder_below_the_current_one(tmp_path):
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [6]}\n")
    done = subprocess.run([ROOT / "scripts" / "sweep", path, "--program", program()], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "results/sweeps/s/results.csv\n"), done.stderr
    assert ",done," in (tmp_path / "results" / "sweeps" / "s" / "results.csv").read_text()


def test_two_sweeps_at_once_do_not_share_a_folder(tmp_path):
    simulator = counting(tmp_path, before=f"touch {tmp_path}/began; while [[ ! -e {tmp_path}/go ]]; do sleep 0.05; done")
    path = write(tmp_path)
    process = subprocess.Popen(command("sweep", tmp_path, path, simulator=simulator), stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "began").exists)
    second = sweep(tmp_path, path)
    assert second.returncode == 1 and f"in use by process {process.pid}" in second.stderr
    (tmp_path / "go").touch()
    assert process.wait() == 0 and len(rows(tmp_path)) == 12


def test_a_failed_point_is_a_row_and_not_the_end(tmp_path):
    """A value that no configuration has, a simulation that fails, and one that fails once."""
    simulator = counting(tmp_path, before=(
        'if grep -q "A_qkv: 5" "$2"; then echo "error: no luck in $2" >&2; exit 1; fi\n'
        f'if grep -q "A_qkv: 6" "$2" && [[ ! -e {tmp_path}/well ]]; then kill -SEGV $$; fi'))
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [4, 99, 5, 6, 7]}\n")
    done = sweep(tmp_path, path, simulator=simulator)
    assert done.returncode == 0 and "3 of 5 points failed" in done.stderr
    # The bar: points done, time so far and left, points failed.
    assert re.search(r" 5/5 \[\d\d:\d\d<\d\d:\d\d, .*failed=3\]", done.stderr)
    table = rows(tmp_path)
    assert [row["status"] for row in table] == ["done", "invalid", "failed", "killed", "done"]
    assert "is 99, must be 1 … 16" in table[1]["error"]
    assert table[2]["error"] == "no luck in config.yaml" and table[3]["error"] == "ended by SIGSEGV"
    assert table[2]["anda.cycles"] is None and table[4]["anda.cycles"] > table[0]["anda.cycles"]
    csv = pandas.read_csv(tmp_path / "out" / "results.csv", float_precision="round_trip")
    assert list(csv["status"]) == [row["status"] for row in table] and math.isnan(csv["anda.cycles"][2])
    # Failed points stay failed until they are asked for.
    (tmp_path / "well").touch()
    ended = calls(tmp_path)
    sweep(tmp_path, path, simulator=simulator)
    assert calls(tmp_path) == ended
    sweep(tmp_path, path, "--retry-failed", simulator=simulator)
    assert [row["status"] for row in rows(tmp_path)] == ["done", "invalid", "failed", "done", "done"]
    assert calls(tmp_path) == ended + 1


def test_a_program_that_leaves_no_whole_report_is_a_failed_point(tmp_path):
    simulator = counting(tmp_path, before='mkdir -p "$5"; case $(grep -c "A_qkv: 5" "$2") in '
                         '1) echo \'{"systems": [\' >"$5/report.json"; exit 0 ;; esac')
    done = sweep(tmp_path, write(tmp_path, "base: base.yaml\nparameters: {precision: [4, 5]}\n"), simulator=simulator)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
    table = rows(tmp_path)
    assert [row["status"] for row in table] == ["done", "failed"] and "left no whole report.json" in table[1]["error"]


def test_limits_of_time_and_memory(tmp_path):
    simulator = counting(tmp_path, before='if grep -q "A_qkv: 5" "$2"; then exec sleep 600; fi')
    assert sweep(tmp_path, write(tmp_path, "base: base.yaml\nparameters: {precision: [4]}\n"), simulator=simulator).returncode == 0
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [4, 5]}\n")
    assert sweep(tmp_path, path, "--timeout", 1, simulator=simulator).returncode == 0
    assert [(row["status"], row["error"]) for row in rows(tmp_path)] == [("done", ""), ("timeout", "took longer than 1.0 s")]
    # Less than the program alone needs.
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [8]}\nlimits: {memory_bytes: 16000000}\n")
    done = sweep(tmp_path, path)
    assert done.returncode == 1, "no point is done"
    assert [(row["status"], row["error"]) for row in rows(tmp_path)] == [("memory", "needs more than 16000000 bytes of memory")]
    assert sweep(tmp_path, path, "--memory", "4GiB", "--retry-failed").returncode == 0
    assert [row["status"] for row in rows(tmp_path)] == ["done"]
    # A limit of years is as good as none.
    done = sweep(tmp_path, write(tmp_path, "base: base.yaml\nparameters: {precision: [9]}\n"), "--timeout", 1e8)
    assert done.returncode == 0 and rows(tmp_path)[0]["status"] == "done", done.stderr


def test_ranges_links_conditions_and_parameters_that_follow(tmp_path):
    path = write(tmp_path, """\
base: base.yaml
set: {tiling: auto}
parameters:
  accelerator.mxu.rows: {from: 8, to: 40, factor: 2}
  accelerator.mxu.columns: = 256 // accelerator.mxu.rows
  technology.dram.energy_pj_per_bit: {from: 0.1, to: 0.3, step: 0.1}
  dram.latency_ns: {from: 10, to: 1000, count: 3, scale: log}
linked:
  - accelerator.weight_buffer.bytes: [524288, 1048576, 2097152]
    accelerator.activation_buffer.mantissa_bytes: [262144, 524288, 1048576]
conditions:
  - accelerator.mxu.rows <= 16 or accelerator.weight_buffer.bytes > 2 ** 20
  - technology.dram.energy_pj_per_bit in [0.1, 0.3] and tiling == 'auto'
""")
    done = sweep(tmp_path, path, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "out").exists()
    points = [dict(word.split("=", 1) for word in line.split()[1:]) for line in done.stdout.splitlines()[:-1]]
    expected = [{"accelerator.mxu.rows": str(rows), "accelerator.mxu.columns": str(256 // rows),
                 "technology.dram.energy_pj_per_bit": str(energy), "dram.latency_ns": str(latency),
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
    "huge exponent": ("base: base.yaml\nparameters: {precision: {from: 1, to: 1e999999}}\n", "more than 100000 values"),
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
    "no limit": ("base: base.yaml\nparameters: {precision: [1]}\nlimits: {time_s: 1e400}\n", "limits.time_s: is 1e400, must be below"),
    "all illegal": ("base: base.yaml\nparameters: {precision: [0, 99]}\n", "no point is a legal configuration", "is 0, must be 1"),
    "plot": ("base: base.yaml\nparameters: {precision: [1]}\nplot: {x: tiling}\n", "plot.x: `tiling` is not a parameter"),
    "alias": ("base: base.yaml\nparameters: {precision: &a [1], tiling: *a}\n", "s.yaml:2: anchors"),
    "binary": ("\x00\x01", "is not YAML"),
}


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


def test_points_share_no_file_that_the_base_names(tmp_path):
    path = write(tmp_path)
    named = "simulation: {timeline: {file: t.json}, vcd: w.vcd}\ndram: {request_trace: r.trace}\n"
    (tmp_path / "base.yaml").write_text(BASE + named)
    assert sweep(tmp_path, path).returncode == 0
    assert {each.name for each in tmp_path.iterdir()} == {"base.yaml", "s.yaml", "out"}


def test_a_reader_that_does_not_let_go_of_the_database_is_named_and_nothing_is_half_kept(tmp_path, monkeypatch):
    from anda_sweep import RunError, Sweep, results

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
    # Nothing holds the folder, in the same process neither.
    assert len(made.run(tmp_path / "out").rows) == 3
    (tmp_path / "out" / "results.sqlite").write_text("something else, and longer than nothing")
    for _ in range(2):
        with pytest.raises(RunError, match="results.sqlite: file is not a database"):
            made.run(tmp_path / "out")


def test_programs_that_are_none(tmp_path):
    path = write(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    for wrong, fragment in ((tmp_path / "circle", "is not a program"), (tmp_path, "is not a program"), (path, "is not a program"),
                            ("/bin/true", "is not anda-sim")):
        done = sweep(tmp_path, path, simulator=wrong)
        assert done.returncode == 2 and fragment in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_results_that_are_not_ours_or_cannot_be_written(tmp_path):
    path = write(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.sqlite").write_text("something else, and longer than nothing")
    done = sweep(tmp_path, path)
    assert done.returncode == 1 and "results.sqlite" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "out" / "results.sqlite").read_text().startswith("something else")
    done = subprocess.run([ROOT / "scripts" / "sweep", path, "--program", program(), "--out", path / "x"], capture_output=True, text=True)
    assert done.returncode == 1 and "s.yaml/x" in done.stderr and "Traceback" not in done.stderr


def test_a_disk_that_is_full_ends_the_sweep_with_a_message(tmp_path):
    """No file may grow beyond 56 KiB, which reports do not and the database does after some points."""
    path = write(tmp_path)
    done = subprocess.run(["bash", "-c", 'ulimit -f 56; exec "$@"', "-", *command("sweep", tmp_path, path)], capture_output=True,
                          text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    # Afterwards there is room again, and what was finished is there.
    kept = len(rows(tmp_path, "key FROM runs"))
    assert {each.name for each in (tmp_path / "out").iterdir()} <= {".lock", "results.csv", "results.sqlite"}
    assert sweep(tmp_path, path).returncode == 0 and len(rows(tmp_path)) == 12 and kept < 12


def test_the_package_in_a_notebook(tmp_path):
    from anda_sweep import InputError, Sweep, pareto_front

    write(tmp_path)
    result = Sweep(tmp_path / "s.yaml", program()).run(tmp_path / "out", jobs=2)
    frame = result.frame()
    assert len(frame) == 12 and not result.failed
    assert (frame.sort_values("precision").groupby("accelerator.mxu.rows")["anda.cycles"].diff().dropna() > 0).all()
    front = pareto_front(result.rows, ["anda.cycles", "anda.area_total_mm2"])
    # By the definition: nothing is at least as good in both and better in one.
    numbers = [(row["anda.cycles"], row["anda.area_total_mm2"]) for row in result.rows]
    best = {a for a in numbers if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in numbers)}
    assert {(row["anda.cycles"], row["anda.area_total_mm2"]) for row in front} == best
    with pytest.raises(InputError, match="is not a key"):
        Sweep(write(tmp_path, "parameters: {a.b: [1]}\nbase: base.yaml\n"), program())


def test_expressions_are_those_of_python():
    from anda_sweep.expression import Expression, ExpressionError

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


def test_there_is_a_ready_sweep_for_each_question():
    assert {path.stem for path in READY} >= {
        "mantissa_bits", "group_size", "array_size", "buffer_sizes", "dram_bandwidth", "weight_bits", "prompt_length", "decode_batch"}


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_sweeps_run_on_a_small_workload(tmp_path, path):
    """All of their points, with the plot, on one layer of few tokens where the sweep is not about the tokens."""
    done = sweep(tmp_path, path, "--plot", tmp_path / "p.svg", "--set", "workload.layers=1", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(row["status"] == "done" for row in rows(tmp_path))
    drawn = (tmp_path / "p.svg").read_text()
    assert drawn.startswith("<?xml") and "</svg>" in drawn
    again = sweep(tmp_path, path, "--plot", tmp_path / "q.svg", "--set", "workload.layers=1", "--quiet")
    assert again.returncode == 0 and (tmp_path / "q.svg").read_text() == drawn


def test_sweeps_of_the_model_follow_its_timing_rules(tmp_path):
    """Mantissa length: from 4 bits on, each bit takes a cycle a group of every output tile. Bandwidth: more is never slower,
    and nothing moves faster than the peak."""
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: {from: 1, to: 16}}\n")
    assert sweep(tmp_path, path).returncode == 0
    cycles = [row["anda.cycles"] for row in rows(tmp_path)]
    # One layer of OPT-1.3B, 32 tokens: q, k, v, o of 2048 × 2048, up and down of 2048 and 8192.
    hidden, inner, tokens = 2048, 8192, 32
    groups = (tokens // 16) * (4 * hidden * hidden + 2 * hidden * inner) // 16 // 64
    # Weights of 16 columns take 4 cycles a group, and their scales an eighth of one: what is shorter waits for the port.
    assert cycles[0] == pytest.approx(groups * 4.125, rel=0.01) and cycles[2] == pytest.approx(cycles[0], rel=0.001)
    assert numpy.diff(cycles)[4:] == pytest.approx(groups, rel=0.01)

    path = write(tmp_path, """\
base: base.yaml
parameters:
  workload.phase: [prefill, decode]
  dram.data_rate_bit_per_s: {from: 1e6, to: 4e9, factor: 2}
outputs: [time_s, dram_read_bytes, dram_write_bytes, dram_peak_bytes_per_s]
""")
    assert sweep(tmp_path, path).returncode == 0
    for _, phase in pandas.DataFrame(rows(tmp_path)).groupby("workload.phase"):
        for system in ("fp-fp", "anda"):
            moved = phase[f"{system}.dram_read_bytes"] + phase[f"{system}.dram_write_bytes"]
            assert (phase[f"{system}.time_s"].diff().dropna() <= 0).all()
            assert (moved / phase[f"{system}.time_s"] <= phase[f"{system}.dram_peak_bytes_per_s"]).all()
            # At the low end nothing but the memory counts.
            assert moved.iloc[0] / phase[f"{system}.time_s"].iloc[0] > 0.9 * phase[f"{system}.dram_peak_bytes_per_s"].iloc[0]
