# SPDX-License-Identifier: Apache-2.0
"""The scripts that the README names, called the ways people call them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLOTLY = Path("build/plotly/node_modules/plotly.js-dist-min/plotly.min.js")


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


@pytest.fixture
def install(tmp_path):
    """Calls a copy of install_dependencies in a tree of its own. An apt-get and an npm stand first on the PATH: the one only
    fails, the other leaves its arguments in `npm` and puts a file that is not plotly.js where that belongs."""
    tree, tools = tmp_path / "tree", tmp_path / "tools"
    (tree / "scripts").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(ROOT / "scripts" / "install_dependencies", tree / "scripts")
    (tools / "apt-get").write_text("#!/bin/sh\nexit 99\n")
    (tools / "npm").write_text(
        f'#!/bin/sh\necho "$@" >>"{tmp_path}/npm"\n'
        f'mkdir -p "{tree}/{PLOTLY.parent}" && echo wrong >"{tree}/{PLOTLY}"\n'
    )
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    return lambda group: run(tree / "scripts" / "install_dependencies", group, env=environment)


@pytest.mark.parametrize("group", ["build", "plots", "sweep"])
def test_install_dependencies_changes_nothing_when_all_is_there(install, tmp_path, group):
    result = install(group)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not (tmp_path / "npm").exists() and os.listdir(tmp_path / "tree") == ["scripts"]


@pytest.mark.parametrize("group", ["reports", "test"])
def test_plotly_is_fetched_once_and_only_the_one_that_is_expected(install, tmp_path, group):
    result = install(group)
    assert result.returncode == 1 and "is not the file that was expected; it is removed" in result.stderr
    assert "apt-get" not in result.stderr
    assert "plotly.js-dist-min@2.35.2" in (tmp_path / "npm").read_text()
    assert not (tmp_path / "tree" / PLOTLY).exists()
    if not (ROOT / PLOTLY).exists():
        pytest.skip("build/plotly is not there: scripts/install_dependencies reports puts it")
    (tmp_path / "npm").unlink()
    (tmp_path / "tree" / PLOTLY).symlink_to(ROOT / PLOTLY)
    result = install(group)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not (tmp_path / "npm").exists()


def test_compare_levels_runs_all_levels_and_they_agree():
    result = run(ROOT / "scripts" / "compare_levels", "--program", Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim")
    assert result.returncode == 0, result.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.stdout.splitlines() if "%" in line]
    assert {row[2] for row in rows} == {"fast", "detailed", "cycle"}
    apart = {(row[0], row[1], row[2]): abs(float(row[4].split()[0])) for row in rows}
    assert all(percent <= 1 for (_, _, level), percent in apart.items() if level == "cycle")
    # short_k waits for a memory that turns round at every kilobyte, which only the detailed memory shows.
    assert all(percent <= 1 for (gemm, _, level), percent in apart.items() if level == "detailed" and gemm != "short_k")
