# SPDX-License-Identifier: Apache-2.0
"""The scripts that the README names, called as users call them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from anda_sim.common.errors import RunError
from anda_sim.reports import plotly

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


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
def test_scripts_have_help_and_refuse_unknown_options(script):
    helped = run(ROOT / "scripts" / script, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith(f"Usage: scripts/{script}")
    refused = run(ROOT / "scripts" / script, "--no-such-option")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr == helped.stdout


@pytest.fixture
def install(tmp_path):
    """Calls a copy of install_dependencies in a separate tree, with a failing apt-get first on the PATH."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "apt-get").write_text("#!/bin/sh\nexit 99\n")
    (tools / "apt-get").chmod(0o755)
    (tmp_path / "tree" / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPTS / "install_dependencies", tmp_path / "tree" / "scripts")
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    return lambda group: run(tmp_path / "tree" / "scripts" / "install_dependencies", group, env=environment)


@pytest.mark.parametrize("group", ["build", "plots", "sweep", "reports", "python", "test"])
def test_install_dependencies_changes_nothing_when_all_is_installed(install, tmp_path, group):
    result = install(group)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert os.listdir(tmp_path / "tree") == ["scripts"]


def test_no_address_of_a_package_registry_is_in_the_tree():
    """Packages come from Debian. Notebooks and lock files are checked too."""
    files = run("git", "-C", ROOT, "ls-files", "-z").stdout.split("\0")
    registries = [f"registry.{name}" for name in ("npmjs.org", "yarnpkg.com")] + [f"{name}.org/simple" for name in ("pypi", "test.pypi")]
    found = [name for name in filter(None, files) if (ROOT / name).is_file()
             and any(address in (ROOT / name).read_text(errors="replace") for address in registries)]
    assert found == [] and len(files) > 500


def test_plotly_is_minified_once_and_keeps_its_licence(tmp_path, monkeypatch):
    (tmp_path / "plotly.js").write_text("/**\n* Licensed under the MIT license\n*/\n// a remark\n"
                                        "function chart ( name )  { return 'é' + name }\n")
    monkeypatch.setattr(plotly, "FILE", tmp_path / "plotly.js")
    monkeypatch.setattr(plotly, "kept_folder", lambda: tmp_path / "kept")
    text = plotly.plotly_text()
    assert text.startswith("/**\n* Licensed under the MIT license\n*/\n") and "function chart(" in text and "é" in text
    assert "a remark" not in text
    monkeypatch.setenv("PATH", str(tmp_path))
    assert plotly.plotly_text() == text
    # A different plotly.js gives a different file.
    (tmp_path / "plotly.js").write_text("/* MIT */ function plot ( name ) { return name }\n")
    with pytest.raises(RunError, match="scripts/install_dependencies reports installs them"):
        plotly.plotly_text()
    monkeypatch.setattr(plotly, "FILE", tmp_path / "none.js")
    with pytest.raises(RunError, match="scripts/install_dependencies reports installs them"):
        plotly.plotly_text()


def test_plotly_is_minified_again_if_it_cannot_be_kept(tmp_path, monkeypatch):
    (tmp_path / "plotly.js").write_text("/* MIT */ function plot ( name ) { return name }\n")
    (tmp_path / "kept").write_text("a file, where a folder would be")
    monkeypatch.setattr(plotly, "FILE", tmp_path / "plotly.js")
    monkeypatch.setattr(plotly, "kept_folder", lambda: tmp_path / "kept")
    assert plotly.plotly_text() == plotly.plotly_text() and plotly.plotly_text().startswith("/* MIT */\nfunction plot(")
    (tmp_path / "plotly.js").write_text("/* MIT */ function (")
    with pytest.raises(RunError, match="cannot make plotly.js smaller"):
        plotly.plotly_text()


def test_compare_levels_runs_all_levels_and_they_agree():
    result = run(ROOT / "scripts" / "compare_levels", "--program", Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim")
    assert result.returncode == 0, result.stderr
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in result.stdout.splitlines() if "%" in line]
    assert {row[2] for row in rows} == {"fast", "detailed", "cycle"}
    differences = {(row[0], row[1], row[2]): abs(float(row[4].split()[0])) for row in rows}
    assert all(percent <= 1 for (_, _, level), percent in differences.items() if level == "cycle")
    # short_k waits for a bus turnaround every kilobyte, which only the detailed memory models.
    assert all(percent <= 1 for (gemm, _, level), percent in differences.items() if level == "detailed" and gemm != "short_k")
