# SPDX-License-Identifier: Apache-2.0
"""The content address of a point: a digest of everything that determines its numbers."""

import hashlib
import os

from anda_sim.common.digest import sha256

# Keys of the effective configuration that name files, whose content is part of the address.
_INPUT_FILES = (("workload", "trace"), ("workload", "config_json"), ("functional", "activations"), ("functional", "weights"),
                ("serving", "requests", "trace"))


def files_sha256(path):
    """SHA-256 of a file, or of all files of a folder with their names."""
    if not os.path.isdir(path):
        return sha256(path)
    names = sorted(name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name)))
    listing = "".join(f"{name}\0{sha256(os.path.join(path, name))}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def address(simulator, text, effective):
    """The address of a point, from its effective configuration (text and values), the files that it reads and the program."""
    digest = hashlib.sha256(f"{simulator.sha256}\n{text}".encode(errors="replace"))
    for key in _INPUT_FILES:
        path = effective
        for part in key:
            path = path.get(part, {})  # configurations of runs lack the section serving
        if path:
            digest.update(f"\n{'.'.join(key)}={files_sha256(path)}".encode())
    return digest.hexdigest()
