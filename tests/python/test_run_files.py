# SPDX-License-Identifier: Apache-2.0
"""Files of runs: locking, overwriting, full disks, pipes, leftovers of killed runs."""

import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

HEADER = "name,layer,tensor,m,k,n\n"
SMALL = "workload: {model: OPT-1.3B, layers: 1, tokens: 16}\n"
FUNCTIONAL = ["--set", "functional.enabled=true", "--set", "functional.dump=true"]
ROWS = HEADER + "a,0,A_qkv,16,128,64\nb,0,A_o,32,128,64\n"


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "x.yaml").write_text(SMALL)
    (tmp_path / "trace.csv").write_text(ROWS)
    (tmp_path / "t.yaml").write_text("workload: {trace: trace.csv}\n")
    return tmp_path


def call(program, folder, *args, limit="", **options):
    words = ["bash", "-c", f'{limit} "$@"', "-", program, *map(str, args)]
    return subprocess.run(words, capture_output=True, text=True, cwd=folder, timeout=300, **options)


def names(folder):
    return {each.name for each in folder.iterdir()} if folder.exists() else set()


def is_one_line(done, status, *parts):
    assert done.returncode == status, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr, done.stderr


def waits(path, seconds=60):
    """Waits until a file exists."""
    for _ in range(seconds * 50):
        if path.exists():
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} does not appear")


def test_a_folder_in_use_is_refused_and_the_first_run_is_complete(program, folder):
    (folder / "long.yaml").write_text("workload: {model: OPT-30B, tokens: 16384}\nsimulation: {fast_forward: false}\n")
    first = subprocess.Popen([program, "run", "long.yaml", "--out", "out"], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        waits(folder / "out" / ".lock")
        is_one_line(call(program, folder, "run", "x.yaml", "--out", "out"), 1, "out is in use by process", "--out")
        assert names(folder / "out") & {"report.json", "ops.csv", "config.yaml"} == set()
    finally:
        first.kill()
        first.wait()
    # The leftovers of the killed run obstruct nothing and are removed.
    done = call(program, folder, "run", "x.yaml", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert names(folder / "out") == {"report.json", "ops.csv", "config.yaml"}


def test_configurations_of_one_name_do_not_overwrite_each_other(program, folder):
    for name, tokens in (("a", 16), ("b", 17)):
        (folder / name).mkdir()
        (folder / name / "m.yaml").write_text(SMALL.replace("16", str(tokens)))
    assert call(program, folder, "run", "a/m.yaml", "-q").stderr == ""
    first = (folder / "results/m/report.json").read_bytes()
    for args in (["b/m.yaml"], ["a/m.yaml", "--set", "tiling=auto"]):
        for _ in range(2):
            done = call(program, folder, "run", *args, "-q")
            assert done.returncode == 0 and "results/m holds the results of another configuration" in done.stderr
    assert (folder / "results/m/report.json").read_bytes() == first
    # The others are named after the SHA-256 of their effective configuration.
    others = [path for path in (folder / "results").glob("m-*")]
    assert {path.name for path in others} == {f"m-{hashlib.sha256((path / 'config.yaml').read_bytes()).hexdigest()[:8]}" for path in others}
    assert len(names(folder / "results")) == 3
    # The same configuration, and an explicit --out, replace older results.
    assert call(program, folder, "run", "a/m.yaml", "-q", "--fold-layers").stderr == ""
    assert call(program, folder, "run", "b/m.yaml", "-q", "--out", "results/m").stderr == ""
    assert len(names(folder / "results")) == 3


@pytest.mark.parametrize("where", ["ops.csv", "report.json", "config.yaml", "tensors/0.activations.npy"])
def test_a_run_does_not_overwrite_its_input(program, folder, where):
    (folder / "out" / "tensors").mkdir(parents=True)
    own = folder / "out" / where
    arguments = ["t.yaml"]
    if where == "config.yaml":
        own.write_text(SMALL)
        arguments = ["out/config.yaml"]
    elif where.endswith(".npy"):
        subprocess.run([program, "run", "t.yaml", "--out", "first", "-q", *FUNCTIONAL], cwd=folder, check=True)
        for file in (folder / "first" / "tensors").glob("*.npy"):
            file.rename(folder / "out" / "tensors" / file.name)
        arguments += [*FUNCTIONAL, "--set", "functional.activations=out/tensors"]
    else:
        own.write_text(ROWS)
        arguments += ["--set", f"workload.trace=out/{where}"]
    before = own.read_bytes()
    is_one_line(call(program, folder, "run", *arguments, "--out", "out"), 2, where, "would be overwritten")
    assert own.read_bytes() == before
    assert not (folder / "out" / "report.json").exists() or where == "report.json"


def test_an_effective_configuration_runs_again_in_its_place(program, folder):
    for config in ("x.yaml", "out/config.yaml"):
        done = call(program, folder, "run", config, "--out", "out", "-q")
        assert done.returncode == 0, done.stderr


def test_a_trace_does_not_overwrite_its_source(program, folder):
    (folder / "topology.csv").write_text("Layer, M, N, K,\na, 16, 16, 16,\n")
    is_one_line(call(program, folder, "trace", "--scale-sim", "topology.csv", "-o", "./topology.csv"), 2, "overwritten")
    assert (folder / "topology.csv").read_text().startswith("Layer")


@pytest.mark.parametrize("options", [
    ["waves.vcd", "--level", "cycle", "--vcd", "waves.vcd"],
    ["requests.", "--set", "dram.request_trace=requests.stl"],
    ["timeline.json", "--timeline", "timeline.json"],
    [".npy", "--set", "functional.enabled=true", "--set", "functional.dump=true"],
], ids=["vcd", "request trace", "timeline", "tensors"])
def test_a_full_disk_leaves_no_file_of_the_run(program, folder, options):
    """The file size limit of 60 KiB is enough for the report."""
    before = names(folder)
    done = call(program, folder, "run", "x.yaml", "--out", "out", *options[1:], limit="ulimit -f 60;")
    is_one_line(done, 1, options[0], "File too large")
    assert ".tmp" not in done.stderr
    assert names(folder) == before


def test_waveforms_and_request_traces_are_complete(program, folder):
    done = call(program, folder, "run", "t.yaml", "--out", "out", "--level", "cycle", "--vcd", "waves.vcd",
                "--set", "dram.request_trace=requests.stl")
    assert done.returncode == 0, done.stderr
    waves = (folder / "waves.vcd").read_text()
    assert "$enddefinitions" in waves and waves.endswith("\n")
    traces = sorted(folder.glob("requests.*.stl"))
    assert traces and all(file.read_text().endswith("\n") for file in traces)
    assert not [name for name in names(folder) if name.endswith(".tmp")]


def notes(folder):
    return json.loads((folder / "out" / "report.json").read_text())["run"]["notes"]


NOTES = {
    "unknown tensor": ("t.yaml", ["--set", "workload.trace=odd.csv"], "tensor `a_qkv` (1 of 1 GeMM)", "`A_qkv`"),
    "positions": ("x.yaml", ["--set", "workload.tokens=2049"], "made for 2048 positions; tokens is 2049"),
    "decode": ("x.yaml", ["--set", "workload.phase=decode"], "key/value cache is not modelled", "reading it once"),
    "decode beyond positions": ("x.yaml", ["--set", "workload.phase=decode", "--set", "workload.tokens=131072"], "2048 positions"),
    "attention": ("x.yaml", ["--set", "workload.tokens=16384"], "Attention is not modelled"),
    "weights": ("x.yaml", ["--set", "dram.capacity_bytes=20971520"], "dram.capacity_bytes is 20"),
    "window": ("x.yaml", ["--timeline-window", "1:2"], "window of simulation.timeline has no effect"),
    "timeline": ("x.yaml", ["--timeline", "t.json", "--set", "simulation.timeline.events=16"], "details of the timeline of anda end"),
    "timeline's window": ("x.yaml", ["--timeline", "t.json", "--timeline-window", "1e9:"], "timeline of anda starts after the end"),
    "folded timeline": ("x.yaml", ["--timeline", "t.json", "--fold-layers"], "simulation.fold_layers"),
    "keys of a model": ("t.yaml", ["--set", "workload.batch=2"], "no effect: the trace gives the size"),
    "layers of a trace": ("t.yaml", ["--set", "workload.layers=9"], "workload.layers = 9 has no effect"),
}


@pytest.mark.parametrize("case", NOTES)
def test_notes_are_on_the_terminal_and_in_the_report(program, folder, case):
    config, options, *parts = NOTES[case]
    (folder / "odd.csv").write_text(HEADER + "a,0,a_qkv,16,128,64\n")
    done = call(program, folder, "run", config, "--out", "out", *options)
    assert done.returncode == 0, done.stderr
    found = [note for note in notes(folder) if all(part in note for part in parts)]
    assert len(found) == 1, notes(folder)
    assert f"note: {found[0]}" in done.stdout


def test_a_usual_run_has_no_notes(program, folder):
    for config in ("x.yaml", "t.yaml"):
        done = call(program, folder, "run", config, "--out", "out")
        assert notes(folder) == [] and "note:" not in done.stdout


@pytest.mark.parametrize("way", ["-", "/dev/stdin", "fifo"])
def test_a_trace_comes_from_a_pipe_as_from_a_file(program, folder, way):
    assert call(program, folder, "run", "t.yaml", "--out", "file", "-q").returncode == 0
    path = way
    if way == "fifo":
        os.mkfifo(folder / "fifo")
        writer = subprocess.Popen(["bash", "-c", "cat trace.csv > fifo"], cwd=folder)
    done = call(program, folder, "run", "t.yaml", "--set", f"workload.trace={path}", "--out", "out", "-q",
                input=None if way == "fifo" else ROWS)
    assert done.returncode == 0, done.stderr
    if way == "fifo":
        assert writer.wait() == 0
    assert (folder / "out" / "ops.csv").read_bytes() == (folder / "file" / "ops.csv").read_bytes()


def test_a_configuration_and_a_topology_come_from_the_standard_input(program, folder):
    done = call(program, folder, "run", "-", "--out", "out", "-q", input=SMALL)
    assert done.returncode == 0, done.stderr
    is_one_line(call(program, folder, "run", "-", "--out", "out", input="workload: {tokens: x}\n"), 2, "standard input:1:")
    done = call(program, folder, "trace", "--scale-sim", "-", input="Layer, M, N, K,\na, 16, 16, 16,\n")
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "a,0,A,16,16,16"


def test_an_empty_pipe_is_an_empty_file(program, folder):
    done = call(program, folder, "run", "t.yaml", "--set", "workload.trace=-", "--out", "out", input="")
    assert done.returncode == 2 and "standard input: the file is empty" in done.stderr


def test_the_first_interrupt_ends_the_wait_for_a_pipe(program, folder):
    os.mkfifo(folder / "fifo")
    words = ["env", "--default-signal=INT", program, "run", "t.yaml", "--set", "workload.trace=fifo", "--out", "out"]
    process = subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=30)[1]
    assert process.returncode == 1 and error == "error: interrupted\n"


@pytest.mark.parametrize("files", range(3, 12))
def test_too_few_open_files_is_not_an_input_error(program, folder, files):
    done = call(program, folder, "run", "t.yaml", "--out", "out", "-q", limit=f"ulimit -n {files};")
    if done.returncode != 0 and "loading shared libraries" not in done.stderr:
        is_one_line(done, 1, "Too many open files")


@pytest.mark.parametrize("megabytes", range(16, 30, 2))
def test_out_of_memory_is_one_line(program, folder, megabytes):
    """The loader needs memory before the program can print anything."""
    done = call(program, folder, "run", "x.yaml", "--out", "out", "-q", limit=f"prlimit --core=0 --as={megabytes}000000 --")
    if done.returncode != 0 and "error while loading shared libraries" not in done.stderr:
        is_one_line(done, 1, "error: out of memory")
