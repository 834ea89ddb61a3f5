# SPDX-License-Identifier: Apache-2.0
"""A mutant: a change in one place of the code. A file lists the mutants that no test can distinguish from the original."""

import difflib
from dataclasses import dataclass

import yaml

from anda_sim.common.errors import InputError


NUMBER = "\0"  # placeholder for a mutant's number until the numbers are known


@dataclass(frozen=True)
class Mutant:
    """Bytes `begin` to `end` of a file become `after`. `switched` replaces them in the copy of the tree, where a switch
    selects one of the two."""

    file: str
    kind: str
    begin: int
    end: int
    after: str
    switched: str
    in_constexpr: bool = False  # in a function that the compiler may have called already

    def overlaps(self, other):
        return self.file == other.file and self.begin < other.end and other.begin < self.end

    def lines(self, text):
        """Number of the first line that changes, and the lines before and after."""
        first = text.rfind(b"\n", 0, self.begin) + 1
        last = text.find(b"\n", self.end)
        last = len(text) if last < 0 else last
        after = text[first:self.begin] + self.after.encode() + text[self.end:last]
        return text.count(b"\n", 0, first) + 1, text[first:last].decode(), after.decode()

    def described(self, text):
        line, before, after = self.lines(text)
        return {"file": self.file, "line": line, "kind": self.kind, "before": _plain(before), "after": _plain(after)}


def _plain(lines):
    """Code without indentation, so that moved code is still found."""
    return "\n".join(line.strip() for line in lines.splitlines())


def diff(described):
    """A unified diff of one mutant's lines."""
    before, after = (described[side].splitlines() for side in ("before", "after"))
    place = f"{described['file']}:{described['line']}"
    return "\n".join(difflib.unified_diff(before, after, place, described["kind"], lineterm="", n=0))


def read_equivalent(path):
    """{(file, before, after): reason} of the committed list."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        return {(entry["file"], entry["before"].strip(), entry["after"].strip()): entry["reason"] for entry in entries}
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: is not a list of `file`, `before`, `after` and `reason`: {error}") from None


def is_equivalent(described, equivalent):
    return (described["file"], described["before"], described["after"]) in equivalent
