# SPDX-License-Identifier: Apache-2.0
"""The random choice of mutants: a file weighted by its lines, a kind of change, a place."""

import hashlib
import random
from pathlib import Path

from clang.cindex import Index

from anda_sim.common.errors import RunError
from anda_sim.mutation.mutant import is_equivalent
from anda_sim.mutation.operators import Finder

ATTEMPTS = 40  # draws for a mutant before the sources count as exhausted


class Draw:
    """An endless sequence of non-overlapping mutants, determined by seed and sources."""

    def __init__(self, workspace, files, seed, per_file, equivalent):
        """`equivalent`: the result of read_equivalent(); these mutants are left out."""
        self._workspace, self._seed, self._per_file, self._equivalent = workspace, seed, per_file, equivalent
        self._random = random.Random(seed)
        self._texts = {file: (workspace.source / file).read_bytes() for file in sorted(files)}
        self._weights = [text.count(b"\n") for text in self._texts.values()]
        self._found, self._drawn, self._seen = {}, [], set()
        self._file, self._left = None, 0
        self.unbuildable = self.equivalent = 0

    def key(self):
        """Everything that determines the sequence, apart from the texts of the files."""
        code = b"".join((Path(__file__).parent / name).read_bytes() for name in ("draw.py", "operators.py", "mutant.py"))
        return [self._seed, self._per_file, list(self._texts), sorted(self._equivalent), hashlib.sha256(code).hexdigest()]

    def next(self):
        for _ in range(ATTEMPTS):
            mutant = self._any()
            if mutant is None or mutant in self._seen or any(mutant.overlaps(other) for other in self._drawn):
                continue
            self._seen.add(mutant)
            if is_equivalent(mutant.described(self._texts[mutant.file]), self._equivalent):
                self.equivalent += 1
            else:
                self._drawn.append(mutant)
                return mutant
        raise RunError("the files have no more mutants to offer; take more files or fewer mutants")

    def drop(self, mutant):
        """Drops a mutant that does not compile."""
        self._drawn.remove(mutant)
        self.unbuildable += 1

    def _any(self):
        """A mutant of a random file; up to `per_file` come from the same file, so that fewer files are built."""
        if self._left == 0:
            self._file = self._random.choices(list(self._texts), self._weights)[0]
            self._left = self._per_file
        self._left -= 1
        kinds = self._found.setdefault(self._file, None)
        if kinds is None:
            kinds = self._found[self._file] = self._mutants_of(self._file)
        return self._random.choice(kinds[self._random.choice(sorted(kinds))]) if kinds else None

    def _mutants_of(self, file):
        """{kind: mutants} of a file."""
        path, text = str(self._workspace.tree / file), self._texts[file]
        unit = Index.create().parse(path, self._workspace.compile_options(), [(path, text.decode())])
        kinds = {}
        for mutant in Finder(unit, file, path, text).find():
            kinds.setdefault(mutant.kind, []).append(mutant)
        return kinds
