# SPDX-License-Identifier: Apache-2.0
"""The scripts that the README names, called the ways people call them."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)


def test_anda_sim_runs_from_any_folder_and_through_a_link(tmp_path):
    link = tmp_path / "sim"
    link.symlink_to(ROOT / "scripts" / "anda-sim")
    result = run(link, "--help", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "anda-sim" in result.stdout
    assert "Accellera" not in result.stdout + result.stderr
    assert os.listdir(tmp_path) == ["sim"]


def test_anda_sim_is_quiet_about_a_build_with_nothing_to_do():
    run(ROOT / "scripts" / "anda-sim", "--help")
    assert run(ROOT / "scripts" / "anda-sim", "--help").stderr == ""


@pytest.mark.parametrize("script", ["install_dependencies", "test"])
def test_script_explains_itself_and_refuses_what_it_does_not_know(script):
    helped = run(ROOT / "scripts" / script, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith(f"Usage: scripts/{script}")
    refused = run(ROOT / "scripts" / script, "--no-such-option")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr == helped.stdout


def test_install_dependencies_changes_nothing_when_all_is_there(tmp_path):
    """An apt-get that only fails stands first on the PATH."""
    fake = tmp_path / "apt-get"
    fake.write_text("#!/bin/sh\nexit 99\n")
    fake.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    result = run(ROOT / "scripts" / "install_dependencies", "test", env=environment)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_compare_levels_runs_all_levels_and_they_agree():
    result = run(ROOT / "scripts" / "compare_levels", "--program", Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim")
    assert result.returncode == 0, result.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.stdout.splitlines() if "%" in line]
    assert {row[2] for row in rows} == {"fast", "detailed", "cycle"}
    apart = {(row[0], row[1], row[2]): abs(float(row[4].split()[0])) for row in rows}
    assert all(percent <= 1 for (_, _, level), percent in apart.items() if level == "cycle")
    # short_k waits for a memory that turns round at every kilobyte, which only the detailed memory shows.
    assert all(percent <= 1 for (gemm, _, level), percent in apart.items() if level == "detailed" and gemm != "short_k")
