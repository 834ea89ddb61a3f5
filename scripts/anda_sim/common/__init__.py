# SPDX-License-Identifier: Apache-2.0
"""What the packages of scripts have in common: how they end when they cannot go on, and how they write files.

Needs Python's own library and nothing else, so that it can say what is not installed."""
