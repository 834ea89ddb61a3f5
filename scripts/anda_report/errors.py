# SPDX-License-Identifier: Apache-2.0
"""How the scripts end when they cannot go on."""

import os
import sys
import tempfile
from pathlib import Path


class InputError(Exception):
    """What the user gave is wrong: exit status 2."""


class RunError(Exception):
    """The input was fine, and it failed all the same: exit status 1."""


def guarded(name, main, arguments=None):
    """Calls main(arguments), with errors as one line for people; returns the exit status."""
    try:
        main(arguments)
        return 0
    except InputError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 1


def write_atomically(path, content):
    """Puts bytes under a name in full or not at all."""
    path = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise RunError(f"{path}: {error.strerror}") from None
