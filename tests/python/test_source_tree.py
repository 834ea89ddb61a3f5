# SPDX-License-Identifier: Apache-2.0
"""Rules of the source tree that no compiler checks."""

import ast
import functools
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NUMERIC = ROOT / "models" / "anda" / "numeric"
REFERENCE = NUMERIC / "reference"
INCLUDE = re.compile(r'^\s*#include [<"]([^>"]+)', re.MULTILINE)


@functools.lru_cache(maxsize=None)
def includes(file):
    return INCLUDE.findall(file.read_text())


def sources(folder):
    return [file for file in folder.rglob("*") if file.suffix in (".h", ".cpp")]


def test_only_tests_use_the_reference_arithmetic():
    production = [file for folder in ("models", "src", "examples") for file in sources(ROOT / folder)]
    production = [file for file in production if REFERENCE not in file.parents]
    assert len(production) > 200
    users = {str(file.relative_to(ROOT)) for file in production
             if any("numeric/reference" in name for name in includes(file))}
    assert users == set()


def test_production_uses_every_header_of_the_arithmetic():
    """Code that only tests use belongs to numeric/reference. A header's own source file does not count as a user."""
    production = [file for folder in ("models", "src", "examples") for file in sources(ROOT / folder)]
    production = [file for file in production if REFERENCE not in file.parents]
    for header in sorted(NUMERIC.rglob("*.h")):
        if REFERENCE in header.parents:
            continue
        name = str(header.relative_to(ROOT / "models"))
        users = [file for file in production if file.with_suffix("") != header.with_suffix("") and name in includes(file)]
        assert users, f"only tests use {name}"


def test_each_numeric_test_names_its_block():
    """tests/numeric/…/test_X.cpp tests models/anda/numeric/…/X.h, which is the first thing it includes."""
    tests = sorted((ROOT / "tests" / "numeric").rglob("*.cpp"))
    assert len(tests) > 10
    for test in tests:
        folder = test.parent.relative_to(ROOT / "tests")
        block = Path("anda") / folder / f"{test.stem.removeprefix('test_')}.h"
        assert test.stem.startswith("test_") and (ROOT / "models" / block).is_file(), f"{test.name} names no block"
        assert includes(test)[0] == str(block), f"{test.name} includes {includes(test)[0]} first"


def test_causes_of_stalls_are_listed_once():
    """Code that distinguishes stall causes takes them from the table, or from the simulator's output."""
    table = ROOT / "models" / "anda" / "base" / "stall_cause.h"
    causes = re.findall(r"^  S\(X, (\w+),", table.read_text(), re.MULTILINE)
    assert len(causes) >= 7
    lists = []
    for folder in ("models", "src", "scripts", "examples"):
        for file in (ROOT / folder).rglob("*"):
            if not file.is_file() or file.is_symlink() or file.suffix in (".png", ".pyc") or file == table:
                continue
            text = file.read_text(errors="replace")
            named = [cause for cause in causes if re.search(rf"""["'.]{cause}["']|\b{cause}:|stall[_.]{cause}\b""", text)]
            if len(named) > len(causes) / 2:
                lists.append(str(file.relative_to(ROOT)))
    assert lists == []


def test_a_step_is_never_called_a_tile():
    """A tile is an output tile of the array; a step is the part of a GeMM whose operands fill one half of the buffers."""
    wrong = re.compile(r"\b(weight|activation|operand)s?[ _]tiles?\b|\btile[ _](shape|step)s?\b", re.IGNORECASE)
    found = []
    for folder in ("docs", "models", "src", "examples", "scripts", "configs"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".md", ".json", ".h", ".c", ".cpp", ".py", ".yaml", ""):
                if file.is_file() and "__pycache__" not in file.parts:
                    found += [f"{file.relative_to(ROOT)}: {hit.group()}" for hit in wrong.finditer(file.read_text())]
    assert found == []


def test_python_passes_the_linter():
    scripts = [path for path in (ROOT / "scripts").iterdir() if path.is_file() and "python" in path.read_text().split("\n")[0]]
    done = subprocess.run(["flake8", ROOT / "scripts" / "anda_sim", ROOT / "tests" / "python", *scripts], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_the_package_is_imported_in_one_way():
    """Scripts are next to it, pytest.ini names its folder, others use PYTHONPATH or an installation."""
    files = [path for folder in ("scripts", "tests/python", "examples") for path in (ROOT / folder).rglob("*")
             if path.is_file() and path.suffix in (".py", ".ipynb", "") and path != Path(__file__)]
    assert [str(path.relative_to(ROOT)) for path in files if "sys.path" in path.read_text(errors="replace")] == []


LONGEST_FILE, LONGEST_FUNCTION = 400, 60
_CASES = "a table of cases"
# What may be longer, and why.
LONG = {
    "src/workload/families/families.cpp: dense_families": "a table of families",
    "models/anda/numeric/simd/avx2.cpp: rows_of_groups": "one loop whose values stay in registers; a copy of it for AVX-512 is shorter",
    "tests/app/test_config_errors.cpp: every wrong configuration is refused with one line": _CASES,
    "tests/app/test_config_random.cpp: text files of any content": _CASES,
    "tests/app/test_trace_errors.cpp: Every invalid trace is refused": _CASES,
    "tests/models/test_dram_checker.cpp: Each timing rule of the checker fires": _CASES,
    "tests/models/test_driver.cpp: The driver runs a decoder layer": "one program of the driver from its beginning to its end",
    "tests/models/test_protocol_checker.cpp: The protocol checker accepts every legal sequence": _CASES,
    "tests/models/test_protocol_rules.cpp: crimes": _CASES,
}


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.end_lineno - node.lineno + 1


def cpp_functions(text):
    """Of formatted code: from a line that ends in ") {" to the bracket below its beginning. Of a test, its title."""
    first, indent, name = None, "", ""
    for number, line in enumerate(text.split("\n")):
        if first is None:
            found = re.match(r"( {0,2})(?!if|for|while|switch|namespace|struct|class)[A-Za-z_\[].*\)( const| noexcept| override)* \{$", line)
            if found:
                called = re.match(r'TEST_CASE\("([^"]*)', line) or re.search(r"([\w~]+)\(", line)
                first, indent, name = number, found[1], called[1] if called else line.strip()
        elif line.startswith(indent + "}"):
            yield name, number - first + 1
            first = None


def test_files_and_functions_are_short():
    """Or stand in the list above with the reason."""
    listed = subprocess.run(["git", "ls-files", "-z", "models", "src", "tests", "examples", "scripts"], cwd=ROOT, capture_output=True, text=True)
    assert listed.returncode == 0, listed.stderr
    used, wrong, functions = set(), [], 0
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path.is_symlink() or path.suffix not in ("", ".c", ".cpp", ".h", ".py", ".sv"):
            continue
        if not path.suffix and not path.read_bytes().startswith(b"#!"):
            continue
        text = path.read_text()
        if len(text.splitlines()) > LONGEST_FILE and name in LONG:
            used.add(name)
        elif len(text.splitlines()) > LONGEST_FILE:
            wrong.append(f"{name}: {len(text.splitlines())} lines")
        is_python = path.suffix == ".py" or not path.suffix and "python" in text.split("\n")[0]
        found = python_functions(text) if is_python else cpp_functions(text) if path.suffix in (".c", ".cpp", ".h") else []
        for function, lines in found:
            functions += 1
            if lines > LONGEST_FUNCTION:
                reasons = [place for place in LONG if f"{name}: {function}".startswith(place)]
                used.update(reasons)
                if not reasons:
                    wrong.append(f"{name}: {function} has {lines} lines")
    assert functions > 2000
    assert wrong == []
    assert set(LONG) == used, "no longer long"


def test_the_check_of_lengths_finds_them():
    body = "  x();\n" * 61
    assert list(cpp_functions(f"int f(int a) {{\n{body}}}\n")) == [("f", 63)]
    assert list(cpp_functions(f'TEST_CASE("a title", "[a]") {{\n{body}}}\n')) == [("a title", 63)]
    assert list(cpp_functions(f"struct A {{\n  void g() const {{\n{body}  }}\n}};\n")) == [("g", 63)]
    assert list(python_functions("def h():\n" + "    x = 1\n" * 61)) == [("h", 62)]
