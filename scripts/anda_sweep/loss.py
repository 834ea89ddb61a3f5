# SPDX-License-Identifier: Apache-2.0
"""Loss of accuracy by combination of mantissa lengths, from a table that the user names.

A CSV file with the columns A_qkv, A_o, A_u, A_d and loss, a YAML list of maps with these keys, or log.jsonl of a precision
search (docs/search.md), where the loss is a share. The loss of a table has the unit that its user gives it; only its order and
the limit that it is compared with matter.
"""

import csv
import json
import math
from pathlib import Path

import yaml

from anda_common.errors import InputError

from .space import look_up

TENSORS = ("A_qkv", "A_o", "A_u", "A_d")


class LossTable:
    """The table at `path`.

    monotone -- a combination that is not in the table is taken to lose no more than any entry that is nowhere longer. That
    is a bound, and an assumption: a longer mantissa keeps every bit of a shorter one. Without it only the combinations of the
    table have a loss."""

    def __init__(self, path, monotone=False):
        self.path, self.monotone = Path(path), monotone
        self._losses = {}
        for place, row in self._rows():
            self._add(place, row)
        if not self._losses:
            raise InputError(f"{path}: the table has no rows")

    def _rows(self):
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{self.path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
        if self.path.suffix in (".yaml", ".yml"):
            try:
                rows = yaml.safe_load(text)
            except yaml.YAMLError as error:
                raise InputError(f"{self.path}: is not YAML: {error}") from None
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise InputError(f"{self.path}: must be a list of {{{', '.join(TENSORS)}, loss}}")
            return [(f"{self.path}: entry {i}", row) for i, row in enumerate(rows, 1)]
        if self.path.suffix == ".jsonl":
            return self._logged(text)
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.startswith("#")]
        rows = csv.DictReader(line for _, line in lines)
        return [(f"{self.path}:{number}", row) for (number, _), row in zip(lines[1:], rows)]

    def _logged(self, text):
        """What a search looked at with all layers alike. A last line without an end is one that was being written."""
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            if not line.endswith("\n"):
                return
            try:
                entry = json.loads(line)
                if "combination" in entry and "layers" not in entry:
                    yield f"{self.path}:{number}", {**dict(zip(TENSORS, entry["combination"])), "loss": entry["loss"]}
            except (ValueError, TypeError, KeyError):
                raise InputError(f"{self.path}:{number}: is no line of a log of anda-sim search") from None

    def _add(self, place, row):
        for name in (*TENSORS, "loss"):
            if row.get(name) in (None, ""):
                raise InputError(f"{place}: has no {name}; the columns are {', '.join(TENSORS)}, loss")
        try:
            bits = tuple(int(row[name]) for name in TENSORS)
            loss = float(row["loss"])
        except (TypeError, ValueError):
            raise InputError(f"{place}: mantissa lengths are whole numbers and the loss is a number") from None
        if not all(1 <= each <= 16 for each in bits) or math.isnan(loss):
            raise InputError(f"{place}: mantissa lengths are from 1 to 16 and the loss is a number")
        if self._losses.setdefault(bits, loss) != loss:
            raise InputError(f"{place}: {list(bits)} stands in the table with another loss")

    def __call__(self, effective):
        """Loss at an effective configuration, infinite where it is not known.

        A layer that is shorter than the others is not known to the table; one that is longer loses no more."""
        combinations = [tuple(look_up(effective, f"precision.{name}") for name in TENSORS)]
        for layer in (effective["precision"]["layers"] or {}).values():
            combinations.append(tuple(layer.get(name, usual) for name, usual in zip(TENSORS, combinations[0])))
        least = tuple(map(min, *combinations)) if len(combinations) > 1 else combinations[0]
        if least in self._losses:
            return self._losses[least]
        if not self.monotone:
            return math.inf
        return min((loss for bits, loss in self._losses.items() if all(b <= n for b, n in zip(bits, least))),
                   default=math.inf)
