# SPDX-License-Identifier: Apache-2.0
"""The line that says how far a sweep is: points done, points failed, time left."""

import sys

from anda_common.terminal import one_line


class Progress:
    """A bar on standard error; where that is no terminal, a line twice a minute."""

    def __init__(self, total, known, label="", quiet=False):
        from tqdm import tqdm

        self._failed = sum(row["status"] != "done" for row in known)
        # The bar moves the cursor; of what it shows only the label comes from a file.
        terminal = getattr(sys.stderr, "stream", sys.stderr)
        self._bar = tqdm(total=total, initial=len(known), desc=one_line(label), unit="point", disable=quiet, file=terminal,
                         mininterval=0.2 if sys.stderr.isatty() else 30, dynamic_ncols=True)
        self._bar.set_postfix(failed=self._failed)

    def update(self, row):
        self._failed += row["status"] != "done"
        self._bar.set_postfix(failed=self._failed, refresh=False)
        self._bar.update()

    def close(self):
        self._bar.close()
