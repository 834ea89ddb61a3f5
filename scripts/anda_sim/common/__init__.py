# SPDX-License-Identifier: Apache-2.0
"""Shared by the packages of the scripts: reporting errors and writing files.

Needs only Python's standard library, so that it can report missing packages."""
