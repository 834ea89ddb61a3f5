# SPDX-License-Identifier: Apache-2.0
"""Configurations of the simulator as Python objects: a file with changed keys."""

import functools
import os
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple, Union

from .common import tree
from .common.errors import InputError
from .html import details, table
from .simulator import PathLike, Simulator
from .values import as_text, flat

# A configuration has exactly one of these keys of `workload`; setting one replaces the others.
_SOURCES = ("workload.model", "workload.config_json", "workload.trace")
ConfigLike = Union["Config", PathLike, Mapping[str, Any], None]


@functools.lru_cache(maxsize=None)
def default_simulator(program: Optional[str] = None) -> Simulator:
    """The client of a program, created once per program."""
    return Simulator(program)


@functools.lru_cache(maxsize=None)
def _defaults(simulator: Simulator) -> Dict[str, Any]:
    return simulator.effective(simulator.call("config"))


def shipped_folders() -> "list[Path]":
    """The folders of the configurations shipped with the simulator."""
    places = [tree.SOURCE / "configs", *([tree.PREFIX / "share" / "anda" / "configs"] if tree.PREFIX else [])]
    return [folder for folder in places if folder.is_dir()]


def find_file(path: PathLike) -> Path:
    """The file at `path`, or the shipped configuration of that name. InputError if there is neither."""
    given = Path(path)
    for candidate in (given, *(folder / given for folder in shipped_folders())):
        if candidate.is_file():
            return Path(os.path.realpath(candidate))
    raise InputError(f"{given}: cannot be opened: there is no such file, here or among the shipped configurations")


class Config:
    """A configuration: a file of docs/configuration.md with changed keys.

        Config("llama-13b.yaml")                              # by path, or by name from configs/
        Config("llama-13b.yaml", dram="ddr4", batch=8)        # top-level keys, and keys of the workload
        Config("llama-13b.yaml", {"accelerator.mxu.rows": 32})
        Config({"workload": {"model": "LLaMA-13B"}})          # no file: the defaults

    A map may be nested or have dotted keys. `program` names another anda-sim. Relative paths in values are relative to the
    current folder. InputError reports errors with file, line and key. Objects are immutable; replace() creates new ones."""

    def __init__(self, file: Union[PathLike, Mapping[str, Any], None] = None, settings: Optional[Mapping[str, Any]] = None, *,
                 program: Optional[PathLike] = None, **keys: Any) -> None:
        if isinstance(file, Mapping):
            settings = {**file, **(settings or {})}
            file = None
        self.simulator = default_simulator(None if program is None else os.path.realpath(program))
        self.file = None if file is None else find_file(file)
        self.folder = os.getcwd()
        self.settings: Dict[str, Any] = {}
        self._add(flat(settings or {}))
        self._add(self._by_key(keys))
        text, problem = self._effective()
        if text is None:
            raise InputError(*problem.splitlines())
        self.text = text
        self.effective = self.simulator.effective(text)

    def _effective(self) -> Tuple[Optional[str], str]:
        of_server = any(key.partition(".")[0] in ("serving", "system") for key in self.settings)
        return self.simulator.config(self.file, self.settings, self.folder, of_server)

    def _by_key(self, keys: Mapping[str, Any]) -> Dict[str, Any]:
        """Keyword arguments as dotted keys: first looked up at the top level, then in the workload."""
        top = _defaults(self.simulator)
        workload = top["workload"]
        return flat({f"workload.{key}" if key in workload and key not in top else key: value for key, value in keys.items()})

    def _add(self, settings: Mapping[str, Any]) -> None:
        for source in (each for each in _SOURCES if settings.get(each)):
            self.settings.update({other: "" for other in _SOURCES if other != source and other not in settings})
        self.settings.update(settings)

    def replace(self, settings: Optional[Mapping[str, Any]] = None, **keys: Any) -> "Config":
        """A copy of this configuration with these keys changed; arguments as for Config()."""
        made = Config.__new__(Config)
        made.simulator, made.file, made.folder = self.simulator, self.file, self.folder
        made.settings = dict(self.settings)
        made._add(flat(settings or {}))
        made._add(made._by_key(keys))
        text, problem = made._effective()
        if text is None:
            raise InputError(*problem.splitlines())
        made.text, made.effective = text, made.simulator.effective(text)
        return made

    def __getitem__(self, key: str) -> Any:
        """The effective value of a dotted key; KeyError if there is none."""
        value: Any = self.effective
        for part in key.split("."):
            value = value[part]
        return value

    @property
    def name(self) -> str:
        return str(self.effective["name"])

    def __repr__(self) -> str:
        changed = "".join(f", {key}={as_text(value)}" for key, value in self.settings.items())
        return f"<Config {self.file.name if self.file else 'of defaults'}{changed}>"

    def _repr_html_(self) -> str:
        rows = [[key, as_text(value)] for key, value in self.settings.items()]
        return table(self.name or "configuration", ["changed key", "value"], rows) + details("effective configuration", self.text)


def config_of(config: ConfigLike, keys: Mapping[str, Any], program: Optional[PathLike] = None) -> Config:
    """The Config that a function of the package was given, with its keyword arguments applied."""
    if isinstance(config, Config):
        if program is not None:
            raise InputError("program: the Config has a program of its own; give it to Config()")
        return config.replace(None, **keys) if keys else config
    return Config(config, None, program=program, **keys)
