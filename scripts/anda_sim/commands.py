# SPDX-License-Identifier: Apache-2.0
"""The commands of an installed package; scripts/ has the same under their short names."""

from importlib import import_module
from typing import List, Optional

from .common.errors import guarded

_RESUMABLE = "interrupted; finished results are kept; repeat the command to resume"


def _command(name: str, module: str, group: str, interrupted: str = "interrupted") -> int:
    # Imported inside guarded(), which reports missing packages.
    def main(arguments: Optional[List[str]]) -> Optional[int]:
        status: Optional[int] = import_module(module).main(arguments)
        return status

    return guarded(name, main, group, interrupted=interrupted)


def sweep() -> int:
    return _command("sweep", "anda_sim.sweeps.cli", "sweep", _RESUMABLE)


def explore() -> int:
    return _command("explore", "anda_sim.sweeps.explore_cli", "sweep", _RESUMABLE)


def report() -> int:
    return _command("report", "anda_sim.reports.report", "reports")


def plot() -> int:
    return _command("plot", "anda_sim.reports.plot", "plots")
