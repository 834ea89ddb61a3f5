# SPDX-License-Identifier: Apache-2.0
"""Location of this package: in the source tree of the simulator, or installed without one."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
# The root of the source tree. For an installed package it is a folder without the tree's files.
SOURCE = PACKAGE.parents[1]
# The folder with bin/anda-sim and share/anda, if `cmake --install` has put the package into its lib/python3/dist-packages.
PREFIX = PACKAGE.parents[3] if PACKAGE.parts[-4:-1] == ("lib", "python3", "dist-packages") else None
BUILT_PROGRAM = SOURCE / "build" / "release" / "src" / "anda-sim"


def is_there() -> bool:
    """Whether the package runs from the source tree, which can build the simulator."""
    return (SOURCE / "scripts" / "anda-sim").is_file()
