# SPDX-License-Identifier: Apache-2.0
"""Shared by the figures of anda_sim.sweeps and anda_sim.reports: style, units of axes, and Pareto fronts."""
