# SPDX-License-Identifier: Apache-2.0
"""What figures of anda_sweep and anda_report have in common: how they look, units of their axes, and Pareto fronts."""
