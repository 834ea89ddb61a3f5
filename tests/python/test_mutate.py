# SPDX-License-Identifier: Apache-2.0
"""scripts/mutate: the changes it makes, the switch that enables one of them, and its verdicts."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from anda_sim.common.errors import InputError
from anda_sim.mutation.draw import Draw
from anda_sim.mutation.mutant import diff, is_equivalent, read_equivalent
from anda_sim.mutation.suite import Suite, Test as SuiteTest
from anda_sim.mutation.workspace import GUARD, Workspace, switched

ROOT = Path(__file__).resolve().parents[2]


CODE = """\
#include <cstdio>
constexpr int fixed = 3;
struct Box { bool full() const { return count > 0; } int count = 0; };
int take(int from, int to) { return from - to; }
int sum(int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) {
    if (i == 2 || i == 40) continue;
    total += i * 10;
  }
  total = take(total, n);
  Box box;
  box.count = n;
  return box.full() ? total : -1;
}
int main() { std::printf("%d\\n", sum(5) + fixed); }
"""


@pytest.fixture
def workspace(tmp_path):
    for part in ("source", "tree"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.cpp").write_text(CODE)
    (tmp_path / "tree" / GUARD).write_bytes((ROOT / "scripts" / "anda_sim" / "mutation" / "guard.h").read_bytes())
    return SimpleNamespace(source=tmp_path / "source", tree=tmp_path / "tree", build_folder=tmp_path,
                           compile_options=lambda: ["-std=c++17", "-xc++"])


def all_mutants(workspace):
    draw = Draw(workspace, ["a.cpp"], 1, 4, {})
    return [mutant for mutants in draw._mutants_of("a.cpp").values() for mutant in mutants]


def test_every_kind_of_change_is_found_except_at_compile_time(workspace):
    found = {(each["kind"], each["before"], each["after"]) for each in
             (mutant.described(CODE.encode()) for mutant in all_mutants(workspace))}
    loop = "for (int i = 0; i < n; ++i) {"
    for kind, before, after in [
        ("relational", loop, "for (int i = 0; i <= n; ++i) {"),
        ("relational", loop, "for (int i = 0; i >= n; ++i) {"),
        ("arithmetic", loop, "for (int i = 0; i < n; --i) {"),
        ("constant", loop, "for (int i = 1; i < n; ++i) {"),
        ("relational", "if (i == 2 || i == 40) continue;", "if (i != 2 || i == 40) continue;"),
        ("logical", "if (i == 2 || i == 40) continue;", "if (i == 2 && i == 40) continue;"),
        ("negation", "if (i == 2 || i == 40) continue;", "if (!(i == 2 || i == 40)) continue;"),
        ("constant", "if (i == 2 || i == 40) continue;", "if (i == 2 || i == 41) continue;"),
        ("jump", "if (i == 2 || i == 40) continue;", "if (i == 2 || i == 40) break;"),
        ("arithmetic", "total += i * 10;", "total -= i * 10;"),
        ("arithmetic", "total += i * 10;", "total += i / 10;"),
        ("constant", "total += i * 10;", "total += i * 9;"),
        ("deletion", "total += i * 10;", ";"),
        ("arguments", "total = take(total, n);", "total = take(n, total);"),
        ("negation", "return box.full() ? total : -1;", "return !(box.full()) ? total : -1;"),
    ]:
        assert (kind, before, after) in found
    assert any(kind == "return" and "return !(count > 0);" in after for kind, _, after in found)
    assert any(kind == "return" and "return (from - to) + 1;" in after for kind, _, after in found)
    assert not any("fixed = " in before for _, before, _ in found)
    assert all(before != after for _, before, after in found)


def test_one_build_holds_every_mutant_and_the_environment_selects_one(workspace, tmp_path):
    numbered = list(enumerate(all_mutants(workspace)))
    # No overlapping mutants: the first that fits at each place.
    chosen = []
    for number, mutant in numbered:
        if not any(mutant.overlaps(other) for _, other in chosen):
            chosen.append((number, mutant))
    assert len({mutant.kind for _, mutant in chosen}) >= 4
    (workspace.tree / "a.cpp").write_bytes(switched(CODE.encode(), chosen))
    program = tmp_path / "program"
    subprocess.run(["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-I", workspace.tree, workspace.tree / "a.cpp", "-o", program],
                   check=True)

    def output(text):
        (tmp_path / "plain.cpp").write_text(text)
        subprocess.run(["g++", "-std=c++17", "-w", tmp_path / "plain.cpp", "-o", tmp_path / "plain"], check=True)
        return subprocess.run([tmp_path / "plain"], capture_output=True, text=True, timeout=20).stdout

    def with_mutant(**environment):
        return subprocess.run([program], capture_output=True, text=True, env={**os.environ, **environment}, timeout=20).stdout

    assert with_mutant() == output(CODE) == "78\n"
    endless = [number for number, mutant in chosen if "--i" in mutant.after]
    changed = 0
    for number, mutant in [each for each in chosen if each[0] not in endless][:4]:
        plain = CODE.encode()
        text = (plain[:mutant.begin] + mutant.after.encode() + plain[mutant.end:]).decode()
        found = with_mutant(ANDA_MUTANT=str(number))
        assert found == output(text), diff(mutant.described(plain))
        changed += found != "78\n"
    assert changed >= 2
    trace = tmp_path / "trace"
    with_mutant(ANDA_MUTATION_TRACE=str(trace))
    reached = [int(line) for line in trace.read_text().split()]
    assert len(set(reached)) == len(reached) and set(reached) <= {number for number, _ in chosen}
    assert len(reached) >= len(chosen) - 1


ENDLESS = """\
#include <cstdlib>
int positive(int n) {
  if (n > 0) return n;
  std::abort();
}
int main() { return positive(1); }
"""


def test_a_mutant_without_the_end_of_a_function_does_not_compile_and_is_blamed(workspace):
    for part in (workspace.source, workspace.tree):
        (part / "b.cpp").write_text(ENDLESS)
    draw = Draw(workspace, ["b.cpp"], 1, 4, {})
    mutants = [mutant for each in draw._mutants_of("b.cpp").values() for mutant in each]
    (deletion,) = [mutant for mutant in mutants if mutant.kind == "deletion"]
    numbered = [(0, next(mutant for mutant in mutants if mutant.kind == "relational")), (1, deletion)]
    (workspace.tree / "b.cpp").write_bytes(switched(ENDLESS.encode(), numbered))
    built = subprocess.run(["g++", "-std=c++17", "-I", workspace.tree, "-c", workspace.tree / "b.cpp", "-o", workspace.tree / "b.o"],
                           capture_output=True, text=True)
    assert "reaches end of non-void function" in built.stderr
    lines = {int(line) for line in re.findall(r"b\.cpp:(\d+):\d+: error", built.stderr)}
    assert Workspace.mutants_at(workspace, {"b.cpp": lines}, numbered) == [deletion]
    assert Workspace.mutants_at(workspace, {"b.cpp": {1}}, numbered) == []


def test_a_draw_is_repeatable_and_omits_equivalent_mutants(workspace):
    def drawn(count, seed, equivalent=()):
        draw = Draw(workspace, ["a.cpp"], seed, 2, dict.fromkeys(equivalent, "a reason"))
        return [draw.next() for _ in range(count)], draw

    first, _ = drawn(6, 7)
    assert drawn(6, 7)[0] == first and drawn(4, 7)[0] == first[:4]
    assert drawn(6, 8)[0] != first
    assert all(not one.overlaps(other) for i, one in enumerate(first) for other in first[:i])
    known = first[2].described(CODE.encode())
    others, draw = drawn(5, 7, [(known["file"], known["before"], known["after"])])
    assert first[2] not in others and draw.equivalent >= 1


def suite_of(workspace, **scripts):
    """A suite of shell scripts; all of them reach mutant 1, none reaches mutant 2."""
    suite = Suite(workspace, [], [])
    for i, (name, script) in enumerate(scripts.items()):
        suite.tests.append(SuiteTest(name, ("bash", "-c", script), str(workspace.tree), (), "key"))
        suite.reach[name] = {"passed": True, "cpu_s": 0.1 * i, "reached": [1]}
    return suite


def test_verdicts(workspace):
    passes, fails = "true", "[[ $ANDA_MUTANT != 1 ]]"
    assert suite_of(workspace, a=passes, b=passes).verdict(1, set(), 9)["verdict"] == "survived"
    killed = suite_of(workspace, a=passes, b=fails, c=passes).verdict(1, set(), 9)
    assert (killed["verdict"], killed["by"], killed["tests"]) == ("killed", "b", 2)
    first = suite_of(workspace, a=passes, b=fails, c=passes).verdict(1, {"b"}, 9)
    assert (first["by"], first["tests"]) == ("b", 1)
    assert suite_of(workspace, a=fails).verdict(2, set(), 9) == {"verdict": "unreached", "tests": 0, "cpu_s": 0}
    busy = "for ((i = 0; i < 200000; ++i)); do :; done"
    assert suite_of(workspace, a=busy, b=fails).verdict(1, set(), 0.01)["verdict"] == "undecided"


def test_a_mutant_that_never_ends_or_takes_all_memory_or_all_disk_is_killed(workspace, monkeypatch):
    suite = suite_of(workspace, a="while :; do :; done")
    monkeypatch.setattr("anda_sim.mutation.suite.LEAST_CPU_S", 1)
    assert suite.verdict(1, set(), 100)["verdict"] == "killed"
    monkeypatch.setattr("anda_sim.mutation.suite.FILE_BYTES", 1 << 16)
    assert suite_of(workspace, a="head -c 100000 /dev/zero >$TMPDIR/x").verdict(1, set(), 100)["verdict"] == "killed"
    monkeypatch.setattr("anda_sim.mutation.suite.MEMORY_BYTES", 1 << 26)
    assert suite_of(workspace, a=f"{sys.executable} -c 'bytearray(1 << 27)'").verdict(1, set(), 100)["verdict"] == "killed"


def test_the_trace_of_an_unchanged_test_is_reused(workspace, tmp_path):
    suite = suite_of(workspace, a='echo 3 >>"$ANDA_MUTATION_TRACE"', b="false")
    said = []
    suite.trace(tmp_path / "reach.json", 1, said.append)
    assert suite.reach["a"]["reached"] == [3] and suite.failing == ["b"]
    assert len(said) == 2 and "FAILS" in said[1]
    again = suite_of(workspace, a="false", b="true")
    again.trace(tmp_path / "reach.json", 1, said.append)
    assert again.reach["a"]["reached"] == [3] and len(said) == 2


def test_equivalent_mutants_have_a_reason_and_their_code_exists():
    path = ROOT / "tests" / "equivalent_mutants.yaml"
    entries = yaml.safe_load(path.read_text())
    assert len(read_equivalent(path)) == len(entries)
    for entry in entries:
        code = "\n".join(line.strip() for line in (ROOT / entry["file"]).read_text().splitlines())
        assert entry["before"].strip() in code, f"{entry['file']} no longer has: {entry['before']}"
        assert entry["reason"].strip() and entry["after"].strip() != entry["before"].strip()
        assert is_equivalent({key: entry[key].strip() for key in ("file", "before", "after")}, read_equivalent(path))
    assert all(count == 1 for count in Counter((e["file"], e["before"], e["after"]) for e in entries).values())


@pytest.mark.parametrize("text", ["a: b", "- {file: x}", "[", "- 3"])
def test_a_wrong_list_of_equivalent_mutants_is_refused(tmp_path, text):
    (tmp_path / "list.yaml").write_text(text)
    with pytest.raises(InputError, match="list.yaml: is not a list of"):
        read_equivalent(tmp_path / "list.yaml")


@pytest.mark.parametrize("options", [["--mutants", "0"], ["--seed", "x"], ["--no-such"], ["--jobs", "-1"]])
def test_usage(options):
    result = subprocess.run([ROOT / "scripts" / "mutate", *options], capture_output=True, text=True)
    assert result.returncode == 2 and "usage: mutate" in result.stderr
