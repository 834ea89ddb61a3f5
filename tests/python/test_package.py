# SPDX-License-Identifier: Apache-2.0
"""The library as others get it: installed, found by CMake and pkg-config, and as a part of another project."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
CONSUMER = ROOT / "tests" / "consumer"
# The consumer's GeMM on its four machines; what it reports to the user's handler; and nothing else.
EXPECTED = re.compile(r"(\d+) (\d+) (\d+) (\d+) cycles, 0 reports\n")
QUIET = {**os.environ, "SYSTEMC_DISABLE_COPYRIGHT_MESSAGE": "1"}


def attempt(*command, **options):
    options.setdefault("env", QUIET)
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600, **options)


def run(*command, **options):
    result = attempt(*command, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def configure(source, build, *options, **others):
    return attempt("cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release", *options, **others)


def build(source, folder, *options):
    result = configure(source, folder, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    run("cmake", "--build", folder, "-j", "2")


def check_consumer(program):
    """It prints its one line, and library and kernel print nothing beside it."""
    result = attempt(program)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    cycles = EXPECTED.fullmatch(result.stdout)
    assert cycles, result.stdout
    fast, cycle, again_cycle, again_fast = (int(text) for text in cycles.groups())
    assert fast == again_fast and cycle == again_cycle  # neighbours of other levels make no difference
    assert abs(fast - cycle) <= 0.01 * cycle


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The install tree, moved after the installation: nothing in it may name where it was."""
    first = tmp_path_factory.mktemp("install") / "first"
    run("cmake", "--install", BUILD, "--prefix", first)
    return first.rename(first.parent / "moved")


def test_application_runs_where_it_was_installed(prefix):
    assert "anda-sim" in run(prefix / "bin" / "anda-sim", "--help")


@pytest.mark.parametrize("option", [None, "-DCMAKE_CXX_STANDARD=20", "-DFEATURE=cxx_std_20"])
def test_cmake_project_finds_the_package(prefix, tmp_path, option):
    """Of any standard from C++17 on, whatever SystemC was built with."""
    build(CONSUMER, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", *([option] if option else []))
    standards = re.findall(r"-std=\S+", run("ninja", "-C", tmp_path, "-t", "commands", "consumer"))
    assert all("20" in standard for standard in standards) if option else not any("20" in s for s in standards)
    check_consumer(tmp_path / "consumer")


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_pkg_config_finds_the_package(prefix, tmp_path, standard):
    [pc] = prefix.rglob("anda.pc")
    environment = {**QUIET, "PKG_CONFIG_PATH": str(pc.parent)}
    flags = run("pkg-config", "--cflags", "--libs", "anda", env=environment).split()
    run("g++", f"-std={standard}", CONSUMER / "main.cpp", *flags, "-o", tmp_path / "consumer")
    check_consumer(tmp_path / "consumer")
    version = run("pkg-config", "--modversion", "anda", env=environment).strip()
    assert f"VERSION {version} " in (ROOT / "CMakeLists.txt").read_text()


def test_the_project_can_be_a_part_of_another(tmp_path):
    options = [f"-DANDA_SOURCE={ROOT}"]
    if shutil.which("ccache"):
        # What the project's own build has compiled with the same options is not compiled again.
        options += ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DANDA_WARNINGS_AS_ERRORS=ON"]
    else:
        options += ["-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0"]
    build(CONSUMER, tmp_path, *options)
    check_consumer(tmp_path / "consumer")
    assert not list(tmp_path.rglob("anda-sim")) and not list(tmp_path.rglob("test_models"))


@pytest.mark.parametrize("example", ["minimal", "soc", "dram_only"])
def test_installed_example_builds_and_runs_by_itself(prefix, tmp_path, example):
    folder = prefix / "share" / "anda" / "examples" / example
    build(folder, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    result = attempt(tmp_path / f"anda_{example}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout and result.stderr == ""


def test_installed_examples_of_blocks_build_and_run_by_themselves(prefix, tmp_path):
    folder = prefix / "share" / "anda" / "examples" / "blocks"
    build(folder, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_FLAGS_RELEASE=-O1")
    blocks = sorted(file.stem for file in folder.glob("*.cpp"))
    assert blocks == ["array", "buffer", "compressor", "dma", "vector_unit"]
    for block in blocks:
        result = attempt(tmp_path / f"anda_block_{block}")
        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stdout and result.stderr == ""


def test_the_smallest_examples_are_small():
    assert len((ROOT / "examples" / "minimal" / "main.cpp").read_text().splitlines()) <= 60
    for file in (ROOT / "examples" / "blocks").glob("*.cpp"):
        assert len(file.read_text().splitlines()) <= 80, file.name


@pytest.mark.parametrize("compiler", [["gcc", "-std=c99"], ["gcc", "-std=c11"], ["g++", "-std=c++17"]])
def test_register_map_is_a_header_for_drivers(prefix, tmp_path, compiler):
    """Freestanding: a driver has no operating system below it."""
    suffix = "c" if compiler[0] == "gcc" else "cpp"
    (tmp_path / f"driver.{suffix}").write_text(
        "#include <anda/control/register_map.h>\n#include <anda/control/register_map.h>\n"
        "uint32_t word(uint32_t *d);\nuint32_t word(uint32_t *d) {\n"
        "  anda_set_field(d, ANDA_DESCRIPTOR_WEIGHT_BITS, ANDA_REG_STATUS);\n"
        "  return anda_get_field(d, ANDA_DESCRIPTOR_OUTPUTS_HIGH) + ANDA_CONTROL_START + ANDA_COUNTER_CYCLES;\n}\n")
    flags = ["-ffreestanding", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Werror"]
    run(*compiler, *flags, f"-I{prefix / 'include'}", "-c", f"driver.{suffix}", cwd=tmp_path)


def test_the_reference_arithmetic_of_the_tests_is_not_installed(prefix):
    assert (prefix / "include" / "anda" / "numeric" / "panel_product.h").is_file()
    assert [file for file in prefix.rglob("*reference*") if "numeric" in str(file)] == []


def test_headers_need_nothing_that_is_not_installed(prefix):
    """Only headers of their own, of SystemC and of the standard libraries."""
    include = prefix / "include"
    headers = list(include.rglob("*.h"))
    assert len(headers) > 50
    for header in headers:
        for name in re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', header.read_text(), re.MULTILINE):
            if name.startswith("anda/"):
                assert (include / name).is_file(), f"{header}: {name}"
            else:
                assert re.fullmatch(r"[a-z_]+|stdint\.h|tlm_utils/[a-z_]+\.h", name), f"{header}: {name}"


def test_snippets_of_the_integration_page_compile(prefix, tmp_path):
    snippets = dict(re.findall(r"```(cpp|c)\n(.*?)```", (ROOT / "docs" / "integration.md").read_text(), re.DOTALL))
    includes, body = snippets["cpp"].split("\n\n", 1)
    (tmp_path / "power.cpp").write_text(
        "#include <anda/accelerator/accelerator.h>\n#include <anda/dram/dram.h>\n" + includes + "\n"
        "double power(anda::Accelerator& accelerator, anda::Dram& dram) {\n"
        + body + "return energy.total() + mm2;\n}\n")
    (tmp_path / "program.c").write_text(
        "#include <anda_driver.h>\nvoid report(uint32_t code, uint64_t address);\n"
        "void program(struct anda_io io);\nvoid program(struct anda_io io) {\n" + snippets["c"] + "}\n")
    flags = ["-Wall", "-Wextra", "-Werror", f"-I{prefix / 'include'}"]
    run("g++", "-std=c++17", *flags, "-c", "power.cpp", cwd=tmp_path)
    driver = prefix / "share" / "anda" / "examples" / "driver"
    run("gcc", "-std=c99", *flags, f"-I{driver}", "-c", "program.c", cwd=tmp_path)


@pytest.mark.parametrize("of", ["installed", "source"])
def test_missing_systemc_is_named_with_what_to_do(prefix, tmp_path, of):
    option = f"-DCMAKE_PREFIX_PATH={prefix}" if of == "installed" else f"-DANDA_SOURCE={ROOT}"
    result = configure(CONSUMER, tmp_path, option, env={**QUIET, "SYSTEMC_HOME": str(tmp_path / "nowhere")})
    message = " ".join((result.stdout + result.stderr).split())
    assert result.returncode != 0
    assert "SYSTEMC_HOME" in message
    assert "SystemC" in message and "nowhere" in message if of == "installed" else "libsystemc-dev" in message


@pytest.fixture(scope="module")
def foreign_systemc(tmp_path_factory):
    """SystemC's headers with a library that has other symbols, as one of another standard or compiler."""
    home = tmp_path_factory.mktemp("systemc")
    (home / "include").mkdir()
    include = Path(run("pkg-config", "--variable=includedir", "systemc").strip())
    for name in ["systemc", "systemc.h", "sysc", "tlm", "tlm.h", "tlm_core", "tlm_utils"]:
        if (include / name).exists():
            (home / "include" / name).symlink_to(include / name)
    (home / "lib").mkdir()
    (home / "other.cpp").write_text("namespace sc_core { int sc_api_version_2_3_4_cxx199711L = 0; }\n")
    run("g++", "-c", "other.cpp", cwd=home)
    run("ar", "rc", "lib/libsystemc.a", "other.o", cwd=home)
    return home


@pytest.mark.parametrize("of", ["installed", "source"])
def test_systemc_that_does_not_link_is_refused_when_the_project_is_configured(prefix, foreign_systemc, tmp_path, of):
    option = f"-DCMAKE_PREFIX_PATH={prefix}" if of == "installed" else f"-DANDA_SOURCE={ROOT}"
    result = configure(CONSUMER, tmp_path, option, "-DCMAKE_CXX_STANDARD=20",
                       env={**QUIET, "SYSTEMC_HOME": str(foreign_systemc)})
    message = " ".join((result.stdout + result.stderr).split())
    assert result.returncode != 0
    assert f"{foreign_systemc}/lib/libsystemc.a does not link with a C++20 program" in message
    assert "CMAKE_CXX_STANDARD" in message


@pytest.mark.parametrize("of", ["installed", "source"])
def test_a_systemc_that_the_project_has_found_is_taken(prefix, tmp_path, of):
    option = f"-DCMAKE_PREFIX_PATH={prefix}" if of == "installed" else f"-DANDA_SOURCE={ROOT}"
    library = Path(run("pkg-config", "--variable=libarchdir", "systemc").strip()) / "libsystemc.so"
    assert library.is_file()
    result = configure(CONSUMER, tmp_path, option, f"-DOWN_SYSTEMC={library}",
                       env={**QUIET, "SYSTEMC_HOME": str(tmp_path / "nowhere")})
    assert result.returncode == 0, result.stdout + result.stderr
    if of == "installed":
        run("cmake", "--build", tmp_path)
        check_consumer(tmp_path / "consumer")


def test_another_version_is_not_taken(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES CXX)\nfind_package(anda 99.0 CONFIG REQUIRED)\n")
    result = configure(tmp_path, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert result.returncode != 0
    assert 'compatible with requested version "99.0"' in " ".join(result.stderr.split())
