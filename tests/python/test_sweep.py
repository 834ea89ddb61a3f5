# SPDX-License-Identifier: Apache-2.0
"""scripts/sweep from the user's side: points, results, failures, limits."""

import itertools
import json
import math
import re
import subprocess

import numpy
import pandas
import pytest

from sweep_tools import BASE, ROOT, SWEEP, calls, counting, program, rows, sweep, write


def simulated(folder, *settings):
    """report.json of one call of anda-sim, without a sweep."""
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
    # The database has the same numbers.
    database = pandas.DataFrame(rows(tmp_path))
    assert list(database.columns) == list(table.columns)
    numbers = [column for column in table.columns if column.startswith(("anda.", "fp-fp."))]
    assert numpy.array_equal(database[numbers].to_numpy(float), table[numbers].to_numpy(float))


def test_only_missing_points_are_run(tmp_path):
    simulator = counting(tmp_path)
    path = write(tmp_path)
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    first = (tmp_path / "out" / "results.csv").read_bytes()
    assert calls(tmp_path) == 12
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == 12 and (tmp_path / "out" / "results.csv").read_bytes() == first
    # Other outputs, another order, and three more points.
    path.write_text(SWEEP.replace("to: 7", "to: 8").replace("8, 16, 32", "32, 16, 8") + "outputs: [cycles, stall_*]\n")
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == 15
    again = rows(tmp_path)
    assert len(again) == 15 and "anda.stall_dram_cycles" in again[0] and "anda.time_s" not in again[0]
    # Everything that affects the numbers affects the address: files that a configuration reads, and the simulator.
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
    """Equal values, and values with the same effective configuration, run once."""
    simulator = counting(tmp_path)
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [6, 6, [6, 6, 6, 6], 5]}\n")
    done = sweep(tmp_path, path, simulator=simulator)
    assert done.returncode == 0, done.stderr
    table = rows(tmp_path)
    assert calls(tmp_path) == 2
    assert [row["precision"] for row in table] == [6, "[6, 6, 6, 6]", 5]
    assert table[0]["anda.cycles"] == table[1]["anda.cycles"] > table[2]["anda.cycles"]


def test_results_go_to_a_folder_below_the_current_one(tmp_path):
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [6]}\n")
    done = subprocess.run([ROOT / "scripts" / "sweep", path, "--program", program()], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("\nresults/sweeps/s/results.csv\n"), done.stderr
    assert ",done," in (tmp_path / "results" / "sweeps" / "s" / "results.csv").read_text()


def test_a_failed_point_is_a_row_and_does_not_end_the_sweep(tmp_path):
    """An illegal value, a simulation that fails, and one that fails once."""
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
    # Failed points stay failed until a retry is requested.
    (tmp_path / "well").touch()
    ended = calls(tmp_path)
    sweep(tmp_path, path, simulator=simulator)
    assert calls(tmp_path) == ended
    sweep(tmp_path, path, "--retry-failed", simulator=simulator)
    assert [row["status"] for row in rows(tmp_path)] == ["done", "invalid", "failed", "done", "done"]
    assert calls(tmp_path) == ended + 1


def test_an_incomplete_report_is_a_failed_point(tmp_path):
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
    # A limit of years has no effect.
    done = sweep(tmp_path, write(tmp_path, "base: base.yaml\nparameters: {precision: [9]}\n"), "--timeout", 1e8)
    assert done.returncode == 0 and rows(tmp_path)[0]["status"] == "done", done.stderr


def test_points_share_no_file_that_the_base_names(tmp_path):
    path = write(tmp_path)
    named = "simulation: {timeline: {file: t.json}, vcd: w.vcd}\ndram: {request_trace: r.trace}\n"
    (tmp_path / "base.yaml").write_text(BASE + named)
    assert sweep(tmp_path, path).returncode == 0
    assert {each.name for each in tmp_path.iterdir()} == {"base.yaml", "s.yaml", "out"}


def test_programs_that_are_none(tmp_path):
    path = write(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    for wrong, fragment in ((tmp_path / "circle", "is not a program"), (tmp_path, "is not a program"), (path, "is not a program"),
                            ("/bin/true", "is not anda-sim")):
        done = sweep(tmp_path, path, simulator=wrong)
        assert done.returncode == 2 and fragment in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_foreign_or_unwritable_results_are_refused(tmp_path):
    path = write(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.sqlite").write_text("something else, and longer than nothing")
    done = sweep(tmp_path, path)
    assert done.returncode == 1 and "results.sqlite" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "out" / "results.sqlite").read_text().startswith("something else")
    done = subprocess.run([ROOT / "scripts" / "sweep", path, "--program", program(), "--out", path / "x"], capture_output=True, text=True)
    assert done.returncode == 1 and "s.yaml/x" in done.stderr and "Traceback" not in done.stderr


def test_a_sweep_file_in_python(tmp_path):
    from anda_sim import InputError
    from anda_sim.figures.pareto import pareto_front
    from anda_sim.sweeps.sweep import Sweep

    write(tmp_path)
    result = Sweep(tmp_path / "s.yaml", program()).run(tmp_path / "out", jobs=2)
    frame = result.frame()
    assert len(frame) == 12 and not result.failed
    assert (frame.sort_values("precision").groupby("accelerator.mxu.rows")["anda.cycles"].diff().dropna() > 0).all()
    front = pareto_front(result.rows, ["anda.cycles", "anda.area_total_mm2"])
    # The definition: no point is at least as good in both and better in one.
    numbers = [(row["anda.cycles"], row["anda.area_total_mm2"]) for row in result.rows]
    best = {a for a in numbers if not any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in numbers)}
    assert {(row["anda.cycles"], row["anda.area_total_mm2"]) for row in front} == best
    with pytest.raises(InputError, match="is not a key"):
        Sweep(write(tmp_path, "parameters: {a.b: [1]}\nbase: base.yaml\n"), program())


def test_sweeps_of_the_model_follow_its_timing_rules(tmp_path):
    """Mantissa length: from 4 bits on, each bit adds one cycle per group of every output tile. Bandwidth: more is never slower,
    and nothing moves faster than the peak."""
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: {from: 1, to: 16}}\n")
    assert sweep(tmp_path, path).returncode == 0
    cycles = [row["anda.cycles"] for row in rows(tmp_path)]
    # One layer of OPT-1.3B, 32 tokens: q, k, v, o of 2048 × 2048, up and down of 2048 and 8192.
    hidden, inner, tokens = 2048, 8192, 32
    groups = (tokens // 16) * (4 * hidden * hidden + 2 * hidden * inner) // 16 // 64
    # Weights of 16 columns take 4 cycles per group, and their scales an eighth of one: shorter groups wait for the port.
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
            # At the low end only the memory matters.
            assert moved.iloc[0] / phase[f"{system}.time_s"].iloc[0] > 0.9 * phase[f"{system}.dram_peak_bytes_per_s"].iloc[0]


def test_a_sweep_without_a_file_ends_with_its_best_points(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    done = sweep(tmp_path, tmp_path / "base.yaml", "--param", "accelerator.mxu.rows=8,16", "--param", "precision={from: 4, to: 6, step: 2}")
    assert done.returncode == 0, done.stderr
    (tmp_path / "s.yaml").write_text("base: base.yaml\nparameters: {accelerator.mxu.rows: [8, 16], precision: [4, 6]}\n")
    given = (tmp_path / "out" / "results.csv").read_text()
    assert sweep(tmp_path, tmp_path / "s.yaml").returncode == 0 and (tmp_path / "out" / "results.csv").read_text() == given
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["best", "of", "4,", "anda", "point", "mxu.rows", "precision"]
    best = min(rows(tmp_path), key=lambda row: row["anda.time_s"])
    fastest = next(line for line in lines if line.split()[0] == "time")
    assert fastest.split()[-3:] == [str(best["point"]), str(best["accelerator.mxu.rows"]), str(best["precision"])]
    assert lines[-1] == str(tmp_path / "out" / "results.csv")


@pytest.mark.parametrize("args, message", [
    (["--param", "precision"], "is not KEY=VALUES"),
    (["--param", "precision=[1"], "is not YAML"),
    (["--param", "precision={from: 9, to: 4}"], "must not be above"),
    (["--param", "precision=4", "--param", "precision=5"], "is given twice"),
    (["--param", "accelerator.mxu.row=4,5"], "is not a key"),
    ([], "needs a sweep file, or --param"),
    (["none.yaml", "--param", "precision=4"], "none.yaml: cannot be read"),
])
def test_wrong_parameters_on_the_command_line_are_refused(tmp_path, args, message):
    done = sweep(tmp_path, *args)
    assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr


def test_files_of_other_commands_are_recognised(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "c.yaml").write_text("systems: [fp-fp, anda]\nmodels: {m: base.yaml}\n")
    (tmp_path / "s.yaml").write_text("base: base.yaml\nparameters: {precision: [4, 6]}\n")

    def said(*command):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 2, done.stdout
        return done.stderr

    assert "base.yaml: is the configuration of a run; `anda-sim run` runs it" in sweep(tmp_path, "base.yaml").stderr
    assert "c.yaml: is a comparison; `anda-sim compare` runs it" in sweep(tmp_path, "c.yaml").stderr
    assert "s.yaml: is a sweep file; `scripts/sweep` or `scripts/explore` runs it" in said(program(), "run", "s.yaml")
    assert "c.yaml: is a comparison; `anda-sim compare` runs it" in said(program(), "run", "c.yaml")
    assert "s.yaml: is a sweep file; " in said(program(), "compare", "s.yaml")
    assert "base.yaml: is the configuration of a run; `anda-sim run` runs it" in said(program(), "compare", "base.yaml")


def test_units_in_sweeps_equal_those_of_anda_sim(tmp_path):
    path = write(tmp_path, "base: base.yaml\nset: {accelerator.clock_hz: 285MHz}\nparameters:\n"
                           "  accelerator.weight_buffer.bytes: [512KiB, 1 MiB]\n  dram.latency_ns: {from: 10ns, to: 1us, step: 495 ns}\n"
                           "conditions: [accelerator.weight_buffer.bytes >= 1000000]\n")
    done = sweep(tmp_path, path)
    assert done.returncode == 0, done.stderr
    assert [(row["accelerator.weight_buffer.bytes"], row["dram.latency_ns"]) for row in rows(tmp_path)] == [
        (1048576, 10), (1048576, 505), (1048576, 1000)]
    again = sweep(tmp_path, tmp_path / "base.yaml", "--param", "accelerator.weight_buffer.bytes=1MiB,2MiB", "--set", "dram.latency_ns=1us")
    assert again.returncode == 0, again.stderr
