# SPDX-License-Identifier: Apache-2.0
"""Sweeps of the Anda simulator's parameters, and searches among them.

    import sys
    sys.path.insert(0, "scripts")
    from anda_sweep import Sweep

    sweep = Sweep("configs/sweeps/mantissa_bits.yaml")   # InputError says what is wrong with the file
    result = sweep.run("results/sweeps/mantissa_bits")   # runs what is not there yet, on all cores
    frame = result.frame()                               # pandas: one row a point
    frame.plot(x="precision", y="anda.time_s")

The same from the shell is `scripts/sweep`; `scripts/explore` searches with Optuna instead of running every point.
docs/sweeps.md has the file format, the columns, and what a killed sweep leaves; docs/exploration.md the search.

Sweep             a sweep file with a simulator: points(), run()
SweepResult       rows, frame() for pandas, folder, failed
LocalExecutor, DaskExecutor, SlurmExecutor   where points run
pareto_front      the rows that no other one beats
plot_sweep        a figure of a sweep
"""

from anda_common.errors import InputError, RunError
from anda_figures.pareto import pareto_front

from .dask_cluster import DaskExecutor
from .local import LocalExecutor
from .plot import plot_sweep
from .slurm import SlurmExecutor
from .sweep import Sweep, SweepResult

__all__ = ["DaskExecutor", "InputError", "LocalExecutor", "SlurmExecutor", "Sweep", "RunError", "SweepResult",
           "pareto_front", "plot_sweep"]
