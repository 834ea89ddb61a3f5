# SPDX-License-Identifier: Apache-2.0
"""The points of a sweep: every combination of its parameters that its conditions allow."""

import itertools
import math

from anda_sim.common.errors import InputError
from anda_sim.values import as_text

from .expression import ExpressionError

LARGEST_SWEEP = 1000000


def look_up(effective, key):
    """Value of a dotted key in an effective configuration; KeyError if there is none."""
    value = effective
    for part in key.split("."):
        value = value[part] if part in value else value[int(part)]
    return value


def system_names(effective):
    """Names of the systems of an effective configuration, where a system is a word or a map with a name."""
    return [system["name"] if isinstance(system, dict) else system for system in effective["systems"]]


def has_key(effective, key):
    try:
        look_up(effective, key)
    except (KeyError, TypeError, ValueError, IndexError):
        return False
    return True


class Space:
    """Parameters of a SweepFile over the effective configuration of its base."""

    def __init__(self, sweep, effective):
        self.sweep, self._effective = sweep, effective

    @property
    def size(self):
        """Number of combinations before applying conditions."""
        return math.prod(len(axis.values) for axis in self.sweep.axes)

    def complete(self, chosen):
        """{key: value} of all parameters for one value of each axis, or None if a condition forbids it.

        InputError if an expression has no value."""
        settings = dict(pair for axis, values in zip(self.sweep.axes, chosen) for pair in zip(axis.keys, values))
        for derived in self.sweep.derived:
            value = self._value(derived.expression, settings, derived.line)
            if value is None or isinstance(value, dict):
                raise InputError(f"{self.sweep.path}:{derived.line}: `{derived.expression.text}` is not a value of a key")
            settings[derived.key] = value
        for condition, line in self.sweep.conditions:
            if not self._value(condition, settings, line):
                return None
        return settings

    def _value(self, expression, settings, line):
        def lookup(name):
            if name in settings:
                return settings[name]
            if not has_key(self._effective, name):
                raise InputError(f"{self.sweep.path}:{line}: {name} is not a key that has a value here")
            return look_up(self._effective, name)

        try:
            return expression.value(lookup)
        except ExpressionError as error:
            at = ", ".join(f"{key}={as_text(value)}" for key, value in settings.items())
            raise InputError(f"{self.sweep.path}:{line}: {error}, at {at}") from None

    def points(self):
        """Settings of all points, the last parameter varying fastest, without duplicates."""
        if self.size > LARGEST_SWEEP:
            raise InputError(f"{self.sweep.path}: has {self.size} combinations, more than {LARGEST_SWEEP}; "
                             "scripts/explore searches such a space without running all of it")
        seen = {}
        for chosen in itertools.product(*(axis.values for axis in self.sweep.axes)):
            settings = self.complete(chosen)
            if settings is not None:
                seen.setdefault(tuple(map(as_text, settings.values())), settings)
        if not seen:
            raise InputError(f"{self.sweep.where('conditions')}: no combination of the parameters meets the conditions")
        return list(seen.values())
