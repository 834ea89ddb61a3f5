# SPDX-License-Identifier: Apache-2.0
"""Runs points on the cores of this machine."""

import os
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from anda_sim.common.errors import RunError

from .point import Cancelled, NoRoom, ProgramChanged, run_point


class LocalExecutor:
    """`jobs` simulations at a time (all cores by default), each a process; threads only wait for them."""

    def __init__(self, work_folder, jobs=None):
        self.jobs = jobs or len(os.sched_getaffinity(0))
        self._folder = work_folder
        self._read, self._write = os.pipe()
        self._pool = ThreadPoolExecutor(self.jobs)

    def run(self, jobs):
        """Outcomes of the jobs, in the order in which they end."""
        jobs = iter(jobs)
        waiting = set()
        more = True
        while more or waiting:
            while more and len(waiting) < 2 * self.jobs:
                job = next(jobs, None)
                more = job is not None
                if more:
                    waiting.add(self._pool.submit(run_point, job, self._folder, self._read))
            ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                try:
                    yield future.result()
                except ProgramChanged as error:
                    raise RunError(str(error)) from None
                except (NoRoom, OSError) as error:
                    raise RunError(f"a point could not be run: {error}") from None
                except Cancelled:
                    pass

    def close(self):
        """Ends what still runs."""
        os.write(self._write, b"x")
        self._pool.shutdown(cancel_futures=True)
        os.close(self._read)
        os.close(self._write)
