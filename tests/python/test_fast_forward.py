# SPDX-License-Identifier: Apache-2.0
"""simulation.fast_forward does not affect results: small slices of the shipped configurations, byte for byte."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = "name,layer,tensor,m,k,n\na,0,A_qkv,300,1024,256\nb,0,A_o,96,640,192\n"


@pytest.fixture(scope="module")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


def results(program, folder, configuration, *settings):
    """ops.csv and report.json of a run, without references to the configuration itself."""
    words = [program, "run", str(configuration), "--out", str(folder)]
    for setting in settings:
        words += ["--set", setting]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / "report.json").read_text())
    del report["run"]["config_sha256"]
    return (folder / "ops.csv").read_bytes(), report


@pytest.mark.parametrize("levels", [["dram.level=fast"], ["dram.level=detailed"], ["accelerator.level=cycle"]])
@pytest.mark.parametrize("tiling", ["paper", "auto"])
def test_fast_forward_changes_no_result(program, tmp_path, levels, tiling):
    trace = tmp_path / "trace.csv"
    trace.write_text(ROWS)
    configuration = ROOT / "configs" / "llama-13b.yaml"
    common = ["workload.trace=" + str(trace), "tiling=" + tiling, *levels]
    on = results(program, tmp_path / "on", configuration, *common)
    off = results(program, tmp_path / "off", configuration, *common, "simulation.fast_forward=false")
    assert on == off


@pytest.mark.parametrize("memory", ["hbm2", "hbm2e", "hbm3", "ddr4", "lpddr5"])
def test_fast_forward_changes_no_result_of_a_memory(program, tmp_path, memory):
    trace = tmp_path / "trace.csv"
    trace.write_text(ROWS)
    configuration = ROOT / "configs" / "llama-13b.yaml"
    common = ["workload.trace=" + str(trace), "dram=" + memory, "dram.level=detailed"]
    on = results(program, tmp_path / "on", configuration, *common)
    off = results(program, tmp_path / "off", configuration, *common, "simulation.fast_forward=false")
    assert on == off


# A GeMM of several steps, small enough for a waveform.
SMALL = "name,layer,tensor,m,k,n\na,0,A_qkv,40,640,128\n"


@pytest.mark.parametrize(
    "settings, files",
    [
        (["accelerator.level=cycle", "simulation.vcd={}/waves.vcd"], ["waves.vcd"]),
        (["accelerator.level=cycle", "simulation.timeline.file={}/timeline.json"], ["timeline.json"]),
        (["dram.level=detailed", "simulation.timeline.file={}/timeline.json"], ["timeline.json"]),
        (["dram.level=detailed", "dram.request_trace={}/requests.stl"], None),
        (["dram.level=detailed", "accelerator.level=cycle", "dram.request_trace={}/requests.trace"], None),
    ],
)
def test_fast_forward_changes_no_file_that_shows_time(program, tmp_path, settings, files):
    trace = tmp_path / "trace.csv"
    trace.write_text(SMALL)
    written = []
    for forward in ["true", "false"]:
        folder = tmp_path / forward
        seen = folder / "seen"
        seen.mkdir(parents=True)
        named = [setting.format(seen) for setting in settings]
        common = ["workload.trace=" + str(trace), "simulation.fast_forward=" + forward]
        results(program, folder, ROOT / "configs" / "llama-13b.yaml", *common, *named)
        # A waveform begins with the date of its making.
        written.append({path.name: path.read_bytes().split(b"$end", 1)[-1] for path in seen.iterdir()})
    assert written[0] == written[1]
    assert written[0]
    assert files is None or sorted(written[0]) == files


def random_list(random_):
    """A trace in which a few shapes come again and again, and settings of a machine for it."""
    shapes = [(random_.randint(1, 40), 64 * random_.randint(1, 4), random_.randint(1, 80)) for _ in range(4)]
    rows = [(*random_.choice(shapes), random_.choice([1, 1, 3, 17])) for _ in range(12)]
    trace = "name,layer,tensor,m,k,n,count\n" + "".join(f"g{i},{i},A_o,{m},{k},{n},{count}\n" for i, (m, k, n, count) in enumerate(rows))
    return trace, [
        "accelerator.level=" + random_.choice(["fast", "fast", "cycle"]),
        "accelerator.dma.protocol=" + random_.choice(["b_transport", "at"]),
        "accelerator.clock_hz=" + random_.choice(["285e6", "1e9", "333e6"]),
        "dram.level=" + random_.choice(["fast", "fast", "fast", "detailed"]),
        "dram.channels=" + random_.choice(["1", "8"]),
        "tiling=" + random_.choice(["paper", "auto"]),
    ]


@pytest.mark.parametrize("seed", range(8))
def test_repeated_gemms_change_no_result(program, tmp_path, seed):
    text, common = random_list(random.Random(seed))
    print(text, common)
    (tmp_path / "trace.csv").write_text(text)
    common.append("workload.trace=" + str(tmp_path / "trace.csv"))
    configuration = ROOT / "configs" / "llama-13b.yaml"
    on = results(program, tmp_path / "on", configuration, *common)
    off = results(program, tmp_path / "off", configuration, *common, "simulation.fast_forward=false")
    assert on == off


@pytest.mark.parametrize("local_bytes", [0, 1 << 20])
def test_repeated_operations_change_no_inference(program, tmp_path, local_bytes):
    """Of the vector unit too, with results that stay on chip."""
    common = ["workload.layers=3", "workload.tokens=16", "workload.scope=layer", "workload.phase=generate", "workload.output_tokens=3",
              "kv_cache.k.format=anda", "kv_cache.v.format=int", f"accelerator.local_memory.bytes={local_bytes}"]
    configuration = ROOT / "configs" / "llama-13b.yaml"
    on = results(program, tmp_path / "on", configuration, *common)
    off = results(program, tmp_path / "off", configuration, *common, "simulation.fast_forward=false")
    assert on == off
