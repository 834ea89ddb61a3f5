# SPDX-License-Identifier: Apache-2.0
"""anda-sim search against anda-sim run: costs, shapes and simulated results equal those of runs."""

import json
import subprocess

import pytest

from search_tools import TINY, Landscape, algorithm_1, log_of, program, result_of, search


def simulated(folder, combination, *settings):
    settings = [*TINY, "--set", f"precision={list(combination)}", *settings]
    done = subprocess.run([program(), "run", "base.yaml", *settings, "--out", "one", "-q"], cwd=folder,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    anda = json.loads((folder / "one" / "report.json").read_text())["systems"][1]
    return anda["cycles"], anda["energy_pj"]["total"], anda["time_s"]


@pytest.mark.parametrize("objective", ["cycles", "energy", "edp"])
def test_objectives_are_the_numbers_of_runs(tmp_path, objective):
    (tmp_path / "base.yaml").write_text("workload: {model: OPT-1.3B}\n")
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    search(tmp_path, landscape, "--objective", objective, model="base.yaml")
    visits = log_of(tmp_path)
    costs = {}
    for visit in visits:
        cycles, energy, seconds = simulated(tmp_path, visit["combination"])
        assert (visit["cycles"], visit["energy_pj"]) == (cycles, energy)
        assert visit["edp_pj_s"] == energy * seconds
        costs[tuple(visit["combination"])] = {"cycles": cycles, "energy": energy, "edp": energy * seconds}[objective]

    def cost(combination):
        if combination not in costs:  # pushed, but never taken
            cycles, energy, seconds = simulated(tmp_path, combination)
            costs[combination] = {"cycles": cycles, "energy": energy, "edp": energy * seconds}[objective]
        return costs[combination]

    trail, _ = algorithm_1(cost, landscape.loss, 0.01)
    assert [(tuple(v["combination"]), v["accepted"]) for v in visits] == trail


def test_costs_of_single_layers_and_fp16_outputs_are_those_of_runs(tmp_path):
    (tmp_path / "base.yaml").write_text("workload: {model: LLaMA-7B}\nprecision: {output: fp16}\n")
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    search(tmp_path, landscape, "--objective", "cycles", "--per-layer", "--layer-iterations", 4, "--simulate",
           model="base.yaml")
    (found,) = result_of(tmp_path)["results"]
    assert found["per_layer"]["cycles"] == found["simulation"]["cycles"]
    assert found["per_layer"]["energy_pj"] == found["simulation"]["energy_total_pj"]


# --- the loop --------------------------------------------------------------------------------------------------


def test_results_are_simulated_and_can_be_run_again(tmp_path):
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    done = search(tmp_path, landscape, "--tolerance", "1%,5%", "--simulate")
    assert "speedup" in done.stdout and done.stderr == ""
    for found in result_of(tmp_path)["results"]:
        file = tmp_path / "out" / found["file"]
        run = subprocess.run([program(), "run", file, "--out", "again", "-q"], cwd=tmp_path, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        report = json.loads((tmp_path / "again" / "report.json").read_text())
        assert [system["name"] for system in report["systems"]] == ["fp-fp", "anda"]
        assert report["systems"][1]["ops"][0]["input_mantissa_bits"] == found["best"]["combination"][0]
        for key in ("speedup", "area_efficiency", "energy_efficiency"):
            assert found["simulation"][key] == report["ratios"][0][key]
        assert (tmp_path / "out" / file.stem / "report.json").read_text() == (tmp_path / "again" / "report.json").read_text()
    assert not list((tmp_path / "out").glob("*.errors"))


def test_shapes_of_a_config_json(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({
        "model_type": "llama", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2}))
    landscape = Landscape(tmp_path, [0.6, 0.05, 0.3, 0.2])
    search(tmp_path, landscape, model="config.json", tiny=[])
    visit = log_of(tmp_path)[0]
    assert visit["bops"] == 4 * 4 * 2048 * 2 * (128 * 256 + 128 * 128 + 3 * 128 * 256)
