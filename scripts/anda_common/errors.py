# SPDX-License-Identifier: Apache-2.0
"""How the scripts end when they cannot go on."""

import difflib
import errno
import signal
import sys


class InputError(Exception):
    """What the user gave is wrong: exit status 2. The text has a line for each problem."""


class RunError(Exception):
    """The input was fine, and it failed all the same: exit status 1. What is finished is kept."""


# The process or the machine has no room for another open file: no fault of the file.
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def read_error(path, error):
    """What to raise for a file that could not be read, from its OSError."""
    return (RunError if error.errno in _NO_ROOM else InputError)(f"{path}: {error.strerror}")


def suggestion(word, words):
    """`; did you mean …?` if one of `words` is close to `word`, else nothing."""
    near = difflib.get_close_matches(str(word), [str(each) for each in words], n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def guarded(name, main, group, arguments=None, interrupted="interrupted"):
    """Calls main(arguments), with what can go wrong as a message for people; returns the exit status.

    name -- of the script; group -- of scripts/install_dependencies that has its modules; interrupted -- what is said after
    Ctrl-C or SIGTERM."""

    def stop(*_):
        raise KeyboardInterrupt

    def fail(message, status=1):
        print(f"{name}: {message}", file=sys.stderr)
        return status

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, stop)}
    if callable(signal.getsignal(signal.SIGINT)):  # ignored where the script runs in the background
        before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return main(arguments) or 0
    except InputError as error:
        return fail(error, 2)
    except RunError as error:
        return fail(error)
    except KeyboardInterrupt:
        return fail(interrupted)
    except MemoryError:
        return fail("out of memory")
    except BrokenPipeError:
        return 1
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error)
    except ImportError as error:
        return fail(f"needs the Python module {error.name}; `scripts/install_dependencies {group}` installs it")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
