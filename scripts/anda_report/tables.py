# SPDX-License-Identifier: Apache-2.0
"""Results of sweeps and explorations: any CSV file with a row for each point."""

import csv
import math
from pathlib import Path

from .errors import InputError

# More of it is better; of everything else less is.
BETTER_IF_MORE = ("speedup", "efficiency", "tops", "per_w", "per_mm2", "utilization", "macs_per_cycle", "bandwidth")
# Endings of names: the unit to show, what to multiply with to get it, and whether it takes prefixes.
UNITS = [
    ("_bytes_per_s", "B/s", 1, True),
    ("_pj_s", "J·s", 1e-12, True),
    ("_pj", "J", 1e-12, True),
    ("_mw", "W", 1e-3, True),
    ("_mm2", "mm²", 1, False),
    ("_hz", "Hz", 1, True),
    ("_bytes", "B", 1, True),
    ("_cycles", "cycles", 1, True),
    ("_bits", "bits", 1, False),
    ("_ns", "s", 1e-9, True),
    ("_us", "s", 1e-6, True),
    ("_s", "s", 1, True),
]
NAMES = {
    "tops_per_w": "TOPS/W",
    "on_chip_tops_per_w": "TOPS/W on chip",
    "tops_per_mm2": "TOPS/mm²",
    "effective_tops": "TOPS",
}


class Table:
    """`rows`: lists of values, a number, a text or None; `numeric`: columns of which every value is a number."""

    def __init__(self, path, columns, rows):
        self.path, self.columns, self.rows = path, columns, rows
        self.label = path.parent.name if path.name == "results.csv" else path.stem
        self.numeric = [
            name
            for i, name in enumerate(columns)
            if any(isinstance(row[i], float) for row in rows)
            and all(row[i] is None or isinstance(row[i], float) for row in rows)
        ]

    def column(self, name):
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    @property
    def parameters(self):
        """Columns before the first result: those of a system, or else all up to one with a unit in its name."""
        found = []
        for name in self.columns:
            if name in ("point", "status", "error", "trial"):
                continue
            if is_result(name):
                break
            found.append(name)
        return found


def is_result(name):
    head, _, tail = name.rpartition(".")
    known = (
        "cycles",
        "time_s",
        "effective_tops",
        "tops_per_w",
        "tops_per_mm2",
        "utilization",
        "speedup",
        "area_efficiency",
        "energy_efficiency",
    )
    return (
        tail in known
        or tail.startswith(("energy_", "area_", "power_", "dram_", "stall_"))
        and tail.endswith(("_pj", "_mm2", "_mw", "_bytes", "_cycles", "_per_s", "_pj_s"))
    )


def described(name):
    """(words, unit, scale, takes prefixes) of a column, ("anda: energy total", "J", 1e-12, True) of
    "anda.energy_total_pj"."""
    head, _, tail = name.rpartition(".")
    head = f"{head}: " if head else ""
    if tail in NAMES:
        return head + NAMES[tail], "", 1, False
    for ending, unit, scale, prefixes in UNITS:
        if tail.endswith(ending) and tail != ending:
            return head + tail[: -len(ending)].replace("_", " "), unit, scale, prefixes
    return head + tail.replace("_", " "), "", 1, tail == "cycles"


def more_is_better(name):
    return any(word in name for word in BETTER_IF_MORE)


def value_of(text):
    if text == "":
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def load_table(path):
    path = Path(path)
    if path.is_dir():
        path /= "results.csv"
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV file: {error}") from None
    if not lines or not any(lines[0]):
        raise InputError(f"{path}: has no row of column names")
    columns = lines[0]
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise InputError(f"{path}:1: has the column {repeated[0]} twice")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line:
            continue
        if len(line) != len(columns):
            raise InputError(
                f"{path}:{number}: has {len(line)} values, the columns are {len(columns)}; the file may be cut " "off"
            )
        rows.append([value_of(text) for text in line])
    if not rows:
        raise InputError(f"{path}: has no rows")
    table = Table(path, columns, rows)
    if len([name for name in table.numeric if name != "point"]) < 1:
        raise InputError(f"{path}: has no column of numbers to draw; is it the results of a sweep?")
    return table


def pareto_front(points):
    """Indices of the points, pairs of which less is better, that no other point beats, from left to right."""
    front, best = [], math.inf
    for x, y, index in sorted((x, y, i) for i, (x, y) in enumerate(points) if x is not None and y is not None):
        if y < best:
            front.append(index)
            best = y
    return front
