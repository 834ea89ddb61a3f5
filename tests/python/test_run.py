# SPDX-License-Identifier: Apache-2.0
"""anda-sim run from the user's side: results, wrong input, interruption, full disks."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).resolve().parents[2]
HEADER = "name,layer,tensor,m,k,n\n"


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


def call(program, *args, **options):
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=600, **options)


def run(program, folder, config="workload: {model: LLaMA-13B, layers: 1, tokens: 64}\n", *args):
    (folder / "run.yaml").write_text(config)
    return call(program, "run", folder / "run.yaml", "--out", folder / "out", *args)


def trace(folder, text, mode="w"):
    with open(folder / "trace.csv", mode) as file:
        file.write(text)
    return "workload: {trace: trace.csv}\n"


def report(folder):
    return json.loads((folder / "out" / "report.json").read_text())


def is_refused(result, folder, *fragments, status=2):
    for fragment in fragments:
        assert fragment in result.stderr, result.stderr
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr and "terminate" not in result.stderr
    out = folder / "out"
    assert not out.exists() or not list(out.iterdir()), "a refused run leaves nothing behind"


def test_same_input_same_bytes(program, tmp_path):
    written = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        result = run(program, folder)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        written.append({file.name: file.read_bytes() for file in (folder / "out").iterdir()})
    assert written[0] == written[1]
    assert set(written[0]) == {"report.json", "ops.csv", "config.yaml"}


def test_effective_configuration_runs_again(program, tmp_path):
    run(program, tmp_path)
    first = report(tmp_path)
    again = call(program, "run", tmp_path / "out" / "config.yaml", "--out", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert json.loads((tmp_path / "again" / "report.json").read_text()) == first


def test_folding_changes_no_number(program, tmp_path):
    config = "workload: {model: LLaMA-13B, layers: 5, tokens: 100}\nprecision: {layers: {2: {A_u: 9}}}\n"
    run(program, tmp_path, config)
    one_by_one = report(tmp_path)
    ops = (tmp_path / "out" / "ops.csv").read_bytes()
    result = run(program, tmp_path, config, "--fold-layers")
    assert result.returncode == 0, result.stderr
    assert report(tmp_path)["systems"] == one_by_one["systems"]
    assert (tmp_path / "out" / "ops.csv").read_bytes() == ops


def test_count_is_so_many_runs(program, tmp_path):
    rows = "a,0,A_qkv,33,100,70\n"
    run(program, tmp_path, trace(tmp_path, HEADER + rows * 3))
    three = report(tmp_path)["systems"]
    for extra in ([], ["--fold-layers"]):
        run(program, tmp_path, trace(tmp_path, HEADER.strip() + ",count\n" + rows.strip() + ",3\n"), *extra)
        counted = report(tmp_path)["systems"]
        for a, b in zip(three, counted):
            assert a["actions"] == b["actions"]
            assert a["cycles"] == b["cycles"]


def test_a_model_and_its_trace_give_the_same_numbers(program, tmp_path):
    run(program, tmp_path, "workload: {model: OPT-1.3B, layers: 1}\n")
    of_model = report(tmp_path)
    made = call(program, "trace", "--model", "OPT-1.3B", "--layers", "1", "-o", tmp_path / "trace.csv")
    assert made.returncode == 0, made.stderr
    run(program, tmp_path, "workload: {trace: trace.csv}\n")
    of_trace = report(tmp_path)
    assert of_trace["systems"] == of_model["systems"]
    assert of_trace["run"]["trace_sha256"] == of_model["run"]["trace_sha256"]


def test_decode_streams_the_weights_once(program, tmp_path):
    run(program, tmp_path, "workload: {model: LLaMA-7B, layers: 1, phase: decode, batch: 4}\nprecision: 8\n")
    d, f = 4096, 11008
    weights = 4 * d * d + 3 * d * f
    for system in report(tmp_path)["systems"]:
        # INT4 and an FP16 scale for 128 of them; activations of 4 rows add less than 2 %.
        assert system["dram_bytes"]["read"] == pytest.approx(weights * (0.5 + 2 / 128), rel=0.02)


def test_k_is_padded_and_the_report_says_so(program, tmp_path):
    run(program, tmp_path, trace(tmp_path, HEADER + "a,0,A_qkv,16,65,64\n"))
    assert any("padded" in text for text in report(tmp_path)["run"]["notes"])
    anda = report(tmp_path)["systems"][1]
    assert anda["actions"]["mxu.macs"] == 16 * 65 * 64
    assert anda["actions"]["mxu.busy_cycles"] == 4 * 2 * 12


def test_windows_line_ends_and_byte_order_mark(program, tmp_path):
    plain = HEADER + "a,0,A_qkv,16,64,64\nb,0,A_o,32,128,64\n"
    run(program, tmp_path, trace(tmp_path, plain))
    expected = report(tmp_path)
    (tmp_path / "trace.csv").write_bytes(b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode())
    result = run(program, tmp_path, "workload: {trace: trace.csv}\n")
    assert result.returncode == 0, result.stderr
    assert report(tmp_path) == expected


def test_scale_sim_topology(program, tmp_path):
    config = trace(tmp_path, "Layer, M, N, K,\nQKT, 128, 512, 64,\n")
    result = run(program, tmp_path, config)
    assert result.returncode == 0, result.stderr
    (op, _) = csv.DictReader((tmp_path / "out" / "ops.csv").open())
    assert (op["m"], op["n"], op["k"]) == ("128", "512", "64")


WRONG_TRACES = {
    "empty": ("", "trace.csv", "empty"),
    "header only": (HEADER, "trace.csv", "no GeMM"),
    "truncated row": (HEADER + "a,0,A_qkv,16,64,64\nb,0,A_o,32", "trace.csv:3"),
    "zero": (HEADER + "a,0,A_qkv,0,64,64\n", "trace.csv:2:11", "m", "1 … 16777216"),
    "negative": (HEADER + "a,0,A_qkv,16,-64,64\n", "trace.csv:2:14", "negative"),
    "2^63": (HEADER + "a,0,A_qkv,16,64,9223372036854775808\n", "trace.csv:2", "too large"),
    "missing column": ("name,layer,tensor,m,k\na,0,A_qkv,16,64\n", "trace.csv:1", "n"),
    "too wide for the array": (HEADER.strip() + ",weight_bits\na,0,A_qkv,16,64,64,8\n", "mxu.weight_bits", "run.yaml"),
    "too large for the memory": (HEADER + "a,0,A_qkv,16777216,16777216,64\n", "dram.capacity_bytes", "run.yaml"),
}


@pytest.mark.parametrize("case", WRONG_TRACES)
def test_wrong_traces(program, tmp_path, case):
    text, *fragments = WRONG_TRACES[case]
    is_refused(run(program, tmp_path, trace(tmp_path, text)), tmp_path, *fragments)


WRONG_CONFIGS = {
    "mantissa 0": ("workload: {model: OPT-1.3B}\nprecision: {A_qkv: 0}\n", "run.yaml:2:13: precision.A_qkv", "1 … 16"),
    "mantissa 17": ("workload: {model: OPT-1.3B}\nprecision: [7, 17, 6, 6]\n", "run.yaml:2", "precision.A_o", "1 … 16"),
    "unknown key": ("workload: {model: OPT-1.3B}\nacelerator: {}\n", "run.yaml:2:1: acelerator", "`accelerator`"),
    "unknown model": ("workload: {model: OPT-13}\n", "run.yaml:1:12: workload.model", "`OPT-13B`"),
    "wrong type": ("workload: {model: OPT-1.3B, tokens: many}\n", "run.yaml:1:29: workload.tokens"),
    "no tile fits": (
        "workload: {model: OPT-1.3B}\naccelerator: {weight_buffer: {bytes: 1024}}\n",
        "accelerator.weight_buffer.bytes = 1024",
    ),
    "missing trace": ("workload: {trace: none.csv}\n", "run.yaml:1:12: workload.trace", "none.csv"),
}


@pytest.mark.parametrize("case", WRONG_CONFIGS)
@pytest.mark.parametrize("check", [[], ["--check"]])
def test_wrong_configurations(program, tmp_path, case, check):
    text, *fragments = WRONG_CONFIGS[case]
    is_refused(run(program, tmp_path, text, *check), tmp_path, *fragments)


def test_wrong_files_and_options(program, tmp_path):
    is_refused(call(program, "run", tmp_path), tmp_path, "directory")
    is_refused(call(program, "run", tmp_path / "none.yaml"), tmp_path, "none.yaml")
    is_refused(call(program, "run"), tmp_path, "needs a configuration file")
    is_refused(call(program, "run", "a.yaml", "--ouput", "x"), tmp_path, "--ouput", "`--out`")
    is_refused(call(program, "rnu", "a.yaml"), tmp_path, "`run`")
    assert call(program).returncode == 2
    assert call(program, "--help").returncode == 0
    assert call(program, "--version").stdout.startswith("anda-sim ")


@pytest.mark.parametrize(
    "level, accelerator, memory", [("fast", "fast", "fast"), ("detailed", "fast", "detailed"), ("cycle", "cycle", "fast")]
)
def test_a_level_sets_both_keys_whatever_the_configuration_has(program, tmp_path, level, accelerator, memory):
    text = "workload: {trace: t.csv}\naccelerator: {level: cycle}\ndram: {level: detailed}\nsystems: [anda]\n"
    (tmp_path / "t.csv").write_text("name,layer,tensor,m,k,n\na,0,A_o,16,128,64\n")
    assert run(program, tmp_path, text, "--level", level).returncode == 0
    report, config = ((tmp_path / "out" / name).read_text() for name in ("report.json", "config.yaml"))
    assert json.loads(report)["run"]["level"] == level
    assert re.findall(r"^  level: (\w+)$", config, re.MULTILINE) == [accelerator, memory]
    help_text = " ".join(call(program, "run", "--help").stdout.split())
    assert f"{level}: accelerator.level={accelerator}, dram.level={memory}" in help_text


def test_a_level_that_contradicts_one_of_its_keys_is_refused(program, tmp_path):
    options = ("--level", "cycle", "--set", "dram.level=detailed")
    is_refused(run(program, tmp_path, "workload: {model: OPT-1.3B}\n", *options), tmp_path,
               "--level sets dram.level=fast", "--set dram.level=detailed")


def test_check_simulates_nothing(program, tmp_path):
    result = run(program, tmp_path, "workload: {model: OPT-30B}\n", "--check")
    assert result.returncode == 0, result.stderr
    assert "288 GeMMs" in result.stdout
    assert not (tmp_path / "out").exists()
    silent = call(program, "run", tmp_path / "run.yaml", "--check", "--quiet")
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")


def test_unwritable_results(program, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "run.yaml").write_text("workload: {model: OPT-1.3B, layers: 1, tokens: 16}\n")
    result = call(program, "run", tmp_path / "run.yaml", "--out", tmp_path / "file")
    assert result.returncode == 1 and "file" in result.stderr
    assert (tmp_path / "file").read_text() == "x"
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [program, "run", tmp_path / "run.yaml", "--out", tmp_path / "out"],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )
    assert result.returncode == 1 and "standard output" in result.stderr


def test_a_full_disk_leaves_no_report(program, tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", mount], capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        (tmp_path / "run.yaml").write_text("workload: {model: OPT-1.3B, tokens: 16}\n")
        result = call(program, "run", tmp_path / "run.yaml", "--out", mount / "out")
        assert result.returncode == 1
        assert "No space left on device" in result.stderr
        assert not (mount / "out").exists()
    finally:
        subprocess.run(["umount", mount], check=True)


def test_an_interrupt_midway_leaves_nothing(program, tmp_path):
    (tmp_path / "run.yaml").write_text("workload: {model: OPT-30B, tokens: 16384}\nsimulation: {fast_forward: false}\n")
    process = subprocess.Popen(
        [program, "run", tmp_path / "run.yaml", "--out", tmp_path / "out"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    time.sleep(1)
    assert process.poll() is None, "the run is too short to be interrupted"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "interrupted" in errors
    assert not (tmp_path / "out").exists()


def peak_kib(command, folder):
    """Peak memory of a command in KiB. A small process starts it, because memory held by the parent at the fork
    counts as the child's."""
    start = ("import os, subprocess, sys\n_, status, usage = os.wait4(subprocess.Popen(sys.argv[1:]).pid, 0)\n"
             "print(usage.ru_maxrss)\nsys.exit(status != 0)")
    done = subprocess.run([sys.executable, "-c", start, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_a_million_lines_in_constant_memory(program, tmp_path):
    def peak_of(lines):
        with open(tmp_path / "trace.csv", "w") as file:
            file.write(HEADER)
            for i in range(lines):
                file.write(f"op{i},{i % 100},A_qkv,{16 + i % 7},64,64\n")
        (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [anda]\n")
        return peak_kib([program, "run", "run.yaml", "--out", "out", "--quiet", "--fold-layers"], tmp_path)

    short = peak_of(1000)
    assert peak_of(1_000_000) < short + 8 * 1024
    with open(tmp_path / "out" / "ops.csv") as file:
        assert sum(1 for _ in file) == 1_000_001


def test_memory_of_the_main_job(program, tmp_path):
    command = [program, "run", SOURCE / "configs" / "llama-13b.yaml", "--out", "out", "--quiet"]
    assert peak_kib(command, tmp_path) < 50 * 1024
    result = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [len(system["ops"]) for system in result["systems"]] == [280, 280]
    assert result["ratios"][0]["speedup"] == pytest.approx(2.233, rel=1e-3)


def readme_commands():
    text = (SOURCE / "README.md").read_text()
    found = re.findall(r"`(scripts/anda-sim [^`\n]+)`", text) + re.findall(r"^(scripts/anda-sim .+)$", text, re.M)
    assert len(found) >= 7
    return sorted(set(found))


@pytest.mark.parametrize("command", readme_commands())
def test_commands_of_the_readme(program, tmp_path, command):
    words = command.split()[1:]
    for name in ("my.yaml", "config.json"):  # what the reader is to bring
        if name in words:
            shutil.copy(SOURCE / {"my.yaml": "configs/llama-13b.yaml", "config.json": "tests/data/llama-3-8b.json"}[name],
                        tmp_path / name)
    words[1:] = [str(SOURCE / word) if (SOURCE / word).exists() else word for word in words[1:]]  # models is a folder, too
    if "--tokens" in words:  # two windows of them
        at = words.index("--tokens") + 1
        np.save(tmp_path / "tokens.npy", np.load(words[at])[:256])
        words[at] = "tokens.npy"
    result = call(program, *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_configuration_of_the_readme_is_valid(program, tmp_path):
    for block in re.findall(r"```yaml\n(.*?)```", (SOURCE / "README.md").read_text(), re.S):
        (tmp_path / "readme.yaml").write_text(block)
        result = call(program, "run", tmp_path / "readme.yaml", "--check")
        assert result.returncode == 0, result.stderr


def test_the_table_of_the_readme_is_what_the_program_prints(program, tmp_path):
    printed = call(program, "run", SOURCE / "configs" / "llama-13b.yaml", "--out", tmp_path / "out").stdout
    (block,) = re.findall(r"```text\n(.*?)```", (SOURCE / "README.md").read_text(), re.S)
    assert block in printed
