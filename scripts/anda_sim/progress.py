# SPDX-License-Identifier: Apache-2.0
"""Progress of simulations, on a terminal and in notebooks."""

import sys
from typing import Any, Iterable, List, Mapping, Tuple

from .common.terminal import one_line
from .simulator import Simulator


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel, which has its own bars."""
    if "IPython" not in sys.modules:
        return False
    shell = sys.modules["IPython"].get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def bar(**options: Any) -> Any:
    """A tqdm bar on standard error, never wider than the terminal, or a widget in notebooks that support it."""
    if in_notebook():
        try:
            import ipywidgets  # noqa: F401  without it, tqdm's notebook bar only prints a warning
            from tqdm.notebook import tqdm as notebook_tqdm

            return notebook_tqdm(**options)
        except ImportError:
            pass
    from tqdm import tqdm

    # The bar moves the cursor; only its label comes from a file.
    terminal = getattr(sys.stderr, "stream", sys.stderr)
    return tqdm(file=terminal, mininterval=0.2 if sys.stderr.isatty() else 30, dynamic_ncols=True, **options)


class Progress:
    """Shows the points of a sweep: done, failed, time left. Prints a line twice a minute if standard error is not a terminal."""

    def __init__(self, total: int, known: Iterable[Mapping[str, Any]], label: str = "", quiet: bool = False) -> None:
        rows = list(known)
        self._failed = sum(row["status"] != "done" for row in rows)
        self._bar = bar(total=total, initial=len(rows), desc=one_line(label), unit="point", disable=quiet)
        self._bar.set_postfix(failed=self._failed)

    def update(self, row: Mapping[str, Any]) -> None:
        self._failed += row["status"] != "done"
        self._bar.set_postfix(failed=self._failed, refresh=False)
        self._bar.update()

    def close(self) -> None:
        self._bar.close()


def _advance(line: Any, done: float) -> None:
    line.update(max(0.0, 100 * done - line.n))


def watched(simulator: Simulator, args: List[Any], label: str, shown: bool, accept: Tuple[int, ...] = (0,)) -> None:
    """Calls anda-sim with a bar that shows its reported progress. Raises like Simulator.call()."""
    if not shown:
        simulator.call(*args, accept=accept)
        return
    with bar(total=100, desc=one_line(label), unit="%", leave=False, bar_format="{l_bar}{bar}| {elapsed}<{remaining}") as line:
        simulator.call(*args, accept=accept, on_progress=lambda done: _advance(line, done))
