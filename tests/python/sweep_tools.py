# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of sweeps: a small sweep, and calls of the scripts."""

import os
import shlex
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"

BASE = "workload: {model: OPT-1.3B, layers: 1, tokens: 32}\nprecision: 6\n"
SWEEP = """\
base: base.yaml
parameters:
  precision: {from: 4, to: 7}
  accelerator.mxu.rows: [8, 16, 32]
"""


def program():
    build = os.environ.get("ANDA_BUILD_DIR")
    assert build, "ANDA_BUILD_DIR must name the build folder; scripts/test sets it"
    return str(Path(build) / "src" / "anda-sim")


def write(folder, text=SWEEP, name="s.yaml"):
    (folder / "base.yaml").write_text(BASE)
    (folder / name).write_text(text)
    return folder / name


def counting(folder, before=""):
    """A wrapper of anda-sim that adds a line to `calls` for each finished simulation; `before` is shell code that runs first."""
    path = folder / "anda-sim"
    path.write_text(f'#!/bin/bash\nif [[ $1 != run ]]; then exec {shlex.quote(program())} "$@"; fi\n{before}\n'
                    f'{shlex.quote(program())} "$@"\nstatus=$?\necho run >>{shlex.quote(str(folder / "calls"))}\nexit $status\n')
    path.chmod(0o755)
    return path


def calls(folder):
    path = folder / "calls"
    return len(path.read_text().split()) if path.exists() else 0


def command(script, folder, *args, simulator=None):
    return [str(SCRIPTS / script), *map(str, args), "--program", str(simulator or program()), "--out", str(folder / "out")]


def sweep(folder, *args, simulator=None, script="sweep"):
    return subprocess.run(command(script, folder, *args, simulator=simulator), capture_output=True, text=True, cwd=folder)


def rows(folder, what="* FROM results ORDER BY point"):
    with closing(sqlite3.connect(folder / "out" / "results.sqlite")) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(f"SELECT {what}")]


def wait_for(condition, what="it"):
    """Waits until the condition returns something true, and returns it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited for {what}")
