# SPDX-License-Identifier: Apache-2.0
"""Sweeps on Dask and Slurm, both started by the tests on this machine: nothing is lost, and the rows equal a local sweep's."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from sweep_tools import SWEEP, calls, command, counting, rows, sweep, wait_for, write

PYTHON = "/usr/bin/python3"


def free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


class Daemons:
    """Processes that end with the test, however it ends."""

    def __init__(self, folder):
        self.folder, self._processes = folder, []

    def start(self, name, *command, **options):
        log = open(self.folder / f"{name}.out", "wb")
        # A separate group: workers have children that must end with them.
        process = subprocess.Popen([*map(str, command)], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   start_new_session=True, **options)
        log.close()
        self._processes.append(process)
        return process

    def said(self, name):
        return (self.folder / f"{name}.out").read_text(errors="replace")

    def kill(self, process, number=signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            if process.poll() is None:
                self.kill(process)


@pytest.fixture
def daemons(tmp_path):
    with Daemons(tmp_path) as found:
        yield found


def local_rows(folder):
    """The rows of the sweep on this machine alone."""
    other = folder / "local"
    other.mkdir()
    done = sweep(other, write(other), simulator=folder / "anda-sim")
    assert done.returncode == 0, done.stderr
    return (other / "out" / "results.csv").read_bytes()


@pytest.fixture
def dask(daemons, tmp_path):
    (port,) = free_ports(1)
    daemons.start("scheduler", PYTHON, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard",
                  cwd=tmp_path)
    address = f"tcp://127.0.0.1:{port}"
    workers = [daemons.start(f"worker{i}", PYTHON, "-m", "distributed.cli.dask_worker", address, "--nthreads", 1, "--no-nanny",
                             "--no-dashboard", "--local-directory", tmp_path / f"w{i}", cwd=tmp_path) for i in range(2)]
    for i in range(2):
        wait_for(lambda: "Registered to" in daemons.said(f"worker{i}"), f"worker {i}")
    return address, workers


def both_worked(folder, workers):
    """Both workers have finished a point; `parents` and `calls` have a line for each started and finished one."""
    path = folder / "parents"
    return calls(folder) >= 3 and {int(pid) for pid in path.read_text().split()} == {worker.pid for worker in workers}


def test_a_point_that_is_interrupted_on_a_dask_worker_runs_again(tmp_path, daemons, dask):
    simulator = counting(tmp_path, before=f"mkdir {tmp_path}/once 2>/dev/null && kill -TERM $$")
    done = sweep(tmp_path, write(tmp_path), "--scheduler", dask[0], simulator=simulator)
    assert done.returncode == 0 and calls(tmp_path) == 12, done.stderr
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)


def test_dask_with_a_worker_that_is_killed(tmp_path, daemons, dask):
    address, workers = dask
    # Slow enough that the worker dies in the middle of the sweep, while it runs a point.
    simulator = counting(tmp_path, before=f'echo $PPID >>{tmp_path}/parents; sleep 0.3')
    process = subprocess.Popen(command("sweep", tmp_path, write(tmp_path), "--scheduler", address, simulator=simulator),
                               stderr=subprocess.PIPE, text=True)
    wait_for(lambda: both_worked(tmp_path, workers), "points of both")
    kept = len(rows(tmp_path, "key FROM runs"))
    daemons.kill(workers[0])
    begun = len((tmp_path / "parents").read_text().split())
    error = process.communicate()[1]
    assert process.returncode == 0, error + daemons.said("worker1")
    # Kept points are not run again; points that the killed worker ran or had not delivered are.
    assert 12 <= calls(tmp_path) <= 12 + begun - kept
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)


def test_dask_with_a_worker_that_dies_before_its_outcomes_are_fetched(tmp_path, daemons, dask):
    address, workers = dask
    simulator = counting(tmp_path, before=f'echo $PPID >>{tmp_path}/parents; sleep 0.1')
    process = subprocess.Popen(command("sweep", tmp_path, write(tmp_path), "--scheduler", address, simulator=simulator),
                               stderr=subprocess.PIPE, text=True)
    wait_for(lambda: both_worked(tmp_path, workers), "points of both")
    process.send_signal(signal.SIGSTOP)
    # The workers finish the submitted points, which nobody fetches.
    wait_for(lambda: calls(tmp_path) == len((tmp_path / "parents").read_text().split()), "the end of the points that run")
    daemons.kill(workers[0])
    process.send_signal(signal.SIGCONT)
    error = process.communicate()[1]
    assert process.returncode == 0, error + daemons.said("worker1")
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)


def test_explore_on_dask_equals_the_local_search_even_if_a_worker_dies(tmp_path, daemons, dask):
    address, workers = dask
    text = SWEEP + "set: {systems: [anda]}\nexplore: {minimise: [cycles, area], trials: 12, batch: 4, population: 4}\n"
    simulator = counting(tmp_path, before=f'echo $PPID >>{tmp_path}/parents; sleep 0.3')
    process = subprocess.Popen(command("explore", tmp_path, write(tmp_path, text), "--scheduler", address, simulator=simulator),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: both_worked(tmp_path, workers), "trials of both")
    daemons.kill(workers[0])
    said, error = process.communicate()
    assert process.returncode == 0, error + daemons.said("worker1")
    other = tmp_path / "local"
    other.mkdir()
    here = sweep(other, write(other, text), script="explore")
    assert here.returncode == 0, here.stderr
    assert (tmp_path / "out" / "results.csv").read_bytes() == (other / "out" / "results.csv").read_bytes()
    assert len(rows(tmp_path)) == 12 and said.splitlines()[:-1] == here.stdout.splitlines()[:-1]


def test_dask_scheduler_that_is_lost_keeps_what_is_finished(tmp_path, daemons, dask):
    address, workers = dask
    simulator = counting(tmp_path, before="sleep 0.2")
    path = write(tmp_path)
    process = subprocess.Popen(command("sweep", tmp_path, path, "--scheduler", address, simulator=simulator),
                               stderr=subprocess.PIPE, text=True)
    wait_for(lambda: (tmp_path / "out" / "results.sqlite").exists() and len(rows(tmp_path, "key FROM runs")) >= 2, "two points")
    daemons.kill(daemons._processes[0])
    error = process.communicate()[1]
    assert process.returncode == 1 and "lost the Dask scheduler" in error, error
    kept = len(rows(tmp_path, "key FROM runs"))
    assert kept >= 2
    for worker in workers:
        daemons.kill(worker)
    before = calls(tmp_path)
    assert sweep(tmp_path, path, simulator=simulator).returncode == 0
    assert calls(tmp_path) == before + 12 - kept
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)


def test_dask_client_that_has_given_up(tmp_path, daemons, dask):
    """The scheduler is gone for so long that the client no longer tries to reach it."""
    from anda_sim.common.digest import sha256
    from anda_sim.common.errors import RunError
    from anda_sim.sweeps.dask_cluster import DaskExecutor

    address, workers = dask
    job = {"config": "", "command": "run", "program": "/bin/false", "program_sha256": sha256("/bin/false"), "time_s": None, "memory_bytes": None}
    executor = DaskExecutor(address)
    executor._client._timeout = 0.5
    outcomes = executor.run({**job, "key": str(i)} for i in range(100))
    assert next(outcomes)["status"] == "failed"
    daemons.kill(daemons._processes[0])
    wait_for(lambda: executor._client.status == "closed", "a client that has given up")
    with pytest.raises(RunError, match="lost the Dask scheduler"):
        list(outcomes)
    executor.close()


def test_dask_without_a_scheduler(tmp_path):
    (port,) = free_ports(1)
    done = sweep(tmp_path, write(tmp_path), "--scheduler", f"tcp://127.0.0.1:{port}")
    assert done.returncode == 1 and "no Dask scheduler" in done.stderr and "Traceback" not in done.stderr
    done = sweep(tmp_path, write(tmp_path), "--scheduler", "somewhere")
    assert done.returncode == 2 and "is not an address" in done.stderr and "Traceback" not in done.stderr


SLURM = """\
ClusterName=sweep
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.sock
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
ReturnToService=2
MailProg=/bin/true
SwitchType=switch/none
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def tool(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


@pytest.fixture
def slurm(request, daemons, monkeypatch):
    """A Slurm of one node, this machine, with its own daemons, ports, keys and state."""
    missing = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if not tool(name)]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here; scripts/install_dependencies test installs slurm-wlm and munge")
    # Slurm's sockets lie in it, and the path of a socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="anda-slurm-"))
    request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))
    folder.chmod(0o755)
    host = socket.gethostname().split(".")[0]
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    (folder / "slurm.conf").write_text(SLURM.format(host=host, user=user, ports=free_ports(2), folder=folder))
    for name in ("state", "spool"):
        (folder / name).mkdir()
    monkeypatch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
    munged = daemons.start("munged", tool("munged"), "--foreground", "--force", f"--key-file={folder}/munge.key",
                           f"--socket={folder}/munge.sock", f"--pid-file={folder}/munged.pid",
                           f"--log-file={folder}/munged.log", f"--seed-file={folder}/munged.seed")
    started = [("munged", munged)]
    wait_for(lambda: (folder / "munge.sock").exists() or munged.poll() is not None, "munged")
    started += [(name, daemons.start(name, tool(name), "-D", *extra))
                for name, extra in (("slurmctld", []), ("slurmd", ["-N", host]))]

    def idle():
        gone = [name for name, process in started if process.poll() is not None]
        if gone:
            pytest.skip(f"{gone[0]} does not run here: {daemons.said(gone[0])[-500:]}")
        return "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True).stdout

    wait_for(idle, "a node of Slurm that is idle")
    yield folder
    # Steps have a daemon each, which ends with its job.
    subprocess.run(["scancel", "--user", user], capture_output=True)
    wait_for(lambda: not subprocess.run(["squeue", "-h"], capture_output=True, text=True).stdout.strip(), "the end of all jobs")


def test_slurm_gives_the_same_rows(tmp_path, slurm):
    simulator = counting(tmp_path)
    path = write(tmp_path)
    done = sweep(tmp_path, path, "--slurm", "--points-per-task", 3, simulator=simulator)
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == 12 and len(list((tmp_path / "out" / "slurm" / "logs").iterdir())) == 4
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)
    # Only new points run, and a failed point is a row here too.
    path.write_text(SWEEP.replace("to: 7", "to: 8").replace("[8,", "[0, 8,"))
    before = calls(tmp_path)
    done = sweep(tmp_path, path, "--slurm", "--slurm-option=--time=10", simulator=simulator)
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == before + 3
    assert [row["status"] for row in rows(tmp_path)] == ["invalid", "done", "done", "done"] * 5


def arrays():
    """Numbers of the arrays in the queue."""
    return set(subprocess.run(["squeue", "--noheader", "--format=%F"], capture_output=True, text=True).stdout.split())


def test_slurm_after_kill_9_of_the_sweep_and_loss_of_a_task(tmp_path, slurm):
    """The array continues without the sweep that submitted it, and the next sweep collects its outcomes. A cancelled task is
    submitted again."""
    simulator = counting(tmp_path, before="sleep 0.3")
    path = write(tmp_path)
    arguments = command("sweep", tmp_path, path, "--slurm", "--points-per-task", 6, simulator=simulator)
    first = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
    wait_for(lambda: calls(tmp_path) >= 2, "the first points")
    first.kill()
    first.wait()
    wait_for(lambda: len(list((tmp_path / "out" / "slurm" / "incoming").glob("*.json"))) >= 2, "outcomes that nobody took")
    old = arrays()
    second = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True)
    (new,) = wait_for(lambda: arrays() - old, "the second array")
    subprocess.run(["scancel", f"{new}_0"], check=True)
    error = second.communicate()[1]
    assert second.returncode == 0, error
    assert calls(tmp_path) < 24, "what the first array did was taken over"
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)
    assert not list((tmp_path / "out" / "slurm" / "incoming").iterdir())


@pytest.fixture
def acted_slurm(tmp_path, monkeypatch):
    """Programs of Slurm's names stand first on the PATH. They leave their arguments in `said`; `before` is shell that each runs
    first, with its own name in $me. sbatch runs the tasks of an array one after another, before it returns."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (tmp_path / "before").touch()
    (tmp_path / "said").touch()
    sbatch = """
for word; do case $word in --array=0-*) last=${word#--array=0-} ;; esac; done
for task in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$task sh "$word" || true; done
echo 7
"""
    for name, body in (("sbatch", sbatch), ("squeue", ""), ("scancel", "")):
        (folder / name).write_text(f"#!/bin/bash\nme={name}\necho $me \"$@\" >>{tmp_path}/said\n. {tmp_path}/before\n{body}")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def said(name):
        return [line.split()[1:] for line in (tmp_path / "said").read_text().splitlines() if line.split()[0] == name]

    return said


def test_slurm_that_refuses(tmp_path, acted_slurm):
    for name in ("scancel", "sbatch"):
        (tmp_path / "before").write_text(f"[[ $me != {name} ]] || {{ echo no partition >&2; exit 1; }}\n")
        done = sweep(tmp_path, write(tmp_path), "--slurm")
        assert done.returncode == 1 and f"{name} failed: no partition" in done.stderr and "Traceback" not in done.stderr


def test_slurm_that_does_not_answer_for_a_moment_and_loses_tasks(tmp_path, acted_slurm):
    """squeue fails twice; the first array loses its second task, the second one all its outcomes."""
    simulator = counting(tmp_path)
    (tmp_path / "before").write_text(
        f'echo >>{tmp_path}/$me; n=$(wc -l <{tmp_path}/$me)\n'
        '[[ $me != squeue || $n -gt 2 ]] || { echo slurm_load_jobs error: Unable to contact slurm controller >&2; exit 1; }\n'
        '[[ $me != sbatch || $n != 1 ]] || set -- "${@/--array=0-3/--array=0-0}"\n'
        '[[ $me != sbatch || $n != 2 ]] || { echo 8; exit; }\n')
    done = sweep(tmp_path, write(tmp_path), "--slurm", "--points-per-task", 3, simulator=simulator)
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == 12 and [words[1] for words in acted_slurm("sbatch")] == ["--array=0-3", "--array=0-2", "--array=0-2"]
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)


@pytest.mark.parametrize("end", ["kill -TERM $$", "{ echo error: interrupted >&2; exit 1; }"])
def test_a_slurm_task_whose_simulation_was_interrupted_leaves_no_outcome_of_the_point(tmp_path, acted_slurm, end):
    """Slurm sends SIGTERM to every process of a cancelled task; the simulation may receive it first."""
    simulator = counting(tmp_path, before=f"mkdir {tmp_path}/once 2>/dev/null && {end}")
    done = sweep(tmp_path, write(tmp_path), "--slurm", "--points-per-task", 3, simulator=simulator)
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == 12 and len(acted_slurm("sbatch")) == 2
    assert (tmp_path / "out" / "results.csv").read_bytes() == local_rows(tmp_path)


def test_slurm_that_loses_a_point_thrice(tmp_path, acted_slurm):
    (tmp_path / "before").write_text('[[ $me != sbatch ]] || { echo 7; exit; }\n')
    done = sweep(tmp_path, write(tmp_path, "base: base.yaml\nparameters: {precision: [4]}\n"), "--slurm")
    assert done.returncode == 1 and "3 Slurm arrays ended without its outcome" in done.stderr, done.stderr
    assert [row["status"] for row in rows(tmp_path)] == ["lost"]


def test_the_slurm_array_of_a_killed_sweep_is_cancelled_without_its_number(tmp_path, acted_slurm):
    """Arrays are named after their folder, and each sweep cancels arrays of this name when it starts and ends."""
    assert sweep(tmp_path, write(tmp_path), "--slurm", "--slurm-option=--job-name=mine").returncode == 0
    (name,) = {word for words in acted_slurm("sbatch") for word in words if word.startswith("--job-name=")} - {"--job-name=mine"}
    assert acted_slurm("sbatch")[0].index(name) > acted_slurm("sbatch")[0].index("--job-name=mine"), "the last one counts"
    assert acted_slurm("scancel") == [["--me", name.replace("--job-name", "--name")]] * 2


def test_slurm_tasks_on_a_machine_with_another_program(tmp_path, acted_slurm):
    """They end the sweep with a message and do not affect the next one."""
    simulator = counting(tmp_path)
    whole = simulator.read_text()
    (tmp_path / "before").write_text(f'[[ $me != sbatch ]] || echo "# other" >>{simulator}\n')
    path = write(tmp_path)
    done = sweep(tmp_path, path, "--slurm", "--points-per-task", 3, simulator=simulator)
    assert done.returncode == 1 and "is not the program that the sweep began with" in done.stderr, done.stderr
    assert calls(tmp_path) == 0
    simulator.write_text(whole)
    (tmp_path / "before").write_text("")
    done = sweep(tmp_path, path, "--slurm", "--points-per-task", 3, simulator=simulator)
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == 12 and not list((tmp_path / "out" / "slurm" / "incoming").iterdir())
