# SPDX-License-Identifier: Apache-2.0
"""What figures of anda_sim.sweeps and anda_sim.reports have in common: how they look, units of their axes, and Pareto fronts."""
