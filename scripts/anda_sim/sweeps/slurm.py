# SPDX-License-Identifier: Apache-2.0
"""Runs points as a Slurm job array.

Compute nodes must see the results folder, anda-sim and these scripts under the same paths.
Each task of the array runs some points one after another and writes each outcome to a file in `slurm/incoming`. Only the
process that submitted the array writes to results.sqlite. The next sweep in the folder collects the outcomes
that a killed one left.
"""

import hashlib
import json
import math
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError, RunError
from anda_sim.common.files import remove_leftovers
from anda_sim.common.tree import PACKAGE

from .point import checked

MOST_TASKS = 1000  # Slurm's MaxArraySize is 1001 unless its administrator changed it.
ROUNDS = 3
POLL_S = 0.2
QUEUE_POLL_S = 2.0
SILENCE_S = 300.0


def _incoming(path):
    """A file written by a task: an outcome, or {"stopped": reason}."""
    outcome = strict_json.load(path)
    if isinstance(outcome, dict) and isinstance(outcome.get("stopped"), str):
        return outcome
    try:
        checked(outcome)
        if all(isinstance(outcome.get(name), str) for name in ("key", "host")) and isinstance(outcome.get("host_seconds"), float):
            return outcome
        raise TypeError("it has no key, host or host_seconds")
    except TypeError as error:
        raise InputError(f"{path}: is not what a task of a sweep leaves ({error}); delete it") from None


class SlurmExecutor:
    """Arrays of at most 1000 tasks of `points_per_task` points or more, with `options` for sbatch."""

    def __init__(self, folder, options=(), points_per_task=None):
        for program in ("sbatch", "squeue", "scancel"):
            if shutil.which(program) is None:
                raise InputError(f"--slurm needs {program}, which the machines of a Slurm cluster have (Debian: slurm-client)")
        self.folder = Path(folder).resolve() / "slurm"
        self.incoming = self.folder / "incoming"
        self.options, self.points_per_task = list(options), points_per_task
        # Only one sweep at a time works in a folder, so this name identifies its arrays even if the sweep was killed before
        # it learnt the array's number.
        self.name = f"anda-sweep-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"
        self._job = None
        self.incoming.mkdir(parents=True, exist_ok=True)
        # Cancels the array of a killed sweep in this folder; its outcomes stay in `incoming`.
        self._cancel()
        self._forget_changed()

    def _cancel(self, check=True):
        self._call("scancel", "--me", f"--name={self.name}", check=check)

    def _forget_changed(self):
        """Discards an earlier array's reports of a changed program, which do not apply to this sweep."""
        for path in self.incoming.glob("*.json"):
            if "stopped" in _incoming(path):
                path.unlink()

    def _call(self, *command, check=True):
        done = subprocess.run(command, capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RunError(f"{command[0]} failed: {done.stderr.strip() or done.returncode}")
        return done

    def run(self, jobs):
        """Outcomes of the jobs, in the order of discovery."""
        missing = {job["key"]: job for job in jobs}
        for _ in range(ROUNDS):
            for outcome in self._collect(missing):
                yield outcome
            if not missing:
                return
            self._submit(list(missing.values()))
            asked = heard = time.monotonic()
            there = True
            while missing and there:
                time.sleep(POLL_S)
                now = time.monotonic()
                if now - asked >= QUEUE_POLL_S:
                    asked = now
                    there, answered = self._is_queued()
                    heard = now if answered else heard
                    if now - heard > SILENCE_S:
                        raise RunError(f"Slurm has not answered for {SILENCE_S:.0f} s")
                for outcome in self._collect(missing):
                    yield outcome
        for key in missing:
            yield {"key": key, "status": "lost", "error": f"{ROUNDS} Slurm arrays ended without its outcome",
                   "host": "", "host_seconds": 0.0, "report": None}

    def _submit(self, jobs):
        tasks = self.folder / "tasks"
        shutil.rmtree(tasks, ignore_errors=True)
        tasks.mkdir()
        size = max(self.points_per_task or 1, math.ceil(len(jobs) / MOST_TASKS))
        count = math.ceil(len(jobs) / size)
        for task in range(count):
            text = "".join(json.dumps(job) + "\n" for job in jobs[task::count])
            (tasks / f"{task}.jsonl").write_text(text)
        script = (f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(PACKAGE.parent))} exec /usr/bin/python3 -m anda_sim.sweeps.slurm_task "
                  f'{shlex.quote(str(self.folder))} "$SLURM_ARRAY_TASK_ID"\n')
        (self.folder / "task.sh").write_text(script)
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        done = self._call("sbatch", "--parsable", f"--array=0-{count - 1}",
                          f"--output={str(logs).replace('%', '%%')}/%A_%a.log", "--ntasks=1", *self.options,
                          f"--job-name={self.name}", str(self.folder / "task.sh"))
        self._job = done.stdout.strip().split(";")[0]

    def _is_queued(self):
        """(whether the array is queued or its state is unknown, whether Slurm has answered)"""
        done = self._call("squeue", "--noheader", "--jobs", self._job, "--format=%i", check=False)
        if done.returncode != 0:
            return "Invalid job id" not in done.stderr, "Invalid job id" in done.stderr
        return bool(done.stdout.strip()), True

    def _collect(self, missing):
        for path in sorted(self.incoming.glob("*.json")):
            outcome = _incoming(path)
            if "stopped" in outcome:
                path.unlink()
                raise RunError(f"a point could not be run: {outcome['stopped']}")
            if missing.pop(outcome["key"], None) is not None:
                # Removed only after the consumer has stored it and asks for the next one.
                yield outcome
            path.unlink()

    def close(self):
        """Cancels the array if it still exists."""
        self._cancel(check=False)
        remove_leftovers(self.incoming, "*.json")
