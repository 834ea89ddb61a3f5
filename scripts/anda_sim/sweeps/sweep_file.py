# SPDX-License-Identifier: Apache-2.0
"""Reads a sweep file and reports errors with file, line and key. docs/sweeps.md describes the format."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import yaml

from anda_sim.common import yaml_text
from anda_sim.common.errors import InputError

from .expression import Expression
from .node_reader import NodeReader, real

TOP_KEYS = ["name", "command", "base", "set", "parameters", "linked", "conditions", "outputs", "limits", "explore", "plot"]
# Limits of a point with their upper bounds: thirty years, and the range of the kernel's counters.
LIMITS = {"time_s": 1e9, "memory_bytes": 2**62}
EXPLORE_KEYS = ["minimise", "constraints", "system", "loss", "sampler", "trials", "seed", "batch", "population"]
LOSS_KEYS = ["table", "limit", "monotone"]
PLOT_KEYS = ["x", "y", "system", "series", "title", "x_scale", "y_scale"]
COMMANDS = ["run", "serve"]
SAMPLERS = ["nsga2", "tpe"]


@dataclass
class Axis:
    """Parameters that vary together: `values[i]` is a tuple with one value for each of `keys`."""

    keys: list
    values: list
    line: int = 0


@dataclass
class Derived:
    """A parameter computed from others."""

    key: str
    expression: Expression
    line: int = 0


@dataclass
class SweepFile:
    """The content of a sweep file, checked as far as possible without the simulator."""

    path: Path
    name: str
    command: str = "run"
    base: Optional[Path] = None
    settings: dict = field(default_factory=dict)
    axes: list = field(default_factory=list)
    derived: list = field(default_factory=list)
    conditions: list = field(default_factory=list)
    outputs: Optional[list] = None
    limits: dict = field(default_factory=dict)
    explore: dict = field(default_factory=dict)
    plot: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)

    @property
    def keys(self):
        """The keys of all parameters, in the order of the file."""
        return [key for axis in self.axes for key in axis.keys] + [each.key for each in self.derived]

    def where(self, item):
        """`file:line` of a key or another named part of the file."""
        return f"{self.path}:{self.lines[item]}" if item in self.lines else str(self.path)


def _refuse_other_kinds(path, root):
    """Raises InputError for a file of another command."""
    keys = {node.value for node, _ in root.value if isinstance(node, yaml.ScalarNode)} if isinstance(root, yaml.MappingNode) else set()
    if keys & {"parameters", "linked"}:
        return
    if "models" in keys:
        raise InputError(f"{path}: is a comparison; `anda-sim compare` runs it")
    if "serving" in keys:
        raise InputError(f"{path}: is the configuration of a server; `anda-sim serve` runs it, and a sweep file with `command: serve` "
                         "and `base` sweeps it")
    if keys & {"workload", "precision"}:
        raise InputError(f"{path}: is the configuration of a run; `anda-sim run` runs it, and `sweep {path} --param KEY=VALUES` sweeps it")


def values_of(text, key):
    """The values of a parameter given by an option: `8,16`, `[[7, 5, 6, 6], 8]` or `{from: 4, to: 8}`."""
    path = f"--param {key}={text}"
    root = yaml_text.compose(path, text if text.startswith(("[", "{")) else f"[{text}]")
    reader = NodeReader(path)
    values = reader.values(root, key)
    if reader.problems:
        raise InputError(*(message.replace(":1: ", ": ", 1) for _, message in sorted(reader.problems)))
    return values


def load(path):
    """The SweepFile at `path`; InputError names every problem in it."""
    path = Path(path)
    root = yaml_text.compose(path, yaml_text.read_text(path))
    if root is None:
        raise InputError(f"{path}: is empty; a sweep file needs `parameters`")
    reader = NodeReader(path)
    _refuse_other_kinds(path, root)
    sweep = SweepFile(path=path, name=path.stem)
    sections = {}
    for name, name_node, node in reader.pairs(root, "", TOP_KEYS):
        sections[name] = node
        sweep.lines[name] = name_node.start_mark.line + 1
    for name, node in sections.items():
        _SECTIONS[name](reader, sweep, node)
    if not sweep.axes and not reader.problems:
        reader.problem(root, "a sweep file needs `parameters` or `linked`, such as "
                       "`parameters: {accelerator.mxu.rows: [8, 16, 32]}`")
    _check_duplicates(reader, sweep, sections)
    if reader.problems:
        raise InputError(*(text for _, text in sorted(reader.problems)))
    return sweep


def _name(reader, sweep, node):
    sweep.name = reader.text(node, "name")
    if sweep.name and not re.fullmatch(r"(?!\.)[\w.+-][\w.+ -]*", sweep.name):
        reader.problem(node, "names a folder, so it has only letters, digits, spaces and . + - _, and begins with no dot", "name")


def _command(reader, sweep, node):
    sweep.command = reader.word(node, "command", COMMANDS) or sweep.command


def _base(reader, sweep, node):
    text = reader.text(node, "base")
    sweep.base = real(sweep.path.parent / text)
    if text and not sweep.base.is_file():
        reader.problem(node, f"there is no file {sweep.path.parent / text}", "base")


def _settings(reader, sweep, node):
    for key, key_node, value in reader.pairs(node, "set"):
        sweep.settings[key] = reader.value(value, f"set.{key}")
        sweep.lines[key] = key_node.start_mark.line + 1


def _parameters(reader, sweep, node):
    for key, key_node, value in reader.pairs(node, "parameters"):
        line = key_node.start_mark.line + 1
        sweep.lines[key] = line
        if isinstance(value, yaml.ScalarNode) and value.value.startswith("="):
            value.value = value.value[1:]
            expression = reader.expression(value, f"parameters.{key}")
            if expression:
                sweep.derived.append(Derived(key, expression, line))
        else:
            values = reader.values(value, f"parameters.{key}")
            sweep.axes.append(Axis([key], [(each,) for each in values], line))


def _linked(reader, sweep, node):
    groups = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for group in groups:
        columns = {}
        for key, key_node, value in reader.pairs(group, "linked"):
            sweep.lines[key] = key_node.start_mark.line + 1
            columns[key] = reader.values(value, f"linked.{key}")
        if len({len(values) for values in columns.values()}) > 1:
            lengths = ", ".join(f"{key} has {len(values)}" for key, values in columns.items())
            reader.problem(group, f"linked parameters need equally many values: {lengths}", "linked")
        elif columns:
            sweep.axes.append(Axis(list(columns), list(zip(*columns.values())), group.start_mark.line + 1))


def _conditions(reader, sweep, node):
    if not isinstance(node, yaml.SequenceNode):
        reader.problem(node, "must be a list of conditions", "conditions")
        return
    for each in node.value:
        expression = reader.expression(each, "conditions")
        if expression:
            sweep.conditions.append((expression, each.start_mark.line + 1))


def _outputs(reader, sweep, node):
    sweep.outputs = reader.texts(node, "outputs")


def _limits(reader, sweep, node):
    for key, _, value in reader.pairs(node, "limits", list(LIMITS)):
        number = reader.positive(value, f"limits.{key}", whole=key == "memory_bytes")
        if number is not None and number >= LIMITS[key]:
            reader.problem(value, f"is {value.value}, must be below {LIMITS[key]:g}; without a limit leave it out", f"limits.{key}")
        elif number is not None:
            sweep.limits[key] = number


def _explore(reader, sweep, node):
    for key, key_node, value in reader.pairs(node, "explore", EXPLORE_KEYS):
        sweep.lines[f"explore.{key}"] = key_node.start_mark.line + 1
        full = f"explore.{key}"
        if key == "minimise":
            sweep.explore[key] = reader.texts(value, full)
        elif key == "constraints":
            sweep.explore[key] = reader.texts(value, full)
        elif key == "loss":
            loss = {}
            for name, _, part in reader.pairs(value, full, LOSS_KEYS):
                if name == "table":
                    loss[name] = real(sweep.path.parent / reader.text(part, f"{full}.table"))
                elif name == "limit":
                    number = reader.number(part, f"{full}.limit")
                    loss[name] = None if number is None else float(number)
                else:
                    loss[name] = reader.truth(part, f"{full}.monotone")
            for needed in ("table", "limit"):
                if needed not in loss:
                    reader.problem(value, f"needs `{needed}`", full)
            sweep.explore[key] = loss
        elif key == "sampler":
            sweep.explore[key] = reader.word(value, full, SAMPLERS)
        elif key == "system":
            sweep.explore[key] = reader.text(value, full)
        elif key == "seed":
            number = reader.number(value, full)
            if number is not None and (number < 0 or number != number.to_integral_value() or number >= 2**31):
                reader.problem(value, f"is {value.value}, must be a whole number from 0 to {2**31 - 1}", full)
            sweep.explore[key] = int(number or 0)
        else:
            sweep.explore[key] = reader.positive(value, full, whole=True)


def _plot(reader, sweep, node):
    for key, _, value in reader.pairs(node, "plot", PLOT_KEYS):
        full = f"plot.{key}"
        if key == "y":
            sweep.plot[key] = reader.texts(value, full)
        elif key in ("x_scale", "y_scale"):
            sweep.plot[key] = reader.word(value, full, ["linear", "log"])
        else:
            sweep.plot[key] = reader.text(value, full)


_SECTIONS = {"name": _name, "command": _command, "base": _base, "set": _settings, "parameters": _parameters, "linked": _linked,
             "conditions": _conditions, "outputs": _outputs, "limits": _limits, "explore": _explore, "plot": _plot}


def _check_duplicates(reader, sweep, sections):
    seen = set()
    for key in sweep.keys:
        if key in seen or key in sweep.settings:
            other = "set" if key in sweep.settings else "linked"
            reader.problem(sections.get(other) or sections.get("parameters"),
                           "has values in two places; a key is set, a parameter or linked", key)
        seen.add(key)
