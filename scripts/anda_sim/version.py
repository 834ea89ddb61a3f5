# SPDX-License-Identifier: Apache-2.0
"""The version of the package, which is that of the simulator (CMakeLists.txt)."""

VERSION = "0.2.0"
