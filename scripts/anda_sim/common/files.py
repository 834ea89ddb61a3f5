# SPDX-License-Identifier: Apache-2.0
"""Atomically written files, and folders to which one process at a time writes."""

import fcntl
import os
import secrets
import socket
import time
from pathlib import Path

from .errors import RunError

# How long a killed process may keep a folder locked: through a child that has not yet called exec.
_PATIENCE_S = 1.0


class FolderLock:
    """Locks a results folder against other sweeps and anda-sim until close(), like src/files/folder_lock.h.

    RunError names the owner of a folder in use."""

    def __init__(self, folder):
        self._path = Path(folder) / ".lock"
        deadline = time.monotonic() + _PATIENCE_S
        while not self._take():
            if time.monotonic() > deadline:
                self._file.seek(0)
                owner = self._file.read().strip() or "another process"
                self._file.close()
                raise RunError(f"{folder} is in use by {owner}; wait for it to end, or choose another folder with --out")
            self._file.close()
            time.sleep(0.05)
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()} on {socket.gethostname()}")
        self._file.flush()

    def _take(self):
        self._file = open(self._path, "a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The previous owner may have removed the file before it was locked: then the lock protects nothing.
            return os.path.samestat(os.fstat(self._file.fileno()), os.stat(self._path))
        except (BlockingIOError, FileNotFoundError):
            return False

    def close(self):
        """Also removes the lock file."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def write_atomically(path, content):
    """Writes a file completely or not at all, even in a crash. OSError names the path. Removes the leftovers of killed
    calls for the same name."""
    path = Path(path)
    _remove_abandoned(path.parent, path.name)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from None
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _remove_abandoned(folder, name):
    """Removes temporary files that no process has locked."""
    for leftover in _leftovers(folder, name):
        try:
            with open(leftover, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leftover.unlink(missing_ok=True)
        except OSError:
            pass  # of a live process or another user, or already gone


def _leftovers(folder, name):
    return list(Path(folder).glob(f".{name}.*.tmp"))


def remove_leftovers(folder, name):
    """Removes temporary files that killed calls of write_atomically left for a name (or pattern) in a folder. No process may
    be writing these files."""
    for leftover in _leftovers(folder, name):
        leftover.unlink(missing_ok=True)
