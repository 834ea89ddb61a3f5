# SPDX-License-Identifier: Apache-2.0
"""Sweeps and explorations from Python."""

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Tuple, Union

from .common.errors import InputError
from .configuration import ConfigLike, config_of, default_simulator, find_file
from .progress import Progress
from .simulator import PathLike

Parameters = Mapping[Union[str, Tuple[str, ...]], Any]


@contextmanager
def kept(out: Optional[PathLike]) -> Iterator[Path]:
    """The results folder, or a temporary one."""
    if out is not None:
        yield Path(out)
        return
    with tempfile.TemporaryDirectory(prefix="anda-sim-") as folder:
        yield Path(folder)


def _executor(scheduler: Optional[str]) -> Optional[Callable[[Any], Any]]:
    if scheduler is None:
        return None
    from .sweeps.dask_cluster import DaskExecutor

    return lambda results: DaskExecutor(scheduler)


def _limits(timeout_s: Optional[float], memory_bytes: Optional[int]) -> Mapping[str, Any]:
    given = {"time_s": timeout_s, "memory_bytes": memory_bytes}
    return {name: value for name, value in given.items() if value is not None}


def _planned(config: ConfigLike, parameters: Optional[Parameters], keys: Mapping[str, Any], program: Optional[PathLike],
             **more: Any) -> Any:
    """The Sweep of a sweep file, or of a configuration and its parameters."""
    from .sweeps.given import sweep_of
    from .sweeps.sweep import Sweep

    if parameters is None:
        if config is None or not isinstance(config, (str, Path)):
            raise InputError("parameters: are missing, such as {\"accelerator.mxu.rows\": [8, 16, 32]}")
        unfit = [name for name, value in more.items() if value]
        if unfit:
            raise InputError(f"{unfit[0]}: stands in the sweep file {config}")
        from .values import flat

        return Sweep(find_file(config), default_simulator(None if program is None else str(program)), flat(keys))
    made = config_of(config, keys, program)
    return Sweep(sweep_of(made, parameters, **more), made.simulator, folder=made.folder)


def sweep(config: ConfigLike, parameters: Optional[Parameters] = None, *, conditions: Sequence[str] = (),
          outputs: Optional[Sequence[str]] = None, out: Optional[PathLike] = None, jobs: Optional[int] = None,
          timeout_s: Optional[float] = None, memory_bytes: Optional[int] = None, retry_failed: bool = False,
          scheduler: Optional[str] = None, progress: bool = True, program: Optional[PathLike] = None, **keys: Any) -> Any:
    """Simulates every combination of the parameters, on all cores, and returns a SweepResult: frame(), plot(), rows, failed.

    config -- the configuration common to all points, as in run(), or a sweep file without parameters (docs/sweeps.md);
    parameters -- a key, or a tuple of keys that change together, to its values: {"accelerator.mxu.rows": [8, 16, 32]}, or to
    an expression of other keys, "= 256 // accelerator.mxu.rows"; conditions, outputs -- as in a sweep file; out -- a folder
    that keeps the results, in which the same call runs only what is missing; jobs -- parallel simulations; timeout_s,
    memory_bytes -- limits of a point; scheduler -- a Dask cluster; keys -- keys of the configuration, as in run().
    Numbers have the units of docs/glossary.md. Raises InputError or RunError."""
    planned = _planned(config, parameters, keys, program, conditions=conditions, outputs=outputs)
    with kept(out) as folder:
        result = planned.run(folder, jobs, _executor(scheduler), _limits(timeout_s, memory_bytes), retry_failed,
                             lambda total, known: Progress(total, known, planned.name, not progress))
    if out is None:
        result.folder = None
    return result


def explore(config: ConfigLike, parameters: Optional[Parameters] = None, *, minimise: Optional[Sequence[str]] = None,
            constraints: Optional[Sequence[str]] = None, trials: Optional[int] = None, seed: Optional[int] = None,
            sampler: Optional[str] = None, batch: Optional[int] = None, population: Optional[int] = None,
            system: Optional[str] = None, loss: Optional[Mapping[str, Any]] = None, conditions: Sequence[str] = (),
            out: Optional[PathLike] = None, jobs: Optional[int] = None, timeout_s: Optional[float] = None,
            memory_bytes: Optional[int] = None, scheduler: Optional[str] = None, progress: bool = True,
            program: Optional[PathLike] = None, **keys: Any) -> Any:
    """Searches the parameter space for the Pareto front of several objectives, and returns a Found:
    front, front_frame(), frame(), plot(), reference.

    config, parameters, conditions, out, jobs and the limits -- as in sweep(); minimise -- cycles, time, energy, area, edp,
    power or a metric of docs/glossary.md; constraints -- such as "area <= 2.5"; loss -- {"table": file, "limit": number,
    "monotone": bool}; the rest as in docs/exploration.md. Raises InputError or RunError."""
    from .sweeps.explore import Exploration

    planned = _planned(config, parameters, keys, program, conditions=conditions)
    options = {"minimise": minimise, "constraints": constraints, "trials": trials, "seed": seed, "sampler": sampler, "batch": batch,
               "population": population, "system": system, "loss": loss}
    with kept(out) as folder:
        found = Exploration(planned, options).run(
            folder, jobs, _executor(scheduler), _limits(timeout_s, memory_bytes),
            lambda total, known: Progress(total, known, planned.name, not progress))
    if out is None:
        found.folder = None
    return found
