# SPDX-License-Identifier: Apache-2.0
"""anda-sim as a sweep uses it: its configuration, the names of its numbers, its content address."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

from anda_common import yaml_text
from anda_common.errors import InputError, RunError, suggestion

from .point import sha256

SCRIPTS = Path(__file__).resolve().parents[1]
BUILT = SCRIPTS.parent / "build" / "release" / "src" / "anda-sim"
RATIOS = ("speedup", "area_efficiency", "energy_efficiency")
EDP = "energy_delay_product_pj_s"
# Keys of the effective configuration that name files: what is in them belongs to the address of a point.
_INPUT_FILES = (("workload", "trace"), ("workload", "config_json"), ("functional", "activations"),
                ("functional", "weights"))
_SECTIONS = ("precision", *dict.fromkeys(section for section, _ in _INPUT_FILES))


class Written(str):
    """A value of a configuration key as the user has written it for anda-sim, whose business it is."""


def as_text(value):
    """A value as `--set` takes it."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, int) else str(value)


def files_sha256(path):
    """SHA-256 of a file, or of all files of a folder with their names."""
    if not os.path.isdir(path):
        return sha256(path)
    names = sorted(name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name)))
    listing = "".join(f"{name}\0{sha256(os.path.join(path, name))}\n" for name in names)
    return hashlib.sha256(listing.encode()).hexdigest()


class Simulator:
    """The program at `path`, or that of the source tree, which is built first."""

    def __init__(self, path=None):
        if path is None:
            self._build()
            path = BUILT
        self.path = os.path.realpath(path)
        if not os.access(self.path, os.X_OK) or os.path.isdir(self.path):
            raise InputError(f"--program {path}: is not a program")
        self.sha256 = sha256(self.path)
        self._paths = None

    def _build(self):
        try:
            subprocess.run([SCRIPTS / "anda-sim", "--version"], check=True, stdout=subprocess.DEVNULL)
        except subprocess.CalledProcessError:
            raise RunError("anda-sim could not be built") from None

    def _call(self, *args, folder=None):
        try:
            return subprocess.run([self.path, *map(str, args)], capture_output=True, encoding="utf-8", errors="replace", cwd=folder)
        except OSError as error:
            raise RunError(f"{self.path} cannot be run: {error.strerror}") from None

    def config(self, base, settings, folder):
        """(text of the effective configuration, "") or (None, what is wrong).

        base -- a configuration file or None; settings -- key to value; folder -- where relative paths in settings start."""
        sets = [word for key, value in settings.items() for word in ("--set", f"{key}={as_text(value)}")]
        done = self._call("config", *([base] if base else []), *sets, folder=folder)
        if done.returncode == 0:
            return done.stdout, ""
        return None, done.stderr.strip().removeprefix("error: ") or f"anda-sim config ended with {done.returncode}"

    def effective(self, text):
        """The effective configuration as nested dicts."""
        try:
            values = yaml_text.load(self.path, text)
            if values["systems"] and all(isinstance(values[section], dict) for section in _SECTIONS):
                return values
        except (InputError, KeyError, TypeError):
            pass
        raise InputError(f"--program {self.path}: is not anda-sim: its `config` writes no effective configuration")

    def key(self, text, effective):
        """Content address of a point: its effective configuration, the files that it reads, the program."""
        digest = hashlib.sha256(f"{self.sha256}\n{text}".encode(errors="replace"))
        for section, name in _INPUT_FILES:
            path = effective[section][name]
            if path:
                digest.update(f"\n{section}.{name}={files_sha256(path)}".encode())
        return digest.hexdigest()

    @property
    def paths(self):
        """Name of each number of a whole system to its path in report.json, as `anda-sim glossary` has them."""
        if self._paths is None:
            self._paths = {}
            for line in self._call("glossary").stdout.split("\n## Metrics")[-1].split("\n## ")[0].splitlines():
                cells = [cell.strip(" *`") for cell in line.split("|")]
                if len(cells) == 6 and cells[1] not in ("name", "") and not cells[1].startswith("-"):
                    self._paths[cells[1]] = cells[2].split(".")
            if "cycles" not in self._paths:
                raise InputError(f"--program {self.path}: is not anda-sim: its glossary has no table of metrics")
        return self._paths

    @property
    def metrics(self):
        """Names that outputs, objectives and constraints can have."""
        return [*self.paths, EDP, *RATIOS]

    def check_metric(self, name, where):
        """InputError unless `name` is a metric."""
        if name not in self.metrics:
            raise InputError(f"{where}: `{name}` is not a number of the report; docs/glossary.md lists them, besides "
                             f"{EDP}{suggestion(name, self.metrics)}")

    def numbers(self, report):
        """{system: {metric: value}} of a report; None where a number has no meaning. TypeError where it is no report."""
        ratios = {each.get("system"): each for each in report["ratios"]}
        result = {}
        for system in report["systems"]:
            name = system.get("name")
            if not isinstance(name, str):
                raise TypeError("a system of the report has no name")
            values = {}
            for metric, path in self.paths.items():
                value = system
                for part in path:
                    value = value.get(part) if isinstance(value, dict) else None
                values[metric] = _measured(metric, value)
            energy, time_s = values["energy_total_pj"], values["time_s"]
            values[EDP] = None if energy is None or time_s is None else energy * time_s
            own = ratios.get(name)
            values.update({ratio: _measured(ratio, own.get(ratio)) if own else 1.0 for ratio in RATIOS})
            result[name] = values
        return result


def _measured(metric, value):
    """A number of a report, or None. Beyond 10^100 it is none: sums and products of such would not be finite."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e100):
        raise TypeError(f"{metric} of the report is not a number from 0 to 1e100")
    return value
