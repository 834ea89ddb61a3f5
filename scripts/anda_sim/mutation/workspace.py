# SPDX-License-Identifier: Apache-2.0
"""A copy of the source tree with a separate build, in which every mutant is behind a switch: one build serves all of
them, and a test can run with any of them enabled."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from anda_sim.common.errors import RunError
from anda_sim.mutation.mutant import NUMBER

GUARD = "anda_mutation_guard.h"
# Warnings caused by the switches are not errors; everything else keeps the options of ordinary builds (so that
# ccache finds it).
QUIET = ("-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wnarrowing", "-Wshadow", "-Wpedantic", "-Wlogical-op",
         "-Wduplicated-cond", "-Wnull-dereference", "-Wold-style-cast", "-Wparentheses",
         "-Wmaybe-uninitialized", "-Wunused-variable", "-Wunused-value", "-Wimplicit-fallthrough", "-Wtype-limits",
         "-Wint-in-bool-context", "-Wsign-compare", "-Wbool-compare", "-Wdangling-else", "-Warray-bounds",
         "-Wstringop-overflow", "-Wdiv-by-zero", "-Wextra-semi", "-Wempty-body", "-Waggressive-loop-optimizations",
         "-Wfloat-conversion", "-Wmisleading-indentation", "-Wshift-count-overflow", "-Wshift-count-negative",
         "-Wunused-function", "-Wunused-parameter", "-Wunused-but-set-variable", "-Wrestrict", "-Wstringop-overread")
# A mutant that removes a function's final return has undefined behaviour, so the compiler assumes that it is never enabled.
PRELUDE = f'#include <{GUARD}>\n#pragma GCC diagnostic error "-Wreturn-type"\n'.encode() + b"".join(
    f'#pragma GCC diagnostic ignored "{option}"\n'.encode() for option in QUIET)


def switched(text, numbered):
    """The text of a file with its mutants, given as (number, mutant)."""
    for number, mutant in sorted(numbered, key=lambda each: each[1].begin, reverse=True):
        text = text[:mutant.begin] + mutant.switched.replace(NUMBER, str(number)).encode() + text[mutant.end:]
    return PRELUDE + text


class Workspace:
    def __init__(self, source, folder, jobs):
        self.source, self.tree, self.jobs = Path(source), Path(folder) / "tree", jobs
        self.build_folder = self.tree / "build" / "release"

    def prepare(self):
        """Copies the files that git tracks or would add, and configures the build."""
        listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=self.source, capture_output=True)
        if listed.returncode != 0:
            raise RunError(f"{self.source}: git cannot list its files: {listed.stderr.decode().strip()}")
        names = [name for name in listed.stdout.decode().split("\0") if name and (self.source / name).is_file()]
        for folder, folders, files in os.walk(self.tree):
            if Path(folder) == self.tree and "build" in folders:
                folders.remove("build")
            for file in files:
                path = Path(folder, file)
                if str(path.relative_to(self.tree)) not in names and file != GUARD:
                    path.unlink()
        self._originals = {name: (self.source / name).read_bytes() for name in names}
        for name, content in self._originals.items():
            if not (self.tree / name).is_file():
                self._write(name, content)
        self._write(f"models/{GUARD}", (Path(__file__).parent / "guard.h").read_bytes())
        if not (self.build_folder / "build.ninja").exists():
            self._call(["cmake", "--preset", "release", "-DANDA_BUILD_TESTS=ON", "-DANDA_BUILD_APP=ON",
                        "-DANDA_BUILD_EXAMPLES=ON", "-DANDA_WARNINGS_AS_ERRORS=ON",
                        "-DANDA_UNITY=OFF",  # a mutant recompiles its own file only, not its folder
                        *(["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"] if shutil.which("ld.lld") else [])], "configure")

    def code(self, patterns):
        """The C++ files of the library and the application that match one of the patterns."""
        return sorted(name for name in self._originals if re.match(r"(models/anda|src)/.*\.(cpp|h)$", name)
                      and any(Path(name).match(pattern) or name.startswith(pattern.rstrip("/") + "/") for pattern in patterns))

    def includers(self):
        """Number of object files of the last build that depend on each file of the tree."""
        listed = subprocess.run(["ninja", "-t", "deps"], cwd=self.build_folder, capture_output=True, text=True)
        count = {}
        for line in listed.stdout.splitlines():
            if line.startswith("    "):
                path = Path(os.path.normpath(self.build_folder / line.strip()))
                if path.is_relative_to(self.tree):
                    name = str(path.relative_to(self.tree))
                    count[name] = count.get(name, 0) + 1
        return count

    def digest(self):
        """A digest of the mutated code and how it is built; tests may change."""
        digest = hashlib.sha256()
        for name in sorted(self._originals):
            if name.startswith(("models/", "src/", "cmake/", "CMake")):
                digest.update(f"{name}\0{len(self._originals[name])}\0".encode() + self._originals[name])
        return digest.hexdigest()

    def compile_options(self):
        """Clang's options, for any file of the tree."""
        for command in json.loads((self.build_folder / "compile_commands.json").read_text()):
            if command["file"].endswith("/src/main.cpp"):
                kept = [word for word in command["command"].split() if re.match("-[DI]|-std|-isystem", word)]
                return [word.replace('\\"', '"') for word in kept] + ["-xc++", "-Wno-everything", "-Wno-c++11-narrowing"]
        raise RunError(f"{self.build_folder}: has no compile command of src/main.cpp")

    def write(self, numbered):
        """Writes the mutants, given as (number, mutant), into the copy. Unchanged files keep their time stamps."""
        by_file = {}
        for number, mutant in numbered:
            by_file.setdefault(mutant.file, []).append((number, mutant))
        for name, content in self._originals.items():
            self._write(name, switched(content, by_file[name]) if name in by_file else content)

    def build(self):
        """Builds everything; returns the places of errors, as {file: lines}."""
        result = subprocess.run(["cmake", "--build", str(self.build_folder), "-j", str(self.jobs), "--", "-k", "0"],
                                capture_output=True, text=True, cwd=self.tree)
        if result.returncode == 0:
            return {}
        places = {}
        for name, line in re.findall(r"^(\S+?):(\d+):\d+:\s+(?:required from|(?:fatal )?error:)", result.stdout, re.MULTILINE):
            path = Path(os.path.normpath(self.build_folder / name))
            if path.is_relative_to(self.tree):
                places.setdefault(str(path.relative_to(self.tree)), set()).add(int(line))
        if not places:
            raise RunError(f"the copy does not build:\n{result.stdout[-4000:]}")
        return places

    def mutants_at(self, places, numbered):
        """The mutants whose lines in the copy contain one of the places. If none does, the last mutants before a place: the
        compiler reports a function without a return at its closing brace."""
        blamed, before = [], {}
        for number, mutant in numbered:
            if mutant.file not in places:
                continue
            text = (self.tree / mutant.file).read_bytes()
            begin = text.find(mutant.switched.replace(NUMBER, str(number)).encode())
            first = text.count(b"\n", 0, begin) + 1
            last = first + mutant.switched.count("\n")
            for line in places[mutant.file]:
                if first <= line <= last:
                    blamed.append(mutant)
                    break
                if last < line and last > before.get((mutant.file, line), (0, None))[0]:
                    before[mutant.file, line] = (last, mutant)
        return blamed or list({id(mutant): mutant for _, mutant in before.values()}.values())

    def _write(self, name, content):
        path = self.tree / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if name in self._originals:
            path.chmod((self.source / name).stat().st_mode)

    def _call(self, command, what):
        result = subprocess.run(command, cwd=self.tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            raise RunError(f"cannot {what} the copy:\n{result.stdout[-4000:]}")
