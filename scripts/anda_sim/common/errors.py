# SPDX-License-Identifier: Apache-2.0
"""Errors that end a script."""

import errno
import os
import re
import signal
import sys
from dataclasses import dataclass
from typing import Any, List, Optional

from .terminal import PrintableStream, one_line, say as print_inked
from .tree import PACKAGE

# Message about a key that is not in a file: set by --set, or a parameter of a sweep defined in Python.
_SETTING = re.compile(r"--set (?P<key>[\w.-]+)=(?:.*: (?P=key)[\w.\[\]-]*: |.*?: )(?P<message>.*)", re.DOTALL)
_PARAMETER = re.compile(r"parameters: (?P<key>[\w.-]+): (?P<message>.*)", re.DOTALL)
_PLACE = re.compile(r"(?P<file>[^\n]+?)(?::(?P<line>\d+)(?::(?P<column>\d+))?)?: "
                    r"(?:(?P<key>[A-Za-z_][\w.\[\]-]*): )?(?P<message>.*)", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """One error. `file`, `line`, `column` and `key` are None if the message names none."""

    message: str
    file: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    key: Optional[str] = None


def _problem(text: str) -> Problem:
    setting = _SETTING.fullmatch(text) or _PARAMETER.fullmatch(text)
    if setting:
        return Problem(setting["message"], key=setting["key"])
    place = _PLACE.fullmatch(text)
    # Without a line number, the text before a colon is a file if it looks like a file name.
    if not place or not (place["line"] or re.search(r"[./]", place["file"]) and " " not in place["file"]):
        return Problem(text)
    line, column = (int(place[part]) if place[part] else None for part in ("line", "column"))
    return Problem(place["message"], place["file"], line, column, place["key"])


class _Problems(Exception):
    """Each argument is one line of the message."""

    def __str__(self) -> str:
        return "\n".join(map(one_line, self.args))

    @property
    def problems(self) -> List[Problem]:
        """All problems, in the order of the message."""
        return [_problem(str(line)) for line in self.args]

    @property
    def file(self) -> Optional[str]:
        """The file of the first problem."""
        return self.problems[0].file if self.args else None

    @property
    def line(self) -> Optional[int]:
        """The line of the first problem, from 1."""
        return self.problems[0].line if self.args else None

    @property
    def key(self) -> Optional[str]:
        """The configuration key of the first problem, with dots."""
        return self.problems[0].key if self.args else None


class InputError(_Problems):
    """The user's input is wrong: exit status 2."""


class RunError(_Problems):
    """The input is valid, but the run failed: exit status 1. Finished results are kept."""


# The limit on open files of the process or the machine is reached; the file itself is fine.
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def read_error(path, error):
    """The exception for a file that could not be read, from its OSError."""
    return (RunError if error.errno in _NO_ROOM else InputError)(f"{path}: cannot be read: {error.strerror}")


def suggestion(word, words):
    """`; did you mean …?` if one of `words` is close to `word`, else an empty text."""
    import difflib

    near = difflib.get_close_matches(str(word)[:100], [str(each) for each in words], n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


class _Signals:
    """Ctrl-C and SIGTERM as KeyboardInterrupt, once: the second one ends the program at once."""

    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.seen = None
        self._before = {}

    def begin(self):
        for number in self.NUMBERS:
            # A process started with a signal ignored, such as a shell's background job, keeps ignoring it.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._stop)
        # The scripts start with SIGINT blocked, so that it does not arrive while Python itself is starting.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self.NUMBERS)

    def _stop(self, number, _):
        self.seen = number
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    def restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def end(self):
        """Ends the process by the signal, as shells expect of an interrupted program."""
        number = self.seen or signal.SIGINT
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                pass
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _place(error):
    """The last line of the scripts in the traceback of an exception."""
    here = str(PACKAGE)
    place, trace = "", error.__traceback__
    while trace:
        file = os.path.abspath(trace.tb_frame.f_code.co_filename)
        if file.startswith(here + os.sep):
            place = f"{os.path.relpath(file, here)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def _message(error, group):
    """(message, exit status) of an exception of main()."""
    if isinstance(error, InputError):
        return str(error), 2
    if isinstance(error, RunError):
        return str(error), 1
    if isinstance(error, MemoryError):
        return "out of memory", 1
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return one_line(f"{error.filename}: {what}" if error.filename is not None else what), 1
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"needs the Python module {error.name}; `scripts/install_dependencies {group}` installs it", 1
    what = str(error).strip().partition("\n")[0]
    return one_line(f"internal error at {_place(error)}: {type(error).__name__}{': ' if what else ''}{what[:300]}"), 1


def guarded(name: str, main: Any, group: str, arguments: Any = None, interrupted: str = "interrupted") -> int:
    """Calls main(arguments), turns errors into readable messages and returns the exit status.

    name -- of the script; group -- the group of scripts/install_dependencies with its modules; interrupted -- the message after
    Ctrl-C or SIGTERM, which then end the process. Only printable text reaches the terminal. `python3 -X dev` shows the
    traceback of an internal error."""
    streams = sys.stdout, sys.stderr
    shown: Any = map(PrintableStream, streams)
    sys.stdout, sys.stderr = shown

    def say(message: str) -> None:
        try:
            print_inked(f"{name}:", "error", " ", error=True)
            print(message, file=sys.stderr, flush=True)
        except OSError:
            pass

    signals = _Signals()
    try:
        for stream in streams:
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        signals.begin()
        try:
            status = main(arguments) or 0
        except SystemExit:  # --help has printed
            sys.stdout.flush()
            raise
        sys.stdout.flush()
        return status
    except SystemExit:
        raise
    except BrokenPipeError:
        return 1
    except BaseException as error:
        # Libraries may turn an interruption into an error of their own.
        if signals.seen or isinstance(error, KeyboardInterrupt):
            say(interrupted)
            signals.end()
            raise
        message, status = _message(error, group)
        if sys.flags.dev_mode and message.startswith("internal error"):
            raise
        say(message)
        return status
    finally:
        signals.restore()
        sys.stdout, sys.stderr = streams
        _settle(streams[0])


def _settle(stream):
    """Keeps Python's final flush from failing again if the reader of the output is gone."""
    try:
        stream.flush()
        return
    except (OSError, ValueError):
        pass
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
