# SPDX-License-Identifier: Apache-2.0
"""Files that are never seen half-written."""

import os
import secrets
from pathlib import Path


def write_atomically(path, content):
    """Puts bytes or text under a name in full or not at all, not even after a crash. OSError names the path."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
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


def remove_leftovers(folder, name):
    """Removes what calls of write_atomically that were killed have left of files of a name (or pattern) in a folder, where
    nobody may be writing them now."""
    for leftover in Path(folder).glob(f".{name}.*.tmp"):
        leftover.unlink(missing_ok=True)
