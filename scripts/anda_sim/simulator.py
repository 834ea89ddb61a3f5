# SPDX-License-Identifier: Apache-2.0
"""The only client of anda-sim: finds the program, calls it, and converts its output to values and exceptions."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Union

from .common import strict_json, tree, yaml_text
from .common.errors import InputError, RunError
from .common.digest import sha256
from .values import as_text

PathLike = Union[str, "os.PathLike[str]"]
# Keys that every effective configuration has.
_SECTIONS = ("precision", "workload", "functional")
_PROGRESS = "progress "


def find_program(program: Optional[PathLike] = None) -> str:
    """The path of anda-sim. The first of these that applies: `program`, the environment variable ANDA_SIM, the source tree around
    this package (building it if needed), the program installed with the package, the PATH. InputError if none does."""
    given, said = (program, "--program") if program is not None else (os.environ.get("ANDA_SIM"), "ANDA_SIM")
    if given:
        path = os.path.realpath(given)
        if not os.access(path, os.X_OK) or os.path.isdir(path):
            raise InputError(f"{said} {os.fspath(given)}: is not a program")
        return path
    if tree.is_there():
        try:
            subprocess.run([tree.SOURCE / "scripts" / "anda-sim", "--version"], check=True, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            raise RunError("anda-sim could not be built") from None
        return os.path.realpath(tree.BUILT_PROGRAM)
    beside = tree.PREFIX / "bin" / "anda-sim" if tree.PREFIX else None
    if beside is not None and os.access(beside, os.X_OK):
        return os.path.realpath(beside)
    found = shutil.which("anda-sim")
    if found is None:
        raise InputError("anda-sim is not on the PATH; install it, or name it with the environment variable ANDA_SIM")
    return os.path.realpath(found)


def set_options(settings: Mapping[str, Any]) -> List[str]:
    """`--set` options for the keys of a configuration."""
    return [word for key, value in settings.items() for word in ("--set", f"{key}={as_text(value)}")]


class Simulator:
    """The program at `path`, by default that of find_program(). Every method raises InputError for exit status 2 and RunError
    for 1, with the lines that the program wrote."""

    def __init__(self, path: Optional[PathLike] = None) -> None:
        self.path = find_program(path)
        self.sha256 = sha256(self.path)
        self._glossary: Optional[Dict[str, Any]] = None

    def _run(self, args: Iterable[Any], folder: Optional[PathLike]) -> "subprocess.CompletedProcess[str]":
        try:
            return subprocess.run([self.path, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                                  errors="replace", cwd=folder)
        except OSError as error:
            raise RunError(f"{self.path} cannot be run: {error.strerror}") from None

    def _run_watched(self, args: Iterable[Any], on_progress: Callable[[float], None]) -> "subprocess.CompletedProcess[str]":
        """Like _run(), but discards standard output. The program reports progress on standard error."""
        command = [self.path, *map(str, args)]
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                       encoding="utf-8", errors="replace", env={**os.environ, "ANDA_SIM_PROGRESS": "lines"})
        except OSError as error:
            raise RunError(f"{self.path} cannot be run: {error.strerror}") from None
        said = []
        try:
            for line in process.stderr or ():
                if line.startswith(_PROGRESS):
                    on_progress(float(line.removeprefix(_PROGRESS)))
                else:
                    said.append(line)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        return subprocess.CompletedProcess(command, process.returncode, "", "".join(said))

    def call(self, *args: Any, folder: Optional[PathLike] = None, accept: Tuple[int, ...] = (0,),
             on_progress: Optional[Callable[[float], None]] = None) -> str:
        """The output of the program. folder -- its working folder; accept -- exit statuses that are not errors; on_progress -- called
        with the completed share of the work, 0 … 1. With on_progress, the program runs in the current folder and the output is empty."""
        done = self._run_watched(args, on_progress) if on_progress else self._run(args, folder)
        if done.returncode in accept:
            return done.stdout
        if done.returncode < 0:
            raise RunError(f"anda-sim {args[0]} was ended by {signal.Signals(-done.returncode).name}")
        lines = done.stderr.strip().removeprefix("error: ").splitlines()
        raise (InputError if done.returncode == 2 else RunError)(*lines or [f"anda-sim {args[0]} ended with {done.returncode}"])

    def results(self, command: str, config: PathLike, file: str, *args: Any, accept: Tuple[int, ...] = (0,)) -> Any:
        """Content of the JSON file that a command writes to its results folder; the folder is temporary."""
        with tempfile.TemporaryDirectory(prefix="anda-sim-") as folder:
            self.call(command, config, "--out", folder, "--quiet", *args, accept=accept)
            return strict_json.load(Path(folder) / file)

    def config(self, base: Optional[PathLike], settings: Mapping[str, Any], folder: Optional[PathLike] = None,
               server: bool = False) -> Tuple[Optional[str], str]:
        """(text of the effective configuration, "") or (None, error message).

        base -- a configuration file or None; settings -- key to value; folder -- base of relative paths in settings; server --
        include the keys of `anda-sim serve`, which a file with the section serving always has."""
        done = self._run(["config", *([base] if base else []), *(["--server"] if server else []), *set_options(settings)], folder)
        if done.returncode == 0:
            return done.stdout, ""
        return None, done.stderr.strip().removeprefix("error: ") or f"anda-sim config ended with {done.returncode}"

    def effective(self, text: str) -> Dict[str, Any]:
        """The effective configuration as nested dicts."""
        try:
            values = yaml_text.load(self.path, text)
            if values["systems"] and all(isinstance(values[section], dict) for section in _SECTIONS):
                return dict(values)
        except (InputError, KeyError, TypeError):
            pass
        raise InputError(f"--program {self.path}: is not anda-sim: its `config` writes no effective configuration")

    @property
    def glossary(self) -> Dict[str, Any]:
        """The tables of `anda-sim glossary --json`: "metrics", "ratios", "ops", "actions" and others, lists of dicts with
        name, unit and meaning."""
        if self._glossary is None:
            try:
                document = strict_json.loads(self.call("glossary", "--json"), "its glossary")
                if all(isinstance(row["name"], str) and isinstance(row["path"], str) for row in document["metrics"]):
                    self._glossary = dict(document)
            except (InputError, RunError, KeyError, TypeError):
                pass
            if self._glossary is None or not self._glossary["metrics"]:
                raise InputError(f"--program {self.path}: is not anda-sim: its glossary has no table of metrics")
        return self._glossary
