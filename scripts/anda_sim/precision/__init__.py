# SPDX-License-Identifier: Apache-2.0
"""Accuracy of two small models against mantissa length: scripts/precision_study."""
