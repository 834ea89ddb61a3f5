# SPDX-License-Identifier: Apache-2.0
"""The version of the package, equal to the simulator's (CMakeLists.txt)."""

VERSION = "0.2.0"
