# SPDX-License-Identifier: Apache-2.0
"""The Anda simulator from Python.

    import anda_sim

    run = anda_sim.run("llama-13b.yaml", phase="decode", batch=8)     # a Run: run.time_s, run.energy_j, run.ops, run.plot()
    table = anda_sim.sweep("llama-13b.yaml", {"accelerator.mxu.rows": [8, 16, 32]}).frame()

Config            a configuration file with changed keys
run               one simulation; returns a Run of Systems
sweep, explore    every combination of some parameters, or a search for the best
compare           several systems on several models
search            mantissa lengths of lowest cost within a loss of accuracy
Simulator         the program itself, for commands without a function here
InputError        the input is wrong: its problems, and file, line and key of the first one
RunError          the input is valid, but the run failed

docs/python.md describes all of it. Modules are imported on first use, so a script needs only the dependencies of the parts
that it uses."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from .common.errors import InputError, Problem, RunError
    from .comparisons import Comparison, compare
    from .configuration import Config
    from .picture import Picture
    from .runs import Run, System, run
    from .searches import search
    from .servers import Served, ServedSystem, serve
    from .simulator import Simulator
    from .studies import explore, sweep

_HOMES = {"Config": "configuration", "run": "runs", "Run": "runs", "System": "runs", "sweep": "studies", "explore": "studies",
          "compare": "comparisons", "Comparison": "comparisons", "search": "searches",
          "serve": "servers", "Served": "servers", "ServedSystem": "servers", "Picture": "picture", "Simulator": "simulator",
          "InputError": "common.errors", "RunError": "common.errors", "Problem": "common.errors"}

__all__ = ["Comparison", "Config", "InputError", "Picture", "Problem", "Run", "RunError", "Served", "ServedSystem", "Simulator", "System",
           "compare", "explore", "run", "search", "serve", "sweep"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted([*globals(), *_HOMES])
