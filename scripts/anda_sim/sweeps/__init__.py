# SPDX-License-Identifier: Apache-2.0
"""Sweeps of parameters and searches among them: files, points, where these run, results. Public names are in anda_sim.

Imports nothing by itself, since a task of a Slurm array has Python's own library only."""
