# SPDX-License-Identifier: Apache-2.0
"""The designs of scripts/area_study, their synthesis, and its tables."""
