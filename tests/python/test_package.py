# SPDX-License-Identifier: Apache-2.0
"""The installed package, used by a project that knows nothing of the source tree."""

import os
import subprocess
from pathlib import Path

import pytest

BUILD = Path(os.environ.get("ANDA_BUILD_DIR", Path(__file__).resolve().parents[2] / "build" / "release"))

MAIN = """
#include <iostream>
#include <systemc>
#include <anda/base/error.h>
int sc_main(int, char**) {
  std::cout << anda::to_string(anda::Place{"file", 1, 2}) << std::endl;
  return 0;
}
"""

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(anda 0.1 CONFIG REQUIRED)
add_executable(user main.cpp)
target_link_libraries(user PRIVATE anda::models)
"""


def run(*command, **options):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The install tree, moved after the installation: nothing in it may name where it was."""
    first = tmp_path_factory.mktemp("install") / "first"
    run("cmake", "--install", BUILD, "--prefix", first)
    return first.rename(first.parent / "moved")


@pytest.fixture
def user(tmp_path):
    (tmp_path / "main.cpp").write_text(MAIN)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    return tmp_path


def test_application_runs_where_it_was_installed(prefix):
    assert "anda-sim" in run(prefix / "bin" / "anda-sim", "--help")


def test_cmake_project_finds_the_package(prefix, user):
    run("cmake", "-G", "Ninja", "-S", user, "-B", user / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", user / "build")
    assert "file:1:2" in run(user / "build" / "user")


def test_pkg_config_finds_the_package(prefix, user):
    [pc] = prefix.rglob("anda.pc")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}
    flags = run("pkg-config", "--cflags", "--libs", "anda", env=environment).split()
    run("g++", "-std=c++17", "main.cpp", *flags, "-o", "user", cwd=user)
    assert "file:1:2" in run(user / "user")
