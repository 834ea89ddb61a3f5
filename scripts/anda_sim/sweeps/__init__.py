# SPDX-License-Identifier: Apache-2.0
"""Parameter sweeps and explorations: files, points, executors, results. Public names are in anda_sim.

Imports nothing, since a task of a Slurm array has only Python's standard library."""
