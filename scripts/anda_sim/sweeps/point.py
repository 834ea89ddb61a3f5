# SPDX-License-Identifier: Apache-2.0
"""Runs one point of a sweep as a separate process: on this machine, on a Dask worker or in a Slurm job.

Needs only Python's standard library and common/digest.py, which is sent to other machines with it. A job is a dict:

    key            content address of the point
    command        run or serve
    config         text of the effective configuration
    program        path of anda-sim, `program_sha256` its contents
    time_s, memory_bytes   limits, or None

An outcome is a dict, too: key, status (one of STATUSES), error (text, "" when done), host, host_seconds and report: the numbers
of whole systems in report.json or serve.json.
"""

import errno
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from anda_sim.common.digest import sha256

STATUSES = ("done", "failed", "invalid", "timeout", "memory", "killed", "lost")
_KEPT = ("schema_version", "run", "systems", "ratios")
_KEPT_OF_SERVER = ("schema_version", "requests", "cluster", "systems")
_CONFIG = "config.yaml"
# poll() takes milliseconds as a C int, so limits above three weeks count as none.
_LONGEST_S = 2_000_000
# The kernel ends the simulation when its parent dies, even by kill -9. If the parent died before the kernel was told, the
# process has another parent by now.
_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL", "sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"']
# Messages of a simulation that ran out of disk, quota, file size or open files.
_NO_ROOM = tuple(os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE))


class ProgramChanged(Exception):
    """The simulator on this machine is not the one with which the sweep was planned."""


class NoRoom(Exception):
    """The machine ran out of disk or open files. The point is not at fault and must be run again."""


class Interrupted(Exception):
    """Something outside the sweep ended the simulation, as Slurm does with every process of a cancelled job. The point is not at
    fault and must be run again."""


class Cancelled(Exception):
    """The sweep was stopped while the point ran."""


def tells_of_no_room(message):
    """Whether a failed simulation ran out of a resource of the machine."""
    return any(text in message for text in _NO_ROOM)


def run_point(job, folder=None, cancel_fd=None, cache=None, tell=None):
    """The outcome of a job. Works in its own folder below `folder`, which it removes.

    cache -- folder for `anda-sim run --cache`; tell -- called with the simulation's messages about it.

    Raises ProgramChanged, NoRoom, Interrupted, and Cancelled once cancel_fd becomes readable."""
    try:
        actual = sha256(job["program"])
    except OSError as error:
        raise ProgramChanged(f"{job['program']} cannot be read on {socket.gethostname()}: {error.strerror}") from None
    if actual != job["program_sha256"]:
        raise ProgramChanged(f"{job['program']} on {socket.gethostname()} is not the program that the sweep began with")
    work = tempfile.mkdtemp(prefix="point-", dir=folder)
    try:
        return _run(job, work, cancel_fd, cache, tell)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _run(job, work, cancel_fd, cache, tell):
    config = os.path.join(work, _CONFIG)
    with open(config, "w", encoding="utf-8") as file:
        file.write(job["config"])
    limits = ["--core=0"] + ([f"--as={job['memory_bytes']}"] if job["memory_bytes"] else [])
    serves = job["command"] == "serve"
    command = [*_WITH_PARENT, str(os.getpid()), "prlimit", *limits, job["program"], job["command"], config, "--quiet",
               "--out", os.path.join(work, "out"), *([] if serves else ["--jobs", "1"]),
               *(["--cache", cache] if cache else [])]
    name = "serve.json" if serves else "report.json"
    started = time.monotonic()
    # In memory, so that the message arrives even on a full disk.
    with open(os.memfd_create("errors"), "w+", encoding="utf-8", errors="replace") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=errors, cwd=work)
        ended, code = _wait(process, job["time_s"], cancel_fd)
        errors.seek(max(0, os.fstat(errors.fileno()).st_size - 4000))
        message = errors.read().replace(config, _CONFIG).replace(work, ".").strip()
    outcome = {"key": job["key"], "status": "done", "error": "", "host": socket.gethostname(), "report": None,
               "host_seconds": round(time.monotonic() - started, 6)}
    if not ended:
        outcome.update(status="timeout", error=f"took longer than {job['time_s']} s")
    elif code == 0:
        try:
            outcome["report"] = (_server_numbers_of if serves else _numbers_of)(os.path.join(work, "out", name))
            if tell:
                for note in message.splitlines():
                    tell(note)
        except OSError as error:
            raise NoRoom(f"{name} cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            outcome.update(status="failed", error=f"left no whole {name}: {str(error).replace(work, '.')}")
    else:
        outcome.update(_failure(code, message, job["memory_bytes"]))
    return outcome


def _refuse(constant):
    raise ValueError(f"it has {constant}")


def _numbers_of(path):
    """The numbers of whole systems in report.json."""
    with open(path, encoding="utf-8") as file:
        report = json.load(file, parse_constant=_refuse)
    for system in report["systems"]:
        system.pop("ops"), system.pop("tensors")
    report["run"].pop("assumptions")
    return {name: report[name] for name in _KEPT}


def _server_numbers_of(path):
    """The numbers of whole systems in serve.json."""
    with open(path, encoding="utf-8") as file:
        report = json.load(file, parse_constant=_refuse)
    for system in report["systems"]:
        system.pop("series")
    return {**{name: report[name] for name in _KEPT_OF_SERVER}, "ratios": []}


def checked(outcome):
    """The outcome if it is complete, else TypeError. It may come from a damaged database or file."""
    report = outcome["report"] if isinstance(outcome, dict) else None
    if not isinstance(outcome, dict) or outcome.get("status") not in STATUSES or not isinstance(outcome.get("error"), str):
        raise TypeError("it has no status or no error")
    if (report is None) == (outcome["status"] == "done"):
        raise TypeError(f"it is {outcome['status']} {'without' if report is None else 'with'} a report")
    if report is not None:
        for part in ("systems", "ratios"):
            if not isinstance(report, dict) or not isinstance(report.get(part), list):
                raise TypeError(f"its report has no list of {part}")
        if not report["systems"] or not all(isinstance(each, dict) for part in ("systems", "ratios") for each in report[part]):
            raise TypeError("its report has no systems")
    return outcome


def _wait(process, time_s, cancel_fd):
    """(ended by itself, exit status)"""
    handle = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if cancel_fd is not None:
            poll.register(cancel_fd, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(min(time_s, _LONGEST_S) * 1000 if time_s else None)}
    finally:
        os.close(handle)
    ended = bool(ready) and (cancel_fd is None or cancel_fd not in ready)
    if not ended:
        process.send_signal(signal.SIGKILL)
    process.wait()
    if cancel_fd is not None and cancel_fd in ready:
        raise Cancelled
    return ended, process.returncode


def _failure(code, message, memory_bytes):
    # Out-of-memory messages of the loader and of any version of the simulator.
    if memory_bytes and re.search("out of memory|bad_alloc|allocate (stack )?memory|failed to map", message):
        return {"status": "memory", "error": f"needs more than {memory_bytes} bytes of memory"}
    if code == -signal.SIGXFSZ or (code == 1 and tells_of_no_room(message)):
        raise NoRoom(message.removeprefix("error: ") or os.strerror(errno.EFBIG))
    if code in (-signal.SIGTERM, -signal.SIGINT) or (code == 1 and message == "error: interrupted"):
        raise Interrupted("its simulation was interrupted")
    if code < 0:
        name = signal.Signals(-code).name
        hint = "; the kernel does that when memory runs out" if name == "SIGKILL" else ""
        return {"status": "killed", "error": f"ended by {name}{hint}"}
    return {"status": "invalid" if code == 2 else "failed",
            "error": message.removeprefix("error: ") or f"ended with exit status {code}"}
