# SPDX-License-Identifier: Apache-2.0
"""Prints a summary of gcovr by folder: python3 -m anda_sim.common.coverage summary.json"""

import json
import sys
from pathlib import Path

from .table import text_table

_COUNTS = ("line_covered", "line_total", "branch_covered", "branch_total")


def share(covered, total):
    return f"{100 * covered / total:.1f} %" if total else "n/a"


def folders(summary):
    """Rows (folder, lines, share of lines, branches, share of branches) of a summary, and one row for the total."""
    sums = {}
    for file in summary["files"]:
        parts = Path(file["filename"]).parts
        folder = "/".join(parts[:-1][:3 if parts[0] == "models" else 2])
        for name in (folder, "all"):
            sums[name] = [total + file[key] for total, key in zip(sums.get(name, [0] * len(_COUNTS)), _COUNTS)]
    ordered = sorted(sums.items(), key=lambda item: (item[0] == "all", item[0]))
    return [[name, lines, share(hit, lines), branches, share(taken, branches)] for name, (hit, lines, taken, branches) in ordered]


if __name__ == "__main__":
    summary = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print(text_table(["folder", "lines", "reached", "branches", "taken"], folders(summary)))
