# SPDX-License-Identifier: Apache-2.0
"""Servers in sweeps and in Python, and the study of docs/serving_study.md, on small models."""

import csv
import json
import re

import pytest

import anda_sim
from anda_sim.serving import page
from anda_sim.serving.points import FIRST_TOKEN_S, SYSTEMS, TENSORS, Alone, Load, Machine, Served, area_mm2, machine_keys
from anda_sim.serving.study import best
from anda_sim.simulator import Simulator
from serving_tools import read_requests, write_model
from sweep_tools import ROOT, program, sweep

KEYS = {"serving": {"requests": {"count": 12, "rate_per_s": 1e4, "prompt": {"mean": 20, "most": 60}, "output": {"mean": 5, "most": 9}}}}


@pytest.fixture
def folder(tmp_path):
    write_model(tmp_path)
    (tmp_path / "base.yaml").write_text("workload: {config_json: config.json}\nsystems: [fp-fp, anda]\n" + json.dumps(KEYS)[1:-1] + "\n")
    return tmp_path


def test_a_sweep_over_servers_has_the_numbers_of_each(folder):
    (folder / "s.yaml").write_text("command: serve\nbase: base.yaml\nparameters:\n  serving.requests.rate_per_s: [1000, 100000]\n"
                                   "  system.accelerators: [1, 2]\noutputs: [first_token_*_s, goodput_per_s, energy_per_output_token_j, cache_blocks]\n")
    done = sweep(folder, "s.yaml", "--plot", folder / "p.svg")
    assert done.returncode == 0 and "first token p99" in done.stdout
    with open(folder / "out" / "results.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["status"] for row in rows] == ["done"] * 4 and (folder / "p.svg").exists()
    simulator = Simulator(program())
    for row in rows:
        settings = [f"{key}={row[key]}" for key in ("serving.requests.rate_per_s", "system.accelerators")]
        report = simulator.results("serve", folder / "base.yaml", "serve.json", "--set", settings[0], "--set", settings[1])
        for system in report["systems"]:
            name = system["name"]
            assert float(row[f"{name}.first_token_p99_s"]) == system["first_token_s"]["p99"]
            assert float(row[f"{name}.first_token_mean_s"]) == system["first_token_s"]["mean"]
            assert float(row[f"{name}.goodput_per_s"]) == system["goodput_per_s"]
            assert float(row[f"{name}.energy_per_output_token_j"]) == system["energy"]["per_output_token_j"]
            assert float(row[f"{name}.cache_blocks"]) == system["cache"]["blocks"]


@pytest.mark.parametrize("text,reason", [
    ("command: server\nparameters: {system.accelerators: [1]}\n", "s.yaml:1"),
    ("command: serve\nbase: base.yaml\nparameters: {system.accelerators: [1]}\noutputs: [time_s]\n", "`time_s` is not a number of a server"),
    ("base: r.yaml\nparameters: {system.accelerators: [1]}\n", "s.yaml:2: system: is not a key"),
    ("command: serve\nbase: base.yaml\nparameters: {workload.layers: [1]}\n", "must be 0: a server runs all layers"),
    ("workload: {model: LLaMA-3-8B}\nserving: {}\n", "is the configuration of a server"),
])
def test_wrong_sweeps_over_servers_are_refused(folder, text, reason):
    (folder / "r.yaml").write_text("workload: {config_json: config.json}\n")
    (folder / "s.yaml").write_text(text)
    done = sweep(folder, "s.yaml")
    assert done.returncode == 2 and reason in done.stderr


def test_serve_in_python(folder):
    server = anda_sim.serve(folder / "base.yaml", out=folder / "kept", progress=False, program=program(), system={"accelerators": 2})
    report = json.loads((folder / "kept" / "serve.json").read_text())
    assert server.report == report and list(server.systems) == ["fp-fp", "anda"] and server.cluster["replicas"] == 2
    anda = report["systems"][1]
    assert server.first_token_p99_s == anda["first_token_s"]["p99"] and server["anda"].goodput_per_s == anda["goodput_per_s"]
    assert server.frame().loc["fp-fp", "latency_p50_s"] == report["systems"][0]["latency_s"]["p50"]
    rows = read_requests(folder / "kept" / "requests.csv")
    assert list(server["anda"].requests["latency_s"]) == [row["latency_s"] for row in rows if row["system"] == "anda"]
    assert list(server.system.series()["running"]) == anda["series"]["running"]
    assert "requests/s" in repr(server) and "<table" in server._repr_html_()
    with pytest.raises(anda_sim.InputError, match="no system figna"):
        server["figna"]
    with pytest.raises(anda_sim.InputError, match="serving.scheduler.max_bach"):
        anda_sim.serve(folder / "base.yaml", program=program(), serving={"scheduler": {"max_bach": 1}})


# --- the study ---

class Made(Load):
    """Servers whose slowest first token is a second and a half, and a second more for each request a second of a replica."""

    def __init__(self):
        super().__init__(None, 200, "")
        self.calls = []

    def serve(self, machine, replicas, rate_per_s):
        self.calls.append((machine.tensor, replicas))
        late = 1.5 / machine.tensor + rate_per_s / replicas / machine.tensor
        return Served(replicas * machine.tensor, machine.tensor, late, 0.01, 0.5, 0.1)


@pytest.mark.parametrize("rate", [1, 5, 10, 30])
def test_the_study_finds_the_fewest(rate):
    load = Made()
    machines = {Machine("x", 16, tensor): Alone(1.5 / tensor, 0.4 / tensor) for tensor in (8, 4, 2, 1)}
    found = best(load, machines, rate)
    every = [load.serve(Machine("x", 16, tensor), replicas, rate) for tensor in (1, 2, 4, 8) for replicas in range(1, 257 // tensor)]
    assert found.accelerators == min(server.accelerators for server in every if server.first_token_p99_s <= FIRST_TOKEN_S)
    slow = {Machine("x", 16, 8): Alone(FIRST_TOKEN_S + 1, 1)}
    assert best(load, slow, rate) is None


def test_the_study_scales_the_machine_of_the_paper():
    config = Simulator(program()).effective(Simulator(program()).call("config"))
    for key, value in machine_keys(16).items():
        part = config
        for name in key.split("."):
            part = part[name]
        assert part == value, key
    large = machine_keys(64)
    assert large["accelerator.vector_unit.fpus"] == 64 * 16 and large["accelerator.weight_buffer.word_bits"] == 1024 * 4


def test_the_page_shows_what_was_measured():
    server = Served(12, 4, 1.25, 0.02, 0.5, 0.1)
    systems = list(SYSTEMS)
    areas = {(system, 64): 10.0 for system in systems}
    idle = {Machine(systems[0], 64, 8): Alone(2.5, 1), Machine(systems[1], 64, 8): Alone(0.5, 0.2)}
    text = page.page(areas, idle, {(systems[0], 64, 5): None, (systems[1], 64, 5): server, (systems[2], 64, 5): server}, 200)
    assert f"| {systems[0]} | 64 × 64 | 10.0 mm² | — | — | — | 2.5 s |" in text
    assert f"| {systems[0]} | 64 × 64 | none |" in text
    assert f"| {systems[1]} | 64 × 64 | **12** | 4 | 120 mm² | 1.25 s | 20 ms | 50% | 100 mJ |" in text


def test_the_page_of_the_study_is_what_the_simulator_says(tmp_path):
    """Two of its points anew: a replica of eight accelerators without a load, and the one that serves a request a second."""
    text = (ROOT / "docs" / "serving_study.md").read_text()
    requests = int(re.search(r"one simulation of (\d+) requests", text)[1])
    tables = {part.partition("\n")[0]: [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")]
              for part in text.split("\n## ")[1:]}

    def row(section, system, side):
        (found,) = [cells for cells in tables[section] if cells[:2] == [system, f"{side} × {side}"]]
        return found

    simulator, name = Simulator(program()), "Anda, 4-bit cache"
    load = Load(simulator, requests, tmp_path / "cache")
    area = area_mm2(simulator, name, 128)
    idle, machine = load.alone(Machine(name, 128, 8)), Machine(name, 128, 8)
    servers = {(system, 128, 1): load.serve(Machine(name, 128, 1), 1, 1) if system == name else None for system in SYSTEMS}
    made = page.page({(system, 128): area for system in SYSTEMS}, {machine: idle}, servers, requests)
    (alone,) = [line for line in made.splitlines() if line.startswith(f"| {name} | 128 × 128 | {area:.1f} mm²")]
    assert alone.split("|")[-2].strip() == row("Without a load", name, 128)[2 + len(TENSORS)]
    (served,) = [line for line in made.splitlines() if line.startswith(f"| {name} | 128 × 128 | **")]
    assert [cell.strip() for cell in served.strip("|").split("|")] == row("1 request a second", name, 128)
