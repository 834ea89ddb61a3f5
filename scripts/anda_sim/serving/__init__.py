# SPDX-License-Identifier: Apache-2.0
"""The study docs/serving_study.md: how many accelerators serve a load."""
