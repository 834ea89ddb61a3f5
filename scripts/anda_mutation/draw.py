# SPDX-License-Identifier: Apache-2.0
"""The random choice of mutants: a file by its lines, a kind of change, a place."""

import random

from clang.cindex import Index

from anda_common.errors import RunError
from anda_mutation.operators import Finder

ATTEMPTS = 40  # draws for a mutant before the sources are taken to have no more


class Draw:
    """An endless row of mutants, none over another. The same seed and sources give the same row."""

    def __init__(self, workspace, files, seed, leave_out):
        self._workspace, self._random, self._leave_out = workspace, random.Random(seed), leave_out
        self._texts = {file: (workspace.source / file).read_bytes() for file in sorted(files)}
        self._weights = [text.count(b"\n") for text in self._texts.values()]
        self._found, self._drawn, self._seen = {}, [], set()
        self.unbuildable = self.equivalent = 0

    def next(self):
        for _ in range(ATTEMPTS):
            mutant = self._any()
            if mutant is None or mutant in self._seen or any(mutant.overlaps(other) for other in self._drawn):
                continue
            self._seen.add(mutant)
            if self._leave_out(mutant.described(self._texts[mutant.file])):
                self.equivalent += 1
            else:
                self._drawn.append(mutant)
                return mutant
        raise RunError("the files have no more mutants to offer; take more files or fewer mutants")

    def drop(self, mutant):
        """A mutant that does not compile."""
        self._drawn.remove(mutant)
        self.unbuildable += 1

    def _any(self):
        file = self._random.choices(list(self._texts), self._weights)[0]
        if file not in self._found:
            path = str(self._workspace.tree / file)
            text = self._texts[file]
            unit = Index.create().parse(path, self._workspace.compile_options(), [(path, text.decode())])
            self._found[file] = {}
            for mutant in Finder(unit, file, path, text).find():
                self._found[file].setdefault(mutant.kind, []).append(mutant)
        kinds = self._found[file]
        return self._random.choice(kinds[self._random.choice(sorted(kinds))]) if kinds else None
