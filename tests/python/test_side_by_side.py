# SPDX-License-Identifier: Apache-2.0
"""The systems of a run in separate processes: the same files as in one process, and no process left behind."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

FILES = ["config.yaml", "ops.csv", "report.json"]
LONG = ("workload: {model: OPT-30B, tokens: 16384, layers: 40}\nsystems: [fp-fp, figna, anda]\n"
        "simulation: {fast_forward: false}\n")  # equal operations take no time else


@pytest.fixture(scope="session")
def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


def command(program, folder, out, *args):
    return [program, "run", "run.yaml", "--out", str(folder / out), *map(str, args)]


def call(program, folder, out, *args):
    return subprocess.run(command(program, folder, out, *args), cwd=folder, capture_output=True, text=True, timeout=120)


def text_of(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


def random_config(seed):
    random_ = random.Random(seed)
    systems = random_.sample(["fp-fp", "fp-int", "ifpu", "figna", "figna-m8", "anda"], random_.randint(2, 4))
    trace = "name,layer,tensor,m,k,n,count\n" + "".join(
        f"g{i},{i // 3},{random_.choice(['A_qkv', 'A_o', 'T'])},{random_.randint(1, 40)},{64 * random_.randint(1, 4)},"
        f"{random_.randint(1, 96)},{random_.randint(1, 3)}\n" for i in range(random_.randint(1, 9)))
    config = f"workload: {{trace: trace.csv}}\nsystems: [{', '.join(systems)}]\nprecision: {random_.randint(2, 12)}\n"
    config += f"tiling: {random_.choice(['paper', 'auto'])}\ndram: {{level: {random_.choice(['fast', 'detailed'])}}}\n"
    config += f"accelerator: {{level: {random_.choice(['fast', 'cycle'])}}}\n"
    if random_.random() < 0.3:
        config += "functional: {enabled: true}\n"
    return config, trace, len(systems)


@pytest.mark.parametrize("seed", range(10))
def test_the_same_bytes_in_any_number_of_processes(program, tmp_path, seed):
    config, trace, systems = random_config(seed)
    print(config, trace)
    (tmp_path / "run.yaml").write_text(config)
    (tmp_path / "trace.csv").write_text(trace)
    results = []
    for jobs in (1, 2, systems + 1):
        done = call(program, tmp_path, f"out{jobs}", "--jobs", jobs)
        assert done.returncode == 0, done.stderr
        results.append((text_of(tmp_path / f"out{jobs}"), done.stdout.replace(f"out{jobs}", "out"), done.stderr))
    assert list(results[0][0]) == FILES
    assert results[1] == results[0] and results[2] == results[0]


def test_output_of_the_kernel_is_the_same(program, tmp_path):
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [fp-fp, anda]\n"
                                       "dram: {level: detailed, channels: 2}\nfunctional: {enabled: true, dump: true}\n")
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\na,0,A_o,20,128,40\n")
    results = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        done = call(program, tmp_path, out, "--jobs", jobs, "--timeline", out / "timeline.json", "--set",
                    "accelerator.level=cycle", "--vcd", out / "waves.vcd", "--set", f"dram.request_trace={out}/r.trace")
        assert done.returncode == 0, done.stderr
        files = {name: text for name, text in text_of_tree(out).items() if name not in ("config.yaml", "report.json")}
        results.append(files)
    assert {name.split("/")[0] for name in results[0]} >= {"ops.csv", "timeline.json", "waves.vcd", "tensors"}
    assert any(name.endswith(".trace") for name in results[0])
    for name in results[0]:
        undated = [files[name].partition(b"$timescale")[2] if name == "waves.vcd" else files[name] for files in results]
        assert undated[0] and undated[1] == undated[0], name


def text_of_tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def children(process):
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(number) for number in listed]


def wait_for(condition):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def start(program, folder, *args):
    (folder / "run.yaml").write_text(LONG)
    process = subprocess.Popen(command(program, folder, "out", "--jobs", 3, *args), cwd=folder, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    return process, wait_for(lambda: len(children(process)) == 3 and children(process))


def is_running(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_all_processes_and_leaves_nothing(program, tmp_path, number):
    process, systems = start(program, tmp_path)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "error: interrupted\n")
    assert not (tmp_path / "out").exists()
    wait_for(lambda: not any(map(is_running, systems)))


def test_ctrl_c_at_a_terminal_reaches_all_processes_and_is_reported_once(program, tmp_path):
    (tmp_path / "run.yaml").write_text(LONG)
    process = subprocess.Popen(command(program, tmp_path, "out", "--jobs", 3), cwd=tmp_path, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    wait_for(lambda: len(children(process)) == 3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "error: interrupted\n")
    assert not (tmp_path / "out").exists()


def test_processes_end_with_one_that_is_killed(program, tmp_path):
    process, systems = start(program, tmp_path)
    process.kill()
    process.communicate(timeout=30)
    wait_for(lambda: not any(map(is_running, systems)))


def test_a_killed_system_is_an_error_of_the_run(program, tmp_path):
    process, systems = start(program, tmp_path)
    os.kill(systems[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "error: the simulation of fp-fp was terminated by signal 9\n")
    assert not (tmp_path / "out").exists()
    wait_for(lambda: not any(map(is_running, systems)))


def test_the_error_is_that_of_the_first_system_that_fails(program, tmp_path):
    process, systems = start(program, tmp_path)
    os.kill(systems[2], signal.SIGKILL)
    time.sleep(0.3)
    assert process.poll() is None
    os.kill(systems[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "error: the simulation of fp-fp was terminated by signal 9\n")


def test_an_error_has_the_same_message(program, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    np.save(data / "0.activations.npy", np.full((3, 128), 60000, np.float16))
    np.save(data / "0.weights.npy", np.ones((128, 20), np.float32))
    (tmp_path / "trace.csv").write_text("name,layer,tensor,m,k,n\ng0,0,T,3,128,20\n")
    (tmp_path / "run.yaml").write_text("workload: {trace: trace.csv}\nsystems: [fp-fp, anda]\n"
                                       "functional: {enabled: true, activations: data, weights: data}\n")
    messages = {jobs: call(program, tmp_path, "out", "--jobs", jobs) for jobs in (1, 2)}
    assert {done.returncode for done in messages.values()} == {1}
    assert messages[2].stderr == messages[1].stderr
    assert "GeMM 'g0', system anda: 60 results are infinite or NaN" in messages[1].stderr
    assert not (tmp_path / "out").exists()
