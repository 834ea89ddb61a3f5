# SPDX-License-Identifier: Apache-2.0
"""Reads the values of a sweep file from its YAML nodes and collects their errors with line and key."""

import math
import os
from decimal import Decimal
from pathlib import Path

import yaml

from anda_sim.common import scalar, yaml_text
from anda_sim.common.errors import suggestion
from anda_sim.common.terminal import one_line

from .expression import Expression, ExpressionError

RANGE_KEYS = ["from", "to", "step", "factor", "count", "scale", "whole"]
LARGEST_LIST = 100000


def real(path):
    """An absolute path without links. For a circular link, the rest stays unresolved; no file exists there."""
    return Path(os.path.realpath(path))


def plain(value):
    """Converts a whole number of a range to an int, so that ranges of integer keys may use 1e9."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**18 else float(value)
    return value


class NodeReader:
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
        """A value of a configuration key: an int, float, bool, text, or a list or map of these."""
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
        """The text of a scalar. If no configuration can contain it, records a problem and returns an empty text."""
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
        # The ends are exact; values in between are rounded to twelve digits, so that they are equal on every machine.
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
