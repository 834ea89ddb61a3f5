# SPDX-License-Identifier: Apache-2.0
"""Runs points on the cores of this machine."""

import os
import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from anda_sim.common.errors import RunError

from .point import Cancelled, Interrupted, NoRoom, ProgramChanged, run_point


def user_cache():
    """Folder of the result cache shared by all runs of a user, as in `anda-sim cache`; None if there is none."""
    for variable, below in (("XDG_CACHE_HOME", "anda-sim"), ("HOME", ".cache/anda-sim")):
        if os.environ.get(variable, "").startswith("/"):
            return os.path.join(os.environ[variable], below)
    return None


class LocalExecutor:
    """Runs `jobs` simulations in parallel (one per core by default), each as a process; threads only wait for them.

    cache -- folder of GeMM results to reuse and extend, or None; by default the user's cache."""

    def __init__(self, work_folder, jobs=None, cache=user_cache):
        self.jobs = jobs or len(os.sched_getaffinity(0))
        self._folder = work_folder
        self._cache = cache() if callable(cache) else cache and os.path.abspath(cache)
        self._told = set()
        self._read, self._write = os.pipe()
        self._pool = ThreadPoolExecutor(self.jobs)

    def run(self, jobs):
        """Outcomes of the jobs, in completion order."""
        jobs = iter(jobs)
        waiting = set()
        more = True
        while more or waiting:
            while more and len(waiting) < 2 * self.jobs:
                job = next(jobs, None)
                more = job is not None
                if more:
                    waiting.add(self._pool.submit(run_point, job, self._folder, self._read, self._cache, self._tell))
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                try:
                    yield future.result()
                except ProgramChanged as error:
                    raise RunError(str(error)) from None
                except (Interrupted, NoRoom, OSError) as error:
                    raise RunError(f"a point could not be run: {error}") from None
                except Cancelled:
                    pass

    def _tell(self, note):
        if note not in self._told:
            self._told.add(note)
            print(note, file=sys.stderr)

    def close(self):
        """Ends running simulations."""
        os.write(self._write, b"x")
        self._pool.shutdown(cancel_futures=True)
        os.close(self._read)
        os.close(self._write)
