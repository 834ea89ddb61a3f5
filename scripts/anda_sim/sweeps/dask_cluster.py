# SPDX-License-Identifier: Apache-2.0
"""Runs points on the workers of a Dask cluster.

Workers need python3-distributed, anda-sim under the same path (a shared file system, or the same installation) and the
files that the configuration names. The code of a point travels with the task.
"""

import re
import socket
import sys

from anda_sim.common import digest
from anda_sim.common.errors import InputError, RunError

from . import point


def _reach(address):
    """Raises InputError or RunError if nothing listens at the address; Dask would retry for a long time."""
    match = re.fullmatch(r"(?:\w+://)?(?:\[(?P<ip6>[^\]]+)\]|(?P<host>[^:/]+)):(?P<port>\d{1,5})", address)
    if not match:
        raise InputError(f"--scheduler {address}: is not an address such as tcp://host:8786")
    try:
        socket.create_connection((match["ip6"] or match["host"], int(match["port"])), timeout=20).close()
    except (OSError, OverflowError) as error:
        raise RunError(f"no Dask scheduler at {address}: {error}") from None


class DaskExecutor:
    """The cluster whose scheduler is at `address`, such as tcp://host:8786."""

    def __init__(self, address):
        try:
            import cloudpickle
            from distributed import Client
        except ImportError:
            raise InputError("--scheduler needs Debian's python3-distributed; "
                             "scripts/install_dependencies sweep installs it") from None
        for module in (point, digest):
            cloudpickle.register_pickle_by_value(module)
        _reach(address)
        try:
            self._client = Client(address, timeout="20s", set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise RunError(f"no Dask scheduler at {address}: {error}") from None
        self._address = address

    @property
    def jobs(self):
        """Threads of all connected workers."""
        return max(1, sum(self._client.nthreads().values()))

    def run(self, jobs):
        """Outcomes of the jobs, in completion order. If a worker dies, another one takes over its job."""
        from distributed import as_completed
        from distributed.comm import CommClosedError

        jobs = iter(jobs)
        running = {}
        pending = as_completed(loop=self._client.loop)
        if not self._client.nthreads():
            print(f"{self._address} has no workers yet; waiting for them", file=sys.stderr)

        def feed(limit):
            while len(running) < limit:
                job = next(jobs, None)
                if job is None:
                    return
                # pure=False: each task gets a unique key, so that a retried point runs again. retries: if a worker shuts down
                # during a point, another one runs it.
                future = self._client.submit(point.run_point, job, pure=False, retries=2)
                running[future] = job
                pending.add(future)

        try:
            feed(3 * self.jobs)
            for future in pending:
                job = running.pop(future)
                yield self._outcome(future, job)
                future.release()
                feed(3 * self.jobs)
        except RunError:
            raise
        except Exception as error:
            if isinstance(error, (CommClosedError, OSError, TimeoutError)):
                raise RunError(f"lost the Dask scheduler at {self._address}: {error}") from None
            # A client that has given up raises arbitrary exceptions, which carry no information.
            if self._client.status != "running":
                raise RunError(f"lost the Dask scheduler at {self._address}") from None
            raise

    def _outcome(self, future, job):
        from distributed import CancelledError, KilledWorker

        # A finished future may become unfinished: if the worker that held the outcome dies, the point runs
        # again. Its status means nothing before there is a result or an error.
        try:
            return future.result()
        except KilledWorker:
            return {"key": job["key"], "status": "lost", "error": "its Dask workers ended while they ran it",
                    "host": "", "host_seconds": 0.0, "report": None}
        except CancelledError:
            raise RunError(f"lost the Dask scheduler at {self._address}") from None
        except Exception as error:
            if future.status != "error":
                raise
            raise RunError(f"a Dask worker could not run a point: {error}") from None

    def close(self):
        """Disconnects from the cluster; running tasks are cancelled with their client."""
        self._client.close()
