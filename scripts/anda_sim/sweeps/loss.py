# SPDX-License-Identifier: Apache-2.0
"""Loss of accuracy by combination of mantissa lengths, from a table given by the user.

The table is a CSV file with the columns A_qkv, A_o, A_u, A_d and loss, a YAML list of maps with these keys, or the log.jsonl of a
precision search (docs/search.md), where the loss is a share. The user chooses the unit of a table's loss; only the order of losses and
the limit matter.
"""

import csv
import math
from pathlib import Path

import yaml

from anda_sim.common import scalar, strict_json, yaml_text
from anda_sim.common.errors import InputError

from .space import look_up

TENSORS = ("A_qkv", "A_o", "A_u", "A_d")
LONGEST_MANTISSA = 16
LARGEST = 64 << 20


def _shown(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:60]


class LossTable:
    """The table at `path`.

    monotone -- assumes that a combination missing from the table loses no more than any entry that is nowhere longer. This bound
    relies on a longer mantissa keeping every bit of a shorter one. Without it, only the combinations of the table have a
    loss."""

    def __init__(self, path, monotone=False):
        self.path, self.monotone = Path(path), monotone
        self._losses = {}
        for place, row in self._rows():
            self._add(place, row)
        if not self._losses:
            raise InputError(f"{path}: the table has no rows")

    def _rows(self):
        """(place, row) of every entry, with parsed values."""
        text = yaml_text.read_text(self.path, LARGEST)
        if self.path.suffix in (".yaml", ".yml"):
            return self._listed(text)
        return self._logged(text) if self.path.suffix == ".jsonl" else self._csv(text)

    def _listed(self, text):
        problems = []

        def problem(node, what):
            problems.append(f"{self.path}:{node.start_mark.line + 1}: {what}")

        root = yaml_text.compose(self.path, text)
        for node in getattr(root, "value", []) if isinstance(root, yaml.SequenceNode) else [root]:
            if not isinstance(node, yaml.MappingNode):
                raise InputError(f"{self.path}: must be a list of {{{', '.join(TENSORS)}, loss}}")
            row = yaml_text.value_of(node, problem)
            if problems:
                raise InputError(*problems)
            yield f"{self.path}:{node.start_mark.line + 1}", row

    def _csv(self, text):
        columns = None
        for number, line in enumerate(text.splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            place = f"{self.path}:{number}"
            try:
                (cells,) = csv.reader([line], strict=True)
                values = [scalar.plain(cell.strip()) for cell in cells]
            except (csv.Error, ValueError) as error:
                raise InputError(f"{place}: {error}") from None
            if columns is None:
                columns = [cell.strip() for cell in cells]
                if len(set(columns)) < len(columns):
                    raise InputError(f"{place}: names a column twice")
            elif len(values) != len(columns):
                raise InputError(f"{place}: has {len(values)} values, the columns are {len(columns)}")
            else:
                yield place, dict(zip(columns, values))

    def _logged(self, text):
        """Yields (place, row) of a search's evaluations with equal layers. Skips an incomplete last line, which was being written."""
        lines = text.split("\n")
        for number, line in enumerate(lines[:-1], 1):
            place = f"{self.path}:{number}"
            entry = strict_json.loads(line, str(self.path), number)
            if not isinstance(entry, dict):
                raise InputError(f"{place}: is no line of a log of anda-sim search")
            if "combination" not in entry or "layers" in entry:
                continue
            bits = entry["combination"]
            if not isinstance(bits, list) or len(bits) != len(TENSORS):
                raise InputError(f"{place}: combination must have the lengths of {', '.join(TENSORS)}")
            yield place, {**dict(zip(TENSORS, bits)), "loss": entry.get("loss")}

    def _add(self, place, row):
        for name in (*TENSORS, "loss"):
            if row.get(name) in (None, ""):
                raise InputError(f"{place}: has no {name}; the columns are {', '.join(TENSORS)}, loss")
        for name in TENSORS:
            if type(row[name]) is not int or not 1 <= row[name] <= LONGEST_MANTISSA:
                raise InputError(f"{place}: {name} is {_shown(row[name])}, must be a whole number from 1 to {LONGEST_MANTISSA}")
        if type(row["loss"]) not in (int, float):
            raise InputError(f"{place}: loss is {_shown(row['loss'])}, must be a finite number")
        bits, loss = tuple(row[name] for name in TENSORS), float(row["loss"])
        if self._losses.setdefault(bits, loss) != loss:
            raise InputError(f"{place}: {list(bits)} stands in the table with another loss")

    def __call__(self, effective):
        """Loss at an effective configuration, infinite if unknown.

        The table does not cover layers shorter than the others; longer ones lose no more."""
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
