# SPDX-License-Identifier: Apache-2.0
"""The content address of a point: what its numbers follow from, and nothing else."""

import hashlib
import os

from anda_sim.common.digest import sha256

# Keys of the effective configuration that name files: what is in them belongs to the address.
_INPUT_FILES = (("workload", "trace"), ("workload", "config_json"), ("functional", "activations"), ("functional", "weights"))


def files_sha256(path):
    """SHA-256 of a file, or of all files of a folder with their names."""
    if not os.path.isdir(path):
        return sha256(path)
    names = sorted(name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name)))
    listing = "".join(f"{name}\0{sha256(os.path.join(path, name))}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


def address(simulator, text, effective):
    """Address of a point: its effective configuration (text and values), the files that it reads, the program."""
    digest = hashlib.sha256(f"{simulator.sha256}\n{text}".encode(errors="replace"))
    for section, name in _INPUT_FILES:
        path = effective[section][name]
        if path:
            digest.update(f"\n{section}.{name}={files_sha256(path)}".encode())
    return digest.hexdigest()
