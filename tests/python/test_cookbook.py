# SPDX-License-Identifier: Apache-2.0
"""Every command and every program of docs/cookbook.md runs, one after another, as a reader would run them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```(sh|python)\n(.*?)```", (SOURCE / "docs" / "cookbook.md").read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """The source tree through links, so that results land elsewhere; commands run the program under test."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("configs", "scripts", "docs", "traces"):
        (folder / name).symlink_to(SOURCE / name)
    return folder


def test_the_page_answers_in_commands_and_programs():
    assert sum(kind == "sh" for kind, _ in BLOCKS) >= 7
    assert sum(kind == "python" for kind, _ in BLOCKS) >= 3


def test_every_block_runs(tree):
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    environment = {**os.environ, "ANDA_SIM": str(program), "PYTHONPATH": str(SOURCE / "scripts"), "MPLBACKEND": "agg"}
    for kind, text in BLOCKS:
        text = text.replace("scripts/anda-sim ", f"{program} ")
        command = ["bash", "-euc", text] if kind == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    assert (tree / "energy.pdf").stat().st_size > 1000
    assert (tree / "two.pdf").stat().st_size > 1000
    assert json.loads((tree / "results" / "mine" / "report.json").read_text())["systems"][1]["name"] == "mine"
    assert (tree / "results" / "groups" / "results.csv").read_text().count("\n") == 1 + 9
    assert "Inference" in (tree / "report.html").read_text()
