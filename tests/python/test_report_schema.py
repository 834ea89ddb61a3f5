# SPDX-License-Identifier: Apache-2.0
"""Reports of real runs against docs/report.schema.json, and consistency of their numbers."""

import copy
import csv
import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
CONFIG = ROOT / "configs" / "llama-13b.yaml"


def run_simulator(folder, *options):
    command = [BUILD / "src" / "anda-sim", "run", CONFIG, "--out", folder, *options]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result


def report_in(folder):
    return json.loads((folder / "report.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    run_simulator(folder)
    return folder


@pytest.fixture(scope="module")
def report(folder):
    return report_in(folder)


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def problems(validator, report):
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(report)]


def test_report_of_a_run_follows_the_schema(validator, report):
    assert problems(validator, report) == []


def test_report_of_one_system_and_one_layer_follows_the_schema(validator, tmp_path):
    run_simulator(tmp_path, "--set", "systems=[anda]", "--set", "workload.layers=1", "--set", "tiling=auto")
    report = report_in(tmp_path)
    assert problems(validator, report) == []
    assert report["ratios"] == []
    assert len(report["systems"][0]["ops"]) == 7


PLACES = [
    [],
    ["run"],
    ["systems", 0],
    ["systems", 1, "stall_cycles"],
    ["systems", 1, "energy_pj"],
    ["systems", 1, "energy_pj", "by_component"],
    ["systems", 1, "power_mw"],
    ["systems", 1, "area_mm2"],
    ["systems", 1, "dram_bytes"],
    ["systems", 1, "actions"],
    ["systems", 1, "tensors", 0],
    ["systems", 1, "ops", 0],
    ["systems", 1, "ops", 0, "tile"],
    ["ratios", 0],
]


def at(report, place):
    for key in place:
        report = report[key]
    return report


def small(report):
    """One op and one tensor type per system: enough to check, and quick to copy."""
    return {
        **report,
        "systems": [
            {**system, "ops": system["ops"][:1], "tensors": system["tensors"][:1]} for system in report["systems"]
        ],
    }


def test_report_with_the_detailed_memory_has_its_latencies_and_turnarounds(validator, tmp_path):
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\ng,0,A_qkv,64,512,256\n")
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [anda]\ndram: {level: detailed}\n")
    command = [str(BUILD / "src" / "anda-sim"), "run", str(tmp_path / "run.yaml"), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    report = report_in(tmp_path / "out")
    assert problems(validator, report) == []
    system = report["systems"][0]
    memory = system["dram"]
    assert sum(bin["bursts"] for bin in memory["read_latency_histogram"]) == memory["read_bursts"]
    assert memory["read_bursts"] == system["actions"]["dram.read_bursts"]
    assert memory["turnarounds"] >= system["actions"]["dram.turnarounds"]
    # tRCD, tCL and the burst, less tRCD for a hit: no read is quicker than 16 ns.
    assert 16 <= memory["read_latency_histogram"][0]["from_ns"] <= memory["read_latency_mean_ns"]
    assert memory["read_latency_50_ns"] <= memory["read_latency_99_ns"] <= memory["read_latency_longest_ns"]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)) or "report")
def test_schema_refuses_a_missing_an_unknown_and_a_wrong_key(validator, report, place):
    report = small(report)
    for key in at(report, place):
        broken = copy.deepcopy(report)
        del at(broken, place)[key]
        # Reports of versions without notes stay valid.
        assert bool(problems(validator, broken)) == (key != "notes"), f"without {key}"
        broken = copy.deepcopy(report)
        at(broken, place)[key] = {"no": "value"}
        assert problems(validator, broken), f"{key} of a wrong type"
    if place[-1:] != ["actions"]:  # other memories may count other things
        broken = copy.deepcopy(report)
        at(broken, place)["no_such_key"] = 1
        assert problems(validator, broken)


def test_cycles_are_busy_or_stalls_and_parts_add_up(report):
    for system in report["systems"]:
        assert system["busy_cycles"] + sum(system["stall_cycles"].values()) == system["cycles"]
        for parts in (system["ops"], system["tensors"]):
            for key in ("cycles", "busy_cycles", "macs"):
                assert sum(part[key] for part in parts) == system[key]
            assert sum(part["dram_read_bytes"] for part in parts) == system["dram_bytes"]["read"]
            assert sum(part["energy_total_pj"] for part in parts) == pytest.approx(system["energy_pj"]["total"], 1e-12)
        energy = system["energy_pj"]
        assert energy["compute"] + energy["sram"] == pytest.approx(sum(energy["by_component"].values()), 1e-12)
        assert system["area_mm2"]["total"] == pytest.approx(sum(system["area_mm2"]["by_component"].values()), 1e-12)
        assert set(system["actions"]) == set(report["units"])
        assert system["macs"] == sum(op["m"] * op["k"] * op["n"] * op["count"] for op in system["ops"])


def test_ops_csv_has_the_numbers_of_the_report(folder, report):
    with open(folder / "ops.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    ops = [(system["name"], op) for system in report["systems"] for op in system["ops"]]
    assert len(rows) == len(ops)
    for row, (system, op) in zip(rows, ops):
        assert row.pop("system") == system
        flat = {key: value for key, value in op.items() if key != "tile"}
        flat.update({f"tile_{key}": value for key, value in op["tile"].items()})
        assert set(row) == set(flat)
        for key, value in flat.items():
            assert row[key] == value if isinstance(value, str) else float(row[key]) == value, key


def test_same_input_gives_the_same_bytes(folder, tmp_path):
    run_simulator(tmp_path / "again")
    for name in ("config.yaml", "ops.csv", "report.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    assert str(ROOT) not in (folder / "report.json").read_text()
    assert sorted(os.listdir(folder)) == ["config.yaml", "ops.csv", "report.json"]
