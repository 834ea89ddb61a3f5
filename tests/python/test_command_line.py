# SPDX-License-Identifier: Apache-2.0
"""The command line of anda-sim: help, version, names, exit status, and output streams."""

import os
import subprocess
from pathlib import Path

import pytest

COMMANDS = ["run", "compare", "search", "serve", "profile", "cache", "config", "trace", "models", "evaluate", "formats", "glossary",
            "registers", "completion", "man"]


def call(*args, **options):
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=120, **options)


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_lists_every_command_on_the_standard_output(word):
    result = call(word)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "Usage: anda-sim COMMAND [arguments]"
    begin = lines.index("Commands:") + 1
    listed = lines[begin:lines.index("", begin)]
    assert [line.split()[0] for line in listed] == COMMANDS
    meanings = {line[14:] for line in listed}
    assert all(line[13] == " " and line[14] != " " for line in listed) and len(meanings) == len(COMMANDS)


def test_a_missing_command_is_an_error_that_prints_the_help():
    result = call()
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == call("--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    result = call(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert f"anda-sim {command}" in result.stdout
    refused = call(command, "--no-such-option")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("error: ") and "--no-such-option" in refused.stderr


def test_the_version_is_that_of_the_project():
    result = call("--version")
    (version,) = [line.split("VERSION ")[1].split()[0] for line in
                  (Path(__file__).resolve().parents[2] / "CMakeLists.txt").read_text().splitlines() if line.startswith("project(")]
    assert (result.returncode, result.stdout, result.stderr) == (0, f"anda-sim {version}\n", "")


@pytest.mark.parametrize("word, hint", [("confg", "; did you mean `config`?"), ("Run", "`run`"), ("xyzzy", "")])
def test_an_unknown_command_is_refused(word, hint):
    result = call(word)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ") and word in result.stderr and hint in result.stderr
    assert "anda-sim --help shows the commands" in result.stderr
    assert ("did you mean" in result.stderr) == bool(hint)
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["glossary"], ["config"]])
def test_lost_output_fails_the_run(args):
    program = Path(os.environ["ANDA_BUILD_DIR"]) / "src" / "anda-sim"
    with open("/dev/full", "w") as full:
        result = subprocess.run([program, *args], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr == "error: cannot write to the standard output\n"


def test_the_systemc_kernel_prints_nothing():
    for args in (["--version"], ["run", "absent.yaml"]):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SYSTEMC")}
        result = call(*args, env=environment)
        assert "SystemC" not in result.stdout + result.stderr
