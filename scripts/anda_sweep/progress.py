# SPDX-License-Identifier: Apache-2.0
"""The line that says how far a sweep is: points done, points failed, time left."""

import sys


class Progress:
    """A bar on standard error; where that is no terminal, a line twice a minute."""

    def __init__(self, total, known, label="", quiet=False):
        from tqdm import tqdm

        self._failed = sum(row["status"] != "done" for row in known)
        self._bar = tqdm(total=total, initial=len(known), desc=label, unit="point", disable=quiet, file=sys.stderr,
                         mininterval=0.2 if sys.stderr.isatty() else 30, dynamic_ncols=True)
        self._bar.set_postfix(failed=self._failed)

    def update(self, row):
        self._failed += row["status"] != "done"
        self._bar.set_postfix(failed=self._failed, refresh=False)
        self._bar.update()

    def close(self):
        self._bar.close()
