# SPDX-License-Identifier: Apache-2.0
"""anda-sim compare from the user's side, on models small enough to run in no time."""

import copy
import csv
import json
import math
import os
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

SOURCE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


TINY = "workload: {{model: {model}, layers: 1, tokens: {tokens}}}\nprecision: {bits}\n"


@pytest.fixture
def tiny(tmp_path):
    """Two models, one of them with a configuration for Anda at either of two losses."""
    for name, model, bits in (("a1", "OPT-1.3B", 7), ("a2", "OPT-1.3B", 5), ("b", "LLaMA-7B", 6)):
        (tmp_path / f"{name}.yaml").write_text(TINY.format(model=model, tokens=32, bits=bits))
    (tmp_path / "both.yaml").write_text("name: tiny\nmodels:\n  A: {anda-good: a1.yaml, anda-fast: a2.yaml}\n")
    (tmp_path / "plain.yaml").write_text("systems: [fp-fp, figna-m8, anda]\nmodels: {A: a1.yaml, B: b.yaml}\n")
    return tmp_path


def compare(program, folder, *args):
    return subprocess.run([program, "compare", *map(str, args)], capture_output=True, text=True, timeout=120, cwd=folder)


def results(folder, out):
    return json.loads((folder / out / "compare.json").read_text())


def by_name(entries):
    return {entry["name"]: entry for entry in entries}


def test_all_systems_by_default_and_each_with_its_own_precision(program, tiny):
    done = compare(program, tiny, "both.yaml", "--out", "out")
    assert (done.returncode, done.stderr) == (0, "")
    (model,) = results(tiny, "out")["models"]
    systems = by_name(model["systems"])
    assert list(systems) == ["fp-fp", "fp-int", "ifpu", "figna", "figna-m11", "figna-m8", "anda-good", "anda-fast"]
    assert systems["anda-fast"]["cycles"] < systems["anda-good"]["cycles"]
    assert systems["fp-int"]["speedup"] == systems["fp-fp"]["speedup"] == 1
    assert "anda-fast" in done.stdout and "mean of models" not in done.stdout  # one model


def test_the_terminal_shows_means_and_each_model_on_request(program, tiny):
    summary = compare(program, tiny, "plain.yaml", "--out", "out").stdout
    details = compare(program, tiny, "plain.yaml", "--out", "out", "--details").stdout
    assert " · 3 systems on 2 models · against fp-fp" in summary.splitlines()[0]
    document = results(tiny, "out")
    for mean in document["means"]:
        (line,) = [line for line in summary.splitlines() if line.split()[:1] == [mean["name"]]]
        shown = [f"{mean[key]:.3f}×" for key in ("speedup", "area_efficiency", "energy_efficiency")]
        assert line.split()[1:4] == shown
    names = [model["name"] for model in document["models"]]
    rows = [line.split()[0] for line in details.splitlines() if line.strip()]
    assert all(rows.count(name) == 3 for name in names) and not any(line.startswith(tuple(names)) for line in summary.splitlines())
    refused = compare(program, tiny, "plain.yaml", "--details", "--json")
    assert refused.returncode == 2 and "--json and --details are mutually exclusive" in refused.stderr


def test_numbers_are_those_of_single_runs(program, tiny):
    compare(program, tiny, "plain.yaml", "--out", "out")
    for model, file in zip(results(tiny, "out")["models"], ("a1.yaml", "b.yaml")):
        run = subprocess.run([program, "run", file, "--set", "systems=[fp-fp, figna-m8, anda]", "--out", "one", "-q"],
                             cwd=tiny, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        report = json.loads((tiny / "one" / "report.json").read_text())
        assert model["trace_sha256"] == report["run"]["trace_sha256"]
        for ours, theirs in zip(model["systems"], report["systems"]):
            assert (ours["name"], ours["cycles"]) == (theirs["name"], theirs["cycles"])
            assert ours["energy_total_pj"] == theirs["energy_pj"]["total"]
        for ours, theirs in zip(model["systems"][1:], report["ratios"]):
            for key in ("speedup", "area_efficiency", "energy_efficiency"):
                assert ours[key] == pytest.approx(theirs[key], rel=1e-12)


def test_means_are_geometric_and_the_csv_agrees(program, tiny):
    compare(program, tiny, "plain.yaml", "--out", "out")
    result = results(tiny, "out")
    anda = [by_name(model["systems"])["anda"] for model in result["models"]]
    mean = by_name(result["means"])["anda"]
    assert mean["speedup"] == pytest.approx(math.sqrt(anda[0]["speedup"] * anda[1]["speedup"]))
    rows = list(csv.DictReader((tiny / "out" / "compare.csv").open()))
    assert len(rows) == 2 * 3 + 3
    assert float(rows[2]["speedup"]) == anda[0]["speedup"]
    assert rows[-1]["model"] == "geometric mean" and float(rows[-1]["speedup"]) == mean["speedup"]


@pytest.fixture(scope="session")
def validator():
    schema = json.loads((SOURCE / "docs" / "compare.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


PLACES = [[], ["models", 0], ["models", 0, "systems", 1], ["models", 0, "systems", 1, "energy_share"], ["means", 1],
          ["means", 1, "energy_share"]]


def test_the_results_follow_their_schema_and_nothing_else_does(program, tiny, validator):
    compare(program, tiny, "both.yaml", "--out", "out")
    result = results(tiny, "out")
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(result)] == []
    assert compare(program, tiny, "plain.yaml", "--models", "A", "--systems", "anda", "--out", "one").returncode == 0
    assert validator.is_valid(results(tiny, "one"))
    for place in PLACES:
        def changed(change):
            broken = copy.deepcopy(result)
            at = broken
            for key in place:
                at = at[key]
            change(at)
            return broken

        at = result
        for key in place:
            at = at[key]
        for key in at:
            assert not validator.is_valid(changed(lambda at: at.pop(key))), f"without {key} of {place}"
            assert not validator.is_valid(changed(lambda at: at.update({key: {"no": "value"}}))), f"{key} of {place}"
        assert not validator.is_valid(changed(lambda at: at.update(no_such_key=1)))
    units = {"cycles": "cycles", "time_s": "s", "effective_tops": "Top/s", "area_mm2": "mm²",
             "tops_per_mm2": "Top/s/mm²"}
    system = validator.schema["$defs"]["system"]["properties"]
    for key, entry in system.items():
        description = entry.get("description") or validator.schema["$defs"][key]["description"]
        if key not in ("name", "energy_share"):
            assert description.endswith(f"Unit: {units.get(key, 'pJ' if key.endswith('_pj') else '1')}."), key


def test_the_same_input_gives_the_same_bytes_for_any_number_of_jobs(program, tiny):
    for out, jobs in (("one", 1), ("four", 4)):
        assert compare(program, tiny, "plain.yaml", "--out", out, "--jobs", jobs).returncode == 0
    for file in ("compare.json", "compare.csv"):
        assert (tiny / "one" / file).read_bytes() == (tiny / "four" / file).read_bytes()


def test_a_selection_of_systems_and_models(program, tiny):
    done = compare(program, tiny, "plain.yaml", "--systems", "figna-m8,anda", "--models", "B", "--out", "out")
    assert done.returncode == 0, done.stderr
    result = results(tiny, "out")
    assert result["baseline"] == "figna-m8"
    assert [model["name"] for model in result["models"]] == ["B"]
    assert compare(program, tiny, "plain.yaml", "--set", "accelerator.mxu.rows=32", "--out", "wide").returncode == 0
    assert results(tiny, "wide")["models"][0]["systems"][0]["area_mm2"] > result["models"][0]["systems"][0]["area_mm2"]


WRONG = {
    "no models": ("name: x\n", "models: is missing"),
    "unknown key": ("models: {A: a1.yaml}\nsystem: [anda]\n", "c.yaml:2:1", "system: is not a key", "`systems`"),
    "unknown system": ("systems: [fp-pf]\nmodels: {A: a1.yaml}\n", "c.yaml:1:11", "`fp-pf`", "`fp-fp`"),
    "system twice": ("systems: [anda, anda]\nmodels: {A: a1.yaml}\n", "`anda` twice"),
    "systems of no list": ("systems: {anda: 1}\nmodels: {A: a1.yaml}\n", "systems: must be a list"),
    "models of no map": ("models: [a1.yaml]\n", "models: must be a map"),
    "missing file": ("models: {A: none.yaml}\n", "c.yaml:1:13: models.A", "none.yaml"),
    "wrong file": ("models: {A: wrong.yaml}\n", "models.A", "wrong.yaml:1:1: acelerator"),
    "own configuration missing": ("systems: [fp-fp, anda-x]\nmodels: {A: a1.yaml}\n", "models.A", "`anda-x`"),
    "configuration of no system": ("models: {A: {unda: a1.yaml}}\n", "models.A.unda: is not a system", "`anda`"),
    "other workload": ("models: {A: {anda-a: a1.yaml, anda-b: b.yaml}}\n", "b.yaml has another `workload` than a1.yaml"),
    "other technology": ("models: {A: a1.yaml, B: other.yaml}\n", "other.yaml has another `technology` than a1.yaml"),
    "other memory": ("models: {A: a1.yaml, B: dram.yaml}\n", "dram.yaml has another `dram` than a1.yaml"),
    "other machine": ("models: {A: a1.yaml, B: clock.yaml}\n", "clock.yaml has another `accelerator` than a1.yaml"),
    "too large": ("models: {A: large.yaml}\n", "dram.capacity_bytes", "in the workload of large.yaml"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_comparisons(program, tiny, case):
    base = "base: a1.yaml\n"
    (tiny / "wrong.yaml").write_text("acelerator: {}\n")
    (tiny / "other.yaml").write_text(base + "technology: {conversion: {energy_pj_per_value: 4}}\n")
    (tiny / "dram.yaml").write_text(base + "dram: {channels: 8}\n")
    (tiny / "clock.yaml").write_text(base + "accelerator: {clock_hz: 1e9}\n")
    (tiny / "large.yaml").write_text(base + "dram: {capacity_bytes: 1048576}\n")
    text, *fragments = WRONG[case]
    (tiny / "c.yaml").write_text(text)
    done = compare(program, tiny, "c.yaml", "--out", "out")
    assert done.returncode == 2, done.stderr
    for fragment in fragments:
        assert fragment in done.stderr, done.stderr
    assert not (tiny / "out").exists()


@pytest.mark.parametrize("args, fragment", [
    ([], "needs the file of a comparison"),
    (["none.yaml"], "none.yaml"),
    (["plain.yaml", "--jobs", "0"], "--jobs"),
    (["plain.yaml", "--systems", "figna"], "`figna` is none of fp-fp, figna-m8, anda"),
    (["plain.yaml", "--models", "A,"], "--models"),
    (["plain.yaml", "--models", "A,A"], "more than once"),
    (["plain.yaml", "--set", "accelerator.mxu.rows=0"], "accelerator.mxu.rows"),
])
def test_wrong_options(program, tiny, args, fragment):
    done = compare(program, tiny, *args, "--out", "out")
    assert done.returncode == 2, done.stderr
    assert fragment in done.stderr


def test_results_that_cannot_be_written(program, tiny):
    """A comparison ends with status 1 before it simulates, like a run whose files cannot be written."""
    (tiny / "file").write_text("")
    (tiny / "taken" / "compare.json").mkdir(parents=True)
    for out, words in (("file/out", "file/out"), ("file", "file: cannot write the results: it is not a folder"),
                       ("taken", "taken/compare.json: cannot write: it is a folder")):
        started = subprocess.run([program, "compare", "plain.yaml", "--out", out], cwd=tiny, capture_output=True,
                                 text=True, env={**os.environ, "TMPDIR": str(tiny / "none")})
        assert started.returncode == 1 and words in started.stderr, started.stderr
        assert "TMPDIR" not in started.stderr
    assert not list((tiny / "taken").glob("*.csv"))
    assert (tiny / "file").read_text() == ""
    # The place for the reports of the simulations is not a folder.
    done = subprocess.run([program, "compare", "plain.yaml", "--out", "out"], cwd=tiny, capture_output=True, text=True,
                          env={**os.environ, "TMPDIR": str(tiny / "none")})
    assert done.returncode == 1 and "none" in done.stderr
    assert not (tiny / "out").exists()


def test_a_simulation_that_fails_is_named(program, tiny):
    """A file size limit at what the parent writes stops the children at their reports."""
    script = f"ulimit -f 12; exec {program} compare plain.yaml --out out"
    done = subprocess.run(["bash", "-c", script], cwd=tiny, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "a1.yaml" in done.stderr or "b.yaml" in done.stderr
    assert not (tiny / "out").exists()


def test_an_interrupt_ends_the_simulations_and_leaves_no_files(program, tiny):
    rows = "".join(f"g{i},0,A_qkv,{1000 + i % 997},{1000 + i % 991},{1000 + i % 983}\n" for i in range(60000))
    (tiny / "trace.csv").write_text("name,layer,tensor,m,k,n\n" + rows)
    (tiny / "long.yaml").write_text("workload: {trace: trace.csv}\n")
    (tiny / "c.yaml").write_text("models: {L: long.yaml}\n")
    temporary = tiny / "tmp"
    temporary.mkdir()
    process = subprocess.Popen([program, "compare", "c.yaml", "--out", "out"], cwd=tiny, stderr=subprocess.PIPE,
                               text=True, env={**os.environ, "TMPDIR": str(temporary)})
    deadline = time.time() + 60
    while not list(temporary.glob("*/0/errors")) and time.time() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in error
    assert not (tiny / "out").exists()
    assert not list(temporary.iterdir())


def test_the_comparison_of_the_paper(program, tmp_path):
    done = compare(program, tmp_path, SOURCE / "configs" / "compare" / "paper.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    result = results(tmp_path, "out")
    assert len(result["models"]) == 9
    means = by_name(result["means"])
    assert list(means) == ["fp-fp", "fp-int", "ifpu", "figna", "figna-m11", "figna-m8", "anda-0.1", "anda-1"]
    for name, speedup in {"figna": 1, "figna-m11": 1.45, "figna-m8": 2, "anda-0.1": 2.14, "anda-1": 2.49}.items():
        assert means[name]["speedup"] == pytest.approx(speedup, rel=0.05)
