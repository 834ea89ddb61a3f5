# SPDX-License-Identifier: Apache-2.0
"""Whole inferences: the study of docs/inference.md."""
