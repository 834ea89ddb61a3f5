# SPDX-License-Identifier: Apache-2.0
"""SHA-256 of files."""

import hashlib
import os
from typing import Any, Dict

_hashes: Dict[Any, str] = {}


def sha256(path: Any) -> str:
    """SHA-256 of a file; recomputed only after the file has changed."""
    info = os.stat(path)
    stamp = (os.path.realpath(path), info.st_ino, info.st_size, info.st_mtime_ns)
    if stamp not in _hashes:
        with open(path, "rb") as file:
            digest = hashlib.sha256()
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
        _hashes[stamp] = digest.hexdigest()
    return _hashes[stamp]
