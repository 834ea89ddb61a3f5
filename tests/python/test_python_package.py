# SPDX-License-Identifier: Apache-2.0
"""The package as `pip install ./scripts` installs it, without a network and without the source tree."""

import os
import shutil
import subprocess
import sys

import pytest
from sweep_tools import ROOT, program, write

QUIET = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ANDA_SIM")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """(environment, command folder) of an installation from a copy of the tree."""
    folder = tmp_path_factory.mktemp("installed")
    tree = folder / "tree"
    shutil.copytree(ROOT / "scripts", tree / "scripts", symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    (tree / "docs").mkdir()
    for schema in (ROOT / "docs").glob("*.schema.json"):
        shutil.copy(schema, tree / "docs")
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-index", "--no-deps",
                           "--root-user-action=ignore", "--target", folder / "site", tree / "scripts"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(tree)
    return {**QUIET, "PYTHONPATH": str(folder / "site"), "ANDA_SIM": program()}, folder / "site" / "bin"


def call(environment, *command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment, **options)


def test_an_installed_package_runs_the_named_program(installed, tmp_path):
    environment, _ = installed
    code = ("import anda_sim; run = anda_sim.run(model='OPT-1.3B', layers=1, tokens=32, progress=False); "
            "print(anda_sim.__file__.startswith(__import__('os').environ['PYTHONPATH']), run.cycles > 0, len(run.ops) > 0)")
    done = call(environment, sys.executable, "-c", code, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "True True True\n"), done.stderr


def test_without_a_program_the_message_says_what_to_do(installed, tmp_path):
    environment, _ = installed
    environment = {**environment, "PATH": "/nowhere"}
    del environment["ANDA_SIM"]
    done = call(environment, sys.executable, "-c", "import anda_sim; anda_sim.Config()", cwd=tmp_path)
    assert "anda-sim is not on the PATH; install it, or name it with the environment variable ANDA_SIM" in done.stderr
    environment["ANDA_SIM"] = str(tmp_path)
    done = call(environment, sys.executable, "-c", "import anda_sim; anda_sim.Config()", cwd=tmp_path)
    assert f"ANDA_SIM {tmp_path}: is not a program" in done.stderr


def test_the_program_on_the_path_is_found(installed, tmp_path):
    environment, _ = installed
    (tmp_path / "anda-sim").symlink_to(program())
    environment = {**environment, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    del environment["ANDA_SIM"]
    done = call(environment, sys.executable, "-c", "import anda_sim; print(anda_sim.Config().simulator.path)", cwd=tmp_path)
    assert done.stdout == os.path.realpath(program()) + "\n", done.stderr


@pytest.mark.parametrize("command", ["anda-sweep", "anda-explore", "anda-report", "anda-plot"])
def test_commands_explain_themselves(installed, command):
    environment, folder = installed
    done = call(environment, sys.executable, folder / command, "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage: "), done.stderr


def test_an_installed_sweep_has_the_rows_of_the_script(installed, tmp_path):
    environment, folder = installed
    path = write(tmp_path, "base: base.yaml\nparameters: {precision: [4, 6]}\n")
    for command in ([sys.executable, folder / "anda-sweep"], [ROOT / "scripts" / "sweep"]):
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        done = call(environment, *command, path, "--out", out, "--quiet", "--program", program())
        assert done.returncode == 0, done.stderr
    first, second = (each.read_bytes() for each in tmp_path.glob("*/results.csv"))
    assert first == second and first.count(b"\n") == 3


def test_the_package_is_marked_as_typed(installed):
    environment, folder = installed
    assert (folder.parent / "anda_sim" / "py.typed").is_file()
    assert sorted(path.name for path in (folder.parent / "anda_sim" / "schemas").iterdir()) == [
        "compare.schema.json", "report.schema.json", "search.schema.json", "serve.schema.json"]
