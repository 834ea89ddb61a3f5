# SPDX-License-Identifier: Apache-2.0
"""Sweeps defined in Python instead of in a file."""

import re
from pathlib import Path

from anda_sim.common.errors import InputError
from anda_sim.values import plain

from .expression import Expression, ExpressionError
from .sweep_file import Axis, Derived, SweepFile

# Stands for the file name in messages.
_PLACE = Path("parameters")


def sweep_of(config, parameters, conditions=(), outputs=None, limits=None, explore=None, name="sweep"):
    """The SweepFile of a Config and its parameters.

    parameters -- maps a key, or a tuple of keys that vary together, to its values: a list, a range, an array. Text that
    begins with `=` is an expression of other keys. The other arguments are as in a file (docs/sweeps.md)."""
    sweep = SweepFile(path=_PLACE, name=name, base=config.file, settings=dict(config.settings), outputs=outputs,
                      limits=dict(limits or {}), explore=dict(explore or {}))
    if not re.fullmatch(r"(?!\.)[\w.+-][\w.+ -]*", name):
        raise InputError(f"name: `{name}` names a folder, so it has only letters, digits, spaces and . + - _, and begins with no dot")
    for key, values in flat_keys(parameters).items():
        _add(sweep, key, values)
    for text in conditions:
        sweep.conditions.append((_expression(text, "conditions"), 0))
    if not sweep.axes:
        raise InputError("parameters: are missing, such as {\"accelerator.mxu.rows\": [8, 16, 32]}")
    keys = sweep.keys
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice:
        raise InputError(f"parameters: {twice}: has values in two places")
    # A swept key no longer has one value for all points.
    for key in keys:
        sweep.settings.pop(key, None)
    return sweep


def flat_keys(parameters):
    """Keys of nested maps with dots; tuples of keys are unchanged."""
    if not hasattr(parameters, "items"):
        raise InputError("parameters: must be a map of keys to their values, such as {\"accelerator.mxu.rows\": [8, 16, 32]}")
    found = {}
    for key, values in parameters.items():
        found.update({key: values} if isinstance(key, tuple) else {name: part for name, part in _nested(key, values)})
    return found


def _nested(key, values):
    if hasattr(values, "items"):
        for name, part in values.items():
            yield from _nested(f"{key}.{name}", part)
    else:
        yield str(key), values


def _add(sweep, key, values):
    shown = " & ".join(key) if isinstance(key, tuple) else key
    if isinstance(values, str) and values.startswith("=") and not isinstance(key, tuple):
        sweep.derived.append(Derived(key, _expression(values[1:], key)))
        return
    if isinstance(values, (str, int, float, bool)) or values is None:
        raise InputError(f"parameters: {shown}: must be a list of values such as [8, 16]; what is the same in all points belongs to "
                         "the Config")
    listed = plain(values)
    if not listed:
        raise InputError(f"parameters: {shown}: is an empty list; a parameter needs a value")
    if isinstance(key, tuple):
        rows = [tuple(each) if isinstance(each, list) else (each,) for each in listed]
        if any(len(row) != len(key) for row in rows):
            raise InputError(f"parameters: {shown}: each value must have {len(key)} parts, one for each key")
        sweep.axes.append(Axis(list(key), rows))
    else:
        sweep.axes.append(Axis([key], [(value,) for value in listed]))


def _expression(text, key):
    try:
        return Expression(text)
    except ExpressionError as error:
        raise InputError(f"parameters: {key}: {error}") from None
