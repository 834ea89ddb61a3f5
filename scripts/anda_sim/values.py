# SPDX-License-Identifier: Apache-2.0
"""Converts values of configuration keys from Python to text for `anda-sim --set`."""

import json
import numbers
import os
from typing import Any, Dict, Mapping


class Written(str):
    """A configuration value as written by the user, passed to anda-sim unchanged."""


def as_text(value: Any) -> str:
    """A value as text for `--set`."""
    if isinstance(value, Written):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, int) else str(value)


def plain(value: Any) -> Any:
    """A value in built-in types: numbers and arrays of NumPy, tuples, ranges and paths become int, float, list and str."""
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    if hasattr(value, "__iter__"):
        return [plain(part) for part in value]
    raise TypeError(f"{value!r} is not a value of a configuration key")


def flat(settings: Mapping[str, Any], prefix: str = "") -> Dict[str, Any]:
    """Nested maps as one map with dotted keys: {"a": {"b": 1}} is {"a.b": 1}."""
    found: Dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            found.update(flat(value, f"{prefix}{key}."))
        else:
            found[f"{prefix}{key}"] = plain(value)
    return found
