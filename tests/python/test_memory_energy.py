# SPDX-License-Identifier: Apache-2.0
"""The energy of each memory of configs/dram enters a run's report as its file defines, at both memory levels."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

SOURCE = Path(__file__).resolve().parents[2]
MEMORIES = sorted(path.stem for path in (SOURCE / "configs" / "dram").glob("*.yaml"))
# 64 × 256 × 64 (m × k × n) on fp-fp: activations and results of two bytes, weights of half a byte with a scale of two
# bytes for each column's 128. The panels of 16 columns are whole bursts of every memory; all is read and written once.
READ_BYTES = 64 * 256 * 2 + 256 * 64 // 2 + 2 * 64 * 2
WRITTEN_BYTES = 64 * 64 * 2


def simulate(folder, memory, level, *sets):
    (folder / "trace.csv").write_text("name,layer,tensor,m,k,n\ng,0,A_u,64,256,64\n")
    (folder / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [fp-fp]\n")
    options = [f"dram={memory}", f"dram.level={level}", *sets]
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    subprocess.run([program, "run", folder / "run.yaml", "--out", folder / "out", "-q",
                    *(argument for option in options for argument in ("--set", option))], check=True, timeout=600)
    return json.loads((folder / "out" / "report.json").read_text())["systems"][0]


def expected_pj(file, level, system):
    energy = file["energy"]
    burst = file["channel_bits"] * file["burst_length"] // 8
    assert READ_BYTES % burst == 0 and WRITTEN_BYTES % burst == 0
    if energy["model"] == "flat":
        return (READ_BYTES + WRITTEN_BYTES) * 8 * energy["pj_per_bit"]
    # The first panel of weights arrives in two parts of 128 · 16 / 2 + 16 · 2 = 1056 bytes, which share a burst of 64.
    reads = READ_BYTES // burst + (1 if 1056 % burst else 0)
    bursts = reads * energy["read_pj"] + WRITTEN_BYTES // burst * energy["write_pj"]
    time_ns = system["time_s"] * 1e9
    background = energy["background_mw"] * time_ns * file["channels"]  # mW · ns = pJ
    if level == "detailed":
        actions = system["actions"]
        assert actions["dram.activates"] > 0
        return (bursts + background + actions["dram.activates"] * energy["activate_pj"]
                + actions["dram.refreshes"] * energy["refresh_pj"])
    rows = (reads * burst + WRITTEN_BYTES) / file["organisation"]["row_bytes"] * energy["activate_pj"]
    refreshes = time_ns / file["refresh_interval_ns"] * file["channels"] * energy["refresh_pj"]
    return bursts + background + rows + refreshes


@pytest.mark.parametrize("memory", MEMORIES)
def test_energy_follows_the_file_of_the_memory(tmp_path, memory):
    file = yaml.safe_load((SOURCE / "configs" / "dram" / f"{memory}.yaml").read_text())
    for level in ("fast", "detailed"):
        system = simulate(tmp_path, memory, level)
        assert system["dram_bytes"] == {"read": READ_BYTES, "write": WRITTEN_BYTES}
        assert system["energy_pj"]["dram"] == pytest.approx(expected_pj(file, level, system), rel=1e-9), (memory, level)


@pytest.mark.parametrize("level", ["fast", "detailed"])
def test_hbm2_has_an_energy_by_command_too(tmp_path, level):
    file = yaml.safe_load((SOURCE / "configs" / "dram" / "hbm2.yaml").read_text())
    file["energy"]["model"] = "per_command"
    system = simulate(tmp_path, "hbm2", level, "dram.energy.model=per_command")
    assert system["energy_pj"]["dram"] == pytest.approx(expected_pj(file, level, system), rel=1e-9)
