# SPDX-License-Identifier: Apache-2.0
"""What keeps the project: the summary of scripts/coverage and the containers."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from anda_sim.common import coverage

ROOT = Path(__file__).resolve().parents[2]


def file(name, lines, hit, branches, taken):
    return {"filename": name, "line_total": lines, "line_covered": hit, "branch_total": branches, "branch_covered": taken}


def test_coverage_is_summed_by_folder(tmp_path, capsys):
    summary = {"files": [file("models/anda/dma/dma.cpp", 10, 9, 4, 2), file("models/anda/dma/dma.h", 30, 30, 0, 0),
                         file("models/anda/numeric/simd/avx2.cpp", 5, 0, 0, 0), file("src/cli/commands.cpp", 55, 11, 16, 4), file("src/main.cpp", 0, 0, 0, 0)]}
    assert coverage.folders(summary) == [
        ["models/anda/dma", 40, "97.5 %", 4, "50.0 %"], ["models/anda/numeric", 5, "0.0 %", 0, "n/a"], ["src", 0, "n/a", 0, "n/a"],
        ["src/cli", 55, "20.0 %", 16, "25.0 %"], ["all", 100, "50.0 %", 20, "30.0 %"]]


@pytest.mark.parametrize("area", ["numeric", "models", "app"])
def test_coverage_finds_the_tests_of_an_area(area):
    pattern = re.search(r'ctest --preset coverage .* -R ("\S+ .*?") --output', (ROOT / "scripts" / "coverage").read_text()).group(1)
    pattern = subprocess.run(["bash", "-c", f"areas=({area}); echo {pattern}"], capture_output=True, text=True, check=True).stdout.rstrip("\n")
    listed = subprocess.run(["ctest", "-N", "-R", pattern], cwd=os.environ["ANDA_BUILD_DIR"], capture_output=True, text=True, check=True).stdout
    assert int(re.search(r"Total Tests: (\d+)", listed).group(1)) > 50


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and os.access(path, os.X_OK)))
def test_the_help_of_scripts_has_eighty_columns(script):
    helped = subprocess.run([ROOT / "scripts" / script, "--help"], capture_output=True, text=True, env={**os.environ, "COLUMNS": "80"})
    assert helped.returncode == 0, helped.stderr
    assert max(map(len, helped.stdout.splitlines())) <= 80, max(helped.stdout.splitlines(), key=len)


@pytest.mark.parametrize("script", ["coverage", "package"])
def test_scripts_explain_themselves_and_refuse_unknown_options(script):
    helped, refused = (subprocess.run([ROOT / "scripts" / script, option], capture_output=True, text=True) for option in ("--help", "--no-such-option"))
    assert helped.returncode == 0 and helped.stdout.startswith(f"Usage: scripts/{script}")
    assert (refused.returncode, refused.stdout, refused.stderr) == (2, "", helped.stdout)


def test_the_container_file_names_what_is_in_the_tree():
    """That it builds is tried by hand: it needs an image of Debian."""
    text = (ROOT / ".devcontainer" / "Dockerfile").read_text()
    for source in re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE):
        assert (ROOT / source).exists(), source
    groups = re.findall(r"install_anda_dependencies (\w+)", text)
    helped = subprocess.run([ROOT / "scripts" / "install_dependencies", "--help"], capture_output=True, text=True).stdout
    assert groups == ["all", "package"] and set(groups) <= set(re.findall(r"^  (\w+) ", helped, re.M))
    stages = re.findall(r"^FROM \S+ AS (\w+)$", text, re.MULTILINE)
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert settings["build"]["target"] in stages and f"useradd --create-home --shell /bin/bash {settings['remoteUser']}" in text
    for name in re.findall(r"/tmp/packages/([a-z0-9-]+)_", text):
        assert f"_PACKAGE_NAME {name})" in (ROOT / "cmake" / "Package.cmake").read_text()
