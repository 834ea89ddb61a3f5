# SPDX-License-Identifier: Apache-2.0
"""The tests: the mutants that each reaches, its cost, and the verdict on a mutant."""

import hashlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from anda_sim.common.errors import RunError
from anda_sim.common.files import write_atomically

MEMORY_BYTES = 6 << 30
FILE_BYTES = 1 << 30
WALL_S = 900  # limit for a test that only waits, on a busy machine
LEAST_CPU_S = 10  # allowance per process, in addition to five times the test's usual time
TRACE_CPU_S = 600  # for a test without a mutant


@dataclass(frozen=True)
class Test:
    name: str
    command: tuple
    folder: str
    environment: tuple
    key: str  # changes with the test and with the code it runs


@dataclass
class Outcome:
    passed: bool
    cpu_s: float


def _digest(*paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()


class Suite:
    """`ctest` and `python` are patterns for test names."""

    def __init__(self, workspace, ctest, python):
        self._workspace, self._ctest, self._python = workspace, ctest, python
        self.tests, self.reach, self.failing = [], {}, []

    def collect(self):
        build = self._workspace.build_folder
        listed = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, capture_output=True, text=True)
        if listed.returncode != 0:
            raise RunError(f"ctest lists no tests: {listed.stderr.strip()}")
        digests = {}
        self.tests = []
        for test in json.loads(listed.stdout)["tests"]:
            if not any(fnmatchcase(test["name"], pattern) for pattern in self._ctest):
                continue
            properties = {each["name"]: each["value"] for each in test["properties"]}
            program = test["command"][0]
            digests.setdefault(program, _digest(program))
            self.tests.append(Test(test["name"], tuple(test["command"]), properties.get("WORKING_DIRECTORY", str(build)),
                                   tuple(properties.get("ENVIRONMENT", ())), digests[program]))
        folder = self._workspace.tree / "tests" / "python"
        tested = [build / "src" / "anda-sim", build / "tests" / "numeric_dump", build / "tests" / "resolution_probe"]
        shared = [path for path in sorted(folder.glob("*.py")) if not path.name.startswith("test_")]
        for path in sorted({path for pattern in self._python for path in folder.glob(f"test_{pattern}.py")}):
            command = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", str(path))
            self.tests.append(Test(f"python: {path.name}", command, str(self._workspace.tree), (),
                                   _digest(path, *tested, *shared)))

    def trace(self, cache, jobs, report):
        """Runs each test with no mutant enabled. Results of unchanged tests come from the cache."""
        known = json.loads(cache.read_text()) if cache.exists() else {}
        lock = threading.Lock()

        def trace_one(test):
            with tempfile.TemporaryDirectory() as folder:
                trace = Path(folder) / "reached"
                outcome = self._run(test, {"ANDA_MUTATION_TRACE": str(trace)}, TRACE_CPU_S)
                reached = sorted({int(line) for line in trace.read_text().split()}) if trace.exists() else []
            with lock:
                known[test.name] = {"key": test.key, "passed": outcome.passed, "cpu_s": outcome.cpu_s, "reached": reached}
                write_atomically(cache, json.dumps(known))
                report(f"{test.name}: reaches {len(reached)} mutants{'' if outcome.passed else ', FAILS without any'}")

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(trace_one, [test for test in self.tests if known.get(test.name, {}).get("key") != test.key]))
        self.reach = {test.name: known[test.name] for test in self.tests}
        self.failing = [test.name for test in self.tests if not self.reach[test.name]["passed"]]

    def verdict(self, number, first, limit_s):
        """The verdict of the tests that reach a mutant: those named in `first`, then the cheapest first."""
        reaching = [test for test in self.tests if self.reach[test.name]["passed"] and number in self.reach[test.name]["reached"]]
        if not reaching:
            return {"verdict": "unreached", "tests": 0, "cpu_s": 0}
        reaching.sort(key=lambda test: (test.name not in first, self.reach[test.name]["cpu_s"]))
        spent = 0.0
        for count, test in enumerate(reaching, 1):
            usual = self.reach[test.name]["cpu_s"]
            outcome = self._run(test, {"ANDA_MUTANT": str(number)}, LEAST_CPU_S + 5 * usual)
            spent += outcome.cpu_s
            result = {"tests": count, "cpu_s": round(spent, 2)}
            if not outcome.passed:
                return {"verdict": "killed", "by": test.name, **result}
            if spent > limit_s and count < len(reaching):
                return {"verdict": "undecided", **result}
        return {"verdict": "survived", **result}

    def _run(self, test, environment, cpu_limit_s):
        """Runs a test in a separate process group, with limits that a mutant cannot exceed."""

        def limit():
            os.setsid()
            seconds = math.ceil(cpu_limit_s)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        whole = {**os.environ, **dict(each.split("=", 1) for each in test.environment), **environment,
                 "ANDA_BUILD_DIR": str(self._workspace.build_folder), "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1",
                 "PYTHONDONTWRITEBYTECODE": "1"}
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)  # tests that drop their privileges access it
            process = subprocess.Popen(test.command, cwd=test.folder, env={**whole, "TMPDIR": folder}, preexec_fn=limit,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            status, usage = _wait(process)
            try:
                os.killpg(process.pid, signal.SIGKILL)  # processes that the test left running
            except ProcessLookupError:
                pass
        return Outcome(status == 0, round(usage, 2))


def _wait(process):
    """Exit status and CPU time of a process and of those it waited for."""
    def stop():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    timer = threading.Timer(WALL_S, stop)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        stop()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime
