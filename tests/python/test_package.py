# SPDX-License-Identifier: Apache-2.0
"""The library as users get it: installed, found by CMake and pkg-config, and as a part of another project."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ANDA_BUILD_DIR", ROOT / "build" / "release"))
CONSUMER = ROOT / "tests" / "consumer"
# The consumer's GeMM on its four machines, its reports to the user's handler, and nothing else.
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
    # Programs that run for a moment are compiled fast, and once where several tests make the same one.
    quick = ["-DCMAKE_CXX_FLAGS_RELEASE=-O0 -DNDEBUG", *(["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else [])]
    return attempt("cmake", "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_BUILD_TYPE=Release", *quick, *options, **others)


def build(source, folder, *options):
    result = configure(source, folder, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    run("cmake", "--build", folder, "-j", "2")


def check_consumer(program):
    """The consumer prints its one line; library and kernel print nothing."""
    result = attempt(program)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    cycles = EXPECTED.fullmatch(result.stdout)
    assert cycles, result.stdout
    fast, cycle, again_cycle, again_fast = (int(text) for text in cycles.groups())
    assert fast == again_fast and cycle == again_cycle  # neighbours of other levels make no difference
    assert abs(fast - cycle) <= 0.01 * cycle


@pytest.fixture(scope="module")
def systemc():
    """The SystemC of the build, as recorded for installations: library, headers and version symbol."""
    config = (BUILD / "anda-config.cmake").read_text()
    return {name: re.search(pattern, config)[1] for name, pattern in {
        "library": r'set\(SystemC_LIBRARY "(.*)"\)',
        "include": r'set\(SystemC_INCLUDE_DIR "(.*)"\)',
        "api": r'set\(built_with "(.*)"\)'}.items()}


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The install tree, moved after installation: nothing in it may name its old place."""
    first = tmp_path_factory.mktemp("install") / "first"
    run("cmake", "--install", BUILD, "--prefix", first)
    return first.rename(first.parent / "moved")


def test_application_runs_where_it_was_installed(prefix):
    assert "anda-sim" in run(prefix / "bin" / "anda-sim", "--help")


@pytest.mark.parametrize("option", [None, "-DCMAKE_CXX_STANDARD=20", "-DFEATURE=cxx_std_20"])
def test_cmake_project_finds_the_package(prefix, systemc, tmp_path, option):
    """Projects may use SystemC's C++ standard or any later one."""
    build(CONSUMER, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", *([option] if option else []))
    standards = re.findall(r"-std=\S+", run("ninja", "-C", tmp_path, "-t", "commands", "consumer"))
    expected = "20" if option or "cxx202002L" in systemc["api"] else "17"
    assert standards == [] and expected == "17" or all(expected in standard for standard in standards)
    check_consumer(tmp_path / "consumer")


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_pkg_config_finds_the_package(prefix, systemc, tmp_path, standard):
    if standard == "c++17" and "cxx202002L" in systemc["api"]:
        pytest.skip("SystemC's headers need C++20")
    [pc] = prefix.rglob("anda.pc")
    environment = {**QUIET, "PKG_CONFIG_PATH": str(pc.parent)}
    flags = run("pkg-config", "--cflags", "--libs", "anda", env=environment).split()
    run("g++", f"-std={standard}", CONSUMER / "main.cpp", *flags, "-o", tmp_path / "consumer")
    check_consumer(tmp_path / "consumer")
    version = run("pkg-config", "--modversion", "anda", env=environment).strip()
    assert f"VERSION {version} " in (ROOT / "CMakeLists.txt").read_text()


# A compiler launcher that takes an object from the project's own build where the command is the same.
REUSE = """#!/usr/bin/python3
import json, os, shlex, shutil, sys
from pathlib import Path

def words(command, folder):
    compiler = next((place for place, word in enumerate(command) if word.endswith(("c++", "g++"))), 0)
    kept = [word for place, word in enumerate(command)
            if place >= compiler and word not in ("-MD", "-MT", "-MF") and command[place - 1] not in ("-MT", "-MF")]
    return [word.replace(folder + "/", "").replace("_deps/anda-build/", "") for word in kept]

wanted = words(sys.argv[1:], os.getcwd())
for entry in json.loads(Path("BUILD/compile_commands.json").read_text()):
    if words(shlex.split(entry["command"]), "BUILD") == wanted:
        shutil.copy(Path("BUILD", wanted[wanted.index("-o") + 1]), sys.argv[sys.argv.index("-o") + 1])
        sys.exit()
with open("compiled", "a") as file:
    print(wanted[-1], file=file)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_the_project_can_be_a_part_of_another(tmp_path):
    """It is compiled by the same commands as it is by itself, so that its objects need not be made again."""
    cache = dict(re.findall(r"^(ANDA_\w+|CMAKE_BUILD_TYPE|CMAKE_CXX_FLAGS_RELEASE|CMAKE_CXX_STANDARD):\w+=(.*)$",
                            (BUILD / "CMakeCache.txt").read_text(), re.MULTILINE))
    launcher = tmp_path / "reuse"
    launcher.write_text(REUSE.replace("BUILD", str(BUILD)))
    launcher.chmod(0o755)
    folder = tmp_path / "build"
    build(CONSUMER, folder, f"-DANDA_SOURCE={ROOT}", f"-DCMAKE_CXX_COMPILER_LAUNCHER={launcher}",
          *(f"-D{name}={cache[name]}" for name in ("ANDA_UNITY", "ANDA_WARNINGS_AS_ERRORS", "CMAKE_BUILD_TYPE", "CMAKE_CXX_FLAGS_RELEASE",
                                                   "CMAKE_CXX_STANDARD") if name in cache))
    compiled = (folder / "compiled").read_text().split()
    assert [Path(name).name for name in compiled] == ["main.cpp"]
    check_consumer(folder / "consumer")
    for program in ("anda-sim", "test_models"):
        assert not list(folder.rglob(program))


@pytest.mark.parametrize("example", ["minimal", "soc", "dram_only"])
def test_installed_example_builds_and_runs_by_itself(prefix, tmp_path, example):
    folder = prefix / "share" / "anda" / "examples" / example
    build(folder, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    result = attempt(tmp_path / f"anda_{example}")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout and result.stderr == ""


def test_installed_examples_of_blocks_build_and_run_by_themselves(prefix, tmp_path):
    folder = prefix / "share" / "anda" / "examples" / "blocks"
    build(folder, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}")
    blocks = sorted(file.stem for file in folder.glob("*.cpp"))
    assert blocks == ["array", "buffer", "compressor", "dma", "link", "vector_unit"]
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
    """The header compiles freestanding: a driver has no operating system below it."""
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


def test_only_headers_that_users_need_are_installed(prefix):
    """Engines, memory policies, elements and kernels are not installed."""
    installed = {str(file.relative_to(prefix / "include")) for file in (prefix / "include").rglob("*.h")}
    for header in ("accelerator/accelerator.h", "mxu/mxu.h", "dataflow/step_plan.h", "control/register_map.h"):
        assert f"anda/{header}" in installed
    for folder in ("engine/cycle", "engine/fast", "dram/scheduler/", "dram/refresh/", "numeric/simd/kernels",
                   "mxu/processing_element/anda_pe", "buffer/buffer_access"):
        assert [header for header in installed if header.startswith(f"anda/{folder}")] == []


def test_headers_need_nothing_that_is_not_installed(prefix):
    """Installed headers include only each other, SystemC and the standard libraries."""
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


def link_headers(systemc, home):
    (home / "include").mkdir(parents=True)
    for name in ["systemc", "systemc.h", "sysc", "tlm", "tlm.h", "tlm_core", "tlm_utils"]:
        header = Path(systemc["include"]) / name
        if header.exists():
            (home / "include" / name).symlink_to(header)
    (home / "lib").mkdir()


@pytest.fixture(scope="module")
def foreign_systemc(systemc, tmp_path_factory):
    """SystemC's headers with a library of different symbols, as from another standard or compiler."""
    home = tmp_path_factory.mktemp("systemc")
    link_headers(systemc, home)
    (home / "other.cpp").write_text("namespace sc_core { int sc_api_version_2_3_4_cxx199711L = 0; }\n")
    run("g++", "-c", "other.cpp", cwd=home)
    run("ar", "rc", "lib/libsystemc.a", "other.o", cwd=home)
    return home


PACKAGE = """add_library(SystemC::systemc SHARED IMPORTED)
set_target_properties(SystemC::systemc PROPERTIES
  IMPORTED_CONFIGURATIONS RELEASE
  IMPORTED_LOCATION_RELEASE {home}/lib/libsystemc.so
  INTERFACE_INCLUDE_DIRECTORIES {home}/include
  INTERFACE_COMPILE_FEATURES cxx_std_17
  INTERFACE_LINK_LIBRARIES Threads::Threads)
"""


@pytest.fixture(scope="module")
def own_systemc(systemc, tmp_path_factory):
    """A user's SystemC in a separate folder with a CMake package: that of the build under another name."""
    home = tmp_path_factory.mktemp("own")
    link_headers(systemc, home)
    shutil.copy(systemc["library"], home / "lib" / "libsystemc.so")
    package = home / "lib" / "cmake" / "SystemCLanguage"
    package.mkdir(parents=True)
    (package / "SystemCLanguageConfig.cmake").write_text(PACKAGE.format(home=home))
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


@pytest.mark.parametrize("option", ["-DCMAKE_CXX_STANDARD=20", "-DFEATURE=cxx_std_20"])
def test_a_systemc_found_by_the_project_is_used(prefix, own_systemc, tmp_path, option):
    build(CONSUMER, tmp_path, f"-DCMAKE_PREFIX_PATH={prefix};{own_systemc}", "-DSYSTEMC_PACKAGE=ON",
          *([option] if option else []))
    assert f"{own_systemc}/lib/libsystemc.so" in run("ninja", "-C", tmp_path, "-t", "commands", "consumer")
    check_consumer(tmp_path / "consumer")


def test_a_later_standard_reads_systemc_headers_as_of_systemcs_own(systemc, own_systemc, tmp_path):
    options = [f"-DANDA_SOURCE={ROOT}", f"-DCMAKE_PREFIX_PATH={own_systemc}", "-DSYSTEMC_PACKAGE=ON",
               "-DCMAKE_CXX_STANDARD=20"]
    result = configure(CONSUMER, tmp_path, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    [command] = [line for line in run("ninja", "-C", tmp_path, "-t", "commands", "consumer").splitlines()
                 if "main.cpp" in line and " -c " in line]
    assert f"-DSC_CPLUSPLUS={systemc['api'].split('cxx')[1]} " in command
    assert f"{own_systemc}/include" in command


@pytest.mark.parametrize("named_by", ["SYSTEMC_HOME", "CMake package"])
def test_an_installation_remembers_the_systemc_it_was_built_with(prefix, own_systemc, tmp_path, named_by):
    """For another SystemC with the same library, only the installation's record differs."""
    others, environment = [], QUIET
    if named_by == "SYSTEMC_HOME":
        environment = {**QUIET, "SYSTEMC_HOME": str(own_systemc)}
    else:
        others = [f"-DCMAKE_PREFIX_PATH={own_systemc}"]
    result = attempt("cmake", "--preset", "library", "-B", tmp_path / "anda", *others, cwd=ROOT, env=environment)
    assert result.returncode == 0, result.stdout + result.stderr
    installed = shutil.copytree(prefix, tmp_path / "prefix")
    for name in ["anda-config.cmake", "anda.pc"]:
        [file] = installed.rglob(name)
        shutil.copy(tmp_path / "anda" / name, file)

    build(CONSUMER, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={installed}")
    check_consumer(tmp_path / "build" / "consumer")
    assert f"{own_systemc}/lib/libsystemc.so" in run("ninja", "-C", tmp_path / "build", "-t", "commands", "consumer")
    [pc] = installed.rglob("anda.pc")
    flags = run("pkg-config", "--cflags", "--libs", "anda", env={**QUIET, "PKG_CONFIG_PATH": str(pc.parent)}).split()
    assert f"{own_systemc}/lib/libsystemc.so" in flags and f"-I{own_systemc}/include" in flags


@pytest.mark.parametrize("named_by", ["SYSTEMC_HOME", "CMake package"])
def test_a_systemc_other_than_that_of_the_installation_is_refused(prefix, systemc, tmp_path, named_by):
    """A SystemC that links but has another version, represented by a linker script."""
    if systemc["library"].endswith(".a"):
        pytest.skip("a linker script stands for a shared library")
    home = tmp_path / "home"
    link_headers(systemc, home)
    (home / "lib" / "libsystemc.so").write_text(
        f"/* sc_api_version_9_8_7_cxx201703L */\nINPUT({systemc['library']})\n")
    (home / "SystemCLanguageConfig.cmake").write_text(PACKAGE.format(home=home))
    if named_by == "SYSTEMC_HOME":
        result = configure(CONSUMER, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}",
                           env={**QUIET, "SYSTEMC_HOME": str(home)})
    else:
        result = configure(CONSUMER, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}", "-DSYSTEMC_PACKAGE=ON",
                           f"-DSystemCLanguage_DIR={home}")
    message = " ".join((result.stdout + result.stderr).split())
    assert result.returncode != 0
    assert "built with another SystemC" in message
    assert systemc["api"] in message and "sc_api_version_9_8_7_cxx201703L" in message


def test_the_library_needs_nothing_but_systemc(tmp_path):
    """The build that docs/integration.md and the README describe."""
    for page in ["docs/integration.md", "README.md"]:
        assert "cmake --preset library && cmake --build --preset library" in (ROOT / page).read_text()
    others = re.findall(r"anda_require\((\S+)", (ROOT / "cmake" / "Dependencies.cmake").read_text())
    others = [name for name in others if name not in ("name", "SystemC")]
    assert {"yaml-cpp", "Catch2"} <= set(others)
    result = attempt("cmake", "--preset", "library", "-B", tmp_path, cwd=ROOT,
                     *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in others))
    assert result.returncode == 0, result.stdout + result.stderr


def test_port_types_match_the_integration_page(prefix, tmp_path):
    page = (ROOT / "docs" / "integration.md").read_text()
    ports = re.findall(r"^\| `(Accelerator|Dram)::(\w+)` \| `([^`]+)` \|", page, re.MULTILINE)
    assert [port[1] for port in ports] == ["control", "memory", "interrupt", "socket"]
    (tmp_path / "ports.cpp").write_text(
        "#include <anda/accelerator/accelerator.h>\n#include <anda/dram/dram.h>\n"
        + "".join(f"static_assert(std::is_same_v<decltype(anda::{module}::{port}), {kind}>);\n"
                  for module, port, kind in ports))
    [pc] = prefix.rglob("anda.pc")
    flags = run("pkg-config", "--cflags", "anda", env={**QUIET, "PKG_CONFIG_PATH": str(pc.parent)}).split()
    standard = "c++20" if any("202002L" in flag for flag in flags) else "c++17"
    run("g++", f"-std={standard}", *flags, f"-I{prefix / 'include'}", "-fsyntax-only", "ports.cpp", cwd=tmp_path)


def test_bounds_on_the_page_of_sockets_match_the_configuration():
    """The bounds in docs/tlm.md equal those of docs/configuration.md, which the program writes."""
    configuration = (ROOT / "docs" / "configuration.md").read_text()
    section = configuration.split("### `accelerator.dma`")[1].split("###")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in section.splitlines() if row.startswith("| `")]
    page = (ROOT / "docs" / "tlm.md").read_text().split("## Initiator socket")[1]
    for key, *_, in rows:
        assert f"| {key}" in page or f"| `{key.strip('`')}:" in page, f"docs/tlm.md says nothing of dma.{key}"
    stated = dict(re.findall(r"^\| `(\w+)` \|.*?(\d[\d ]* … \d[\d ]*)", page, re.MULTILINE))
    assert stated.keys() >= {"max_burst_bytes", "requests_in_flight", "timeout_cycles"}
    for row in rows:
        key = row[0].strip("`")
        if key in stated:
            assert stated[key].strip() in " ".join(row), f"dma.{key}"


def test_another_version_is_not_taken(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES CXX)\nfind_package(anda 99.0 CONFIG REQUIRED)\n")
    result = configure(tmp_path, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert result.returncode != 0
    assert 'compatible with requested version "99.0"' in " ".join(result.stderr.split())
