# SPDX-License-Identifier: Apache-2.0
"""Reads a sweep file and reports errors with file, line and key. docs/sweeps.md describes the format."""

import math
import os
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Optional

import yaml

from anda_sim.common import scalar, yaml_text
from anda_sim.common.errors import InputError, suggestion
from anda_sim.common.terminal import one_line

from .expression import Expression, ExpressionError

TOP_KEYS = ["name", "base", "set", "parameters", "linked", "conditions", "outputs", "limits", "explore", "plot"]
RANGE_KEYS = ["from", "to", "step", "factor", "count", "scale", "whole"]
# Limits of a point and their upper bounds: thirty years, and the range of the kernel's counters.
LIMITS = {"time_s": 1e9, "memory_bytes": 2**62}
EXPLORE_KEYS = ["minimise", "constraints", "system", "loss", "sampler", "trials", "seed", "batch", "population"]
LOSS_KEYS = ["table", "limit", "monotone"]
PLOT_KEYS = ["x", "y", "system", "series", "title", "x_scale", "y_scale"]
SAMPLERS = ["nsga2", "tpe"]
LARGEST_LIST = 100000


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


def real(path):
    """An absolute path without links; for a circular link, the unresolved rest, where no file exists."""
    return Path(os.path.realpath(path))


def plain(value):
    """A number of a range as an int if it is whole, so that ranges of integer keys may use 1e9."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**18 else float(value)
    return value


class _Reader:
    def __init__(self, path):
        self.path = path
        self.problems = []

    def problem(self, node, what, key=""):
        line = node.start_mark.line + 1 if node is not None else 1
        self.problems.append((line, one_line(f"{self.path}:{line}: {key + ': ' if key else ''}{what}")))

    def pairs(self, node, key, known=None):
        """[(key text, key node, value node)] of a map; records problems."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, "must be a map of `key: value`", key)
            return []
        seen, found = set(), []
        for name_node, value in node.value:
            if not isinstance(name_node, yaml.ScalarNode):
                self.problem(name_node, "a key must be a word", key)
                continue
            name = name_node.value
            if yaml_text.unfit(name):
                self.problem(name_node, yaml_text.unfit(name), key)
                continue
            full = f"{key}.{name}" if key and known is not None else name
            if name in seen:
                self.problem(name_node, "stands here twice", full)
                continue
            seen.add(name)
            if known is not None and name not in known:
                what = f"the keys of {key or 'a sweep file'} are {', '.join(known)}"
                self.problem(name_node, f"is not a key; {what}{suggestion(name, known)}", full)
                continue
            found.append((name, name_node, value))
        return found

    def value(self, node, key):
        """A value of a configuration key: whole number, number, truth value, text, list or map of these."""
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, key) for each in node.value]
        if isinstance(node, yaml.MappingNode):
            return {name: self.value(each, key) for name, _, each in self.pairs(node, key)}
        if not yaml_text.is_plain(node):
            return self.fit(node, key)
        measured = scalar.quantity(node.value, key.rpartition(".")[-1])
        if measured is not None:
            return measured
        try:
            value = scalar.plain(node.value)
        except scalar.OutOfRange as error:
            self.problem(node, str(error), key)
            return 0
        if value is None:
            self.problem(node, 'has no value; empty text is written ""', key)
        return value

    def fit(self, node, key):
        """The text of a scalar, without anything that no configuration can contain."""
        if yaml_text.unfit(node.value):
            self.problem(node, yaml_text.unfit(node.value), key)
            return ""
        return node.value

    def number(self, node, key, unit_of=""):
        """A number, with a unit if the key `unit_of` has one in its name."""
        text = node.value if yaml_text.is_plain(node) else ""
        measured = scalar.quantity(text, unit_of.rpartition(".")[-1])
        if measured is not None:
            return Decimal(str(measured))
        try:
            if scalar.number(text) is not None:
                return Decimal(text)
        except scalar.OutOfRange as error:
            self.problem(node, str(error), key)
            return None
        self.problem(node, "must be a number", key)
        return None

    def positive(self, node, key, whole=False):
        number = self.number(node, key)
        if number is not None and (number <= 0 or (whole and number != number.to_integral_value())):
            self.problem(node, f"is {node.value}, must be a {'whole ' if whole else ''}number above 0", key)
            return None
        return None if number is None else plain(number)

    def text(self, node, key):
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self.problem(node, "must be text", key)
            return ""
        return self.fit(node, key)

    def word(self, node, key, words):
        text = self.text(node, key)
        if text and text not in words:
            self.problem(node, f"is `{text}`, must be one of {', '.join(words)}{suggestion(text, words)}", key)
        return text

    def truth(self, node, key):
        if not yaml_text.is_plain(node) or node.value not in ("true", "false"):
            self.problem(node, "must be true or false", key)
            return False
        return node.value == "true"

    def texts(self, node, key):
        if isinstance(node, yaml.ScalarNode) and node.value:
            return [self.text(node, key)]
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.problem(node, "must be a list of text", key)
            return []
        return [self.text(each, key) for each in node.value]

    def expression(self, node, key):
        try:
            return Expression(self.text(node, key) or "0")
        except ExpressionError as error:
            self.problem(node, str(error), key)
            return None

    def range(self, node, key):
        """The values of `{from, to, step | factor | count}`."""
        parts = {name: value for name, _, value in self.pairs(node, key, RANGE_KEYS)}
        for needed in ("from", "to"):
            if needed not in parts:
                self.problem(node, f"a range needs `{needed}`", key)
                return []
        first, last = self.number(parts["from"], f"{key}.from", key), self.number(parts["to"], f"{key}.to", key)
        whole = self.truth(parts["whole"], f"{key}.whole") if "whole" in parts else False
        how = [name for name in ("step", "factor", "count") if name in parts]
        if first is None or last is None:
            return []
        if first > last:
            self.problem(node, f"goes from {first} to {last}; `from` must not be above `to`", key)
            return []
        if len(how) > 1:
            self.problem(node, f"has {' and '.join(how)}; a range has one of step, factor and count", key)
            return []
        if "scale" in parts and how != ["count"]:
            self.problem(parts["scale"], "goes with count only", f"{key}.scale")
            return []
        how = how[0] if how else "step"
        by = self.number(parts[how], f"{key}.{how}", key if how == "step" else "") if how in parts else Decimal(1)
        if by is None:
            return []
        if how == "count":
            scale = self.word(parts["scale"], f"{key}.scale", ["linear", "log"]) if "scale" in parts else "linear"
            values = self.spaced(parts[how], key, first, last, by, scale)
        elif how == "factor":
            if float(by) <= 1 or first <= 0:
                self.problem(parts[how], "needs a factor above 1 and `from` above 0", f"{key}.factor")
                return []
            steps = math.log(last / first) / math.log(by)
            values = self.stepped(node, key, steps, last, lambda i: first * by**i)
        else:
            if by <= 0:
                self.problem(node, f"is {by}, must be above 0", f"{key}.step")
                return []
            values = self.stepped(node, key, (last - first) / by, last, lambda i: first + i * by)
        if whole:
            values = list(dict.fromkeys(value.to_integral_value() for value in values))
        return [plain(value) for value in values]

    def stepped(self, node, key, steps, last, value):
        if steps >= LARGEST_LIST:
            self.problem(node, f"has more than {LARGEST_LIST} values", key)
            return []
        values = (value(i) for i in range(int(steps) + 2))
        return [each for each in values if each <= last]

    def spaced(self, node, key, first, last, count, scale):
        if count != count.to_integral_value() or not 2 <= count <= LARGEST_LIST:
            self.problem(node, f"is {count}, must be a whole number from 2 to {LARGEST_LIST}", f"{key}.count")
            return []
        if scale == "log" and first <= 0:
            self.problem(node, "a log range needs `from` above 0", key)
            return []
        count = int(count)
        if scale == "linear":
            return [first + (last - first) * i / (count - 1) for i in range(count)]
        # The ends are exact, values in between are rounded to twelve digits, to be equal on every machine.
        low, high = math.log(first), math.log(last)
        between = [Decimal(f"{math.exp(low + (high - low) * i / (count - 1)):.12g}") for i in range(1, count - 1)]
        return [first, *between, last]

    def values(self, node, key):
        """Values of a parameter: a list, or a range."""
        if isinstance(node, yaml.SequenceNode):
            if not node.value:
                self.problem(node, "is an empty list; a parameter needs a value", key)
            return [self.value(each, key) for each in node.value]
        if isinstance(node, yaml.MappingNode):
            return self.range(node, key)
        self.problem(node, "must be a list such as [8, 16] or a range such as {from: 8, to: 64, factor: 2}; "
                     "what is the same in all points goes under `set`", key)
        return []


def _refuse_other_kinds(path, root):
    """Raises InputError for a file of another command."""
    keys = {node.value for node, _ in root.value if isinstance(node, yaml.ScalarNode)} if isinstance(root, yaml.MappingNode) else set()
    if keys & {"parameters", "linked"}:
        return
    if "models" in keys:
        raise InputError(f"{path}: is a comparison; `anda-sim compare` runs it")
    if keys & {"workload", "precision"}:
        raise InputError(f"{path}: is the configuration of a run; `anda-sim run` runs it, and `sweep {path} --param KEY=VALUES` sweeps it")


def values_of(text, key):
    """The values of a parameter given by an option: `8,16`, `[[7, 5, 6, 6], 8]` or `{from: 4, to: 8}`."""
    path = f"--param {key}={text}"
    root = yaml_text.compose(path, text if text.startswith(("[", "{")) else f"[{text}]")
    reader = _Reader(path)
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
    reader = _Reader(path)
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


_SECTIONS = {"name": _name, "base": _base, "set": _settings, "parameters": _parameters, "linked": _linked,
             "conditions": _conditions, "outputs": _outputs, "limits": _limits, "explore": _explore, "plot": _plot}


def _check_duplicates(reader, sweep, sections):
    seen = set()
    for key in sweep.keys:
        if key in seen or key in sweep.settings:
            other = "set" if key in sweep.settings else "linked"
            reader.problem(sections.get(other) or sections.get("parameters"),
                           "has values in two places; a key is set, a parameter or linked", key)
        seen.add(key)
