# SPDX-License-Identifier: Apache-2.0
"""The commands of an installed package; scripts/ has the same under their short names."""

from importlib import import_module
from typing import List, Optional

from .common.errors import guarded

_GOES_ON = "interrupted; what is finished is kept, the same command goes on from there"


def _command(name: str, module: str, group: str, interrupted: str = "interrupted") -> int:
    # The module is imported where guarded() can say what is not installed.
    def main(arguments: Optional[List[str]]) -> Optional[int]:
        status: Optional[int] = import_module(module).main(arguments)
        return status

    return guarded(name, main, group, interrupted=interrupted)


def sweep() -> int:
    return _command("sweep", "anda_sim.sweeps.cli", "sweep", _GOES_ON)


def explore() -> int:
    return _command("explore", "anda_sim.sweeps.explore_cli", "sweep", _GOES_ON)


def report() -> int:
    return _command("report", "anda_sim.reports.report", "reports")


def plot() -> int:
    return _command("plot", "anda_sim.reports.plot", "plots")
