# SPDX-License-Identifier: Apache-2.0
"""Tables of points: results of sweeps and explorations, any CSV file of that kind, comparisons and searches."""

import csv
import math
import sqlite3
from contextlib import closing
from pathlib import Path

from anda_sim.common import scalar, schema
from anda_sim.common.errors import InputError, read_error
from anda_sim.metrics import ServeMetrics

_OF_SERVERS = frozenset(ServeMetrics().names)


class Table:
    """`rows`: lists of values (number, text or None); `numeric`: columns with numbers only; `comparison`: the compare.json of these
    points, or None; `base`: the row of an exploration's base, or None; `name`: name of the study, if its file has one."""

    def __init__(self, path, columns, rows):
        self.path, self.columns, self.rows = path, columns, rows
        self.comparison = self.base = self.name = None
        # Programs use fixed file names; the user chooses the folder's name.
        own = path.stem in ("results", "compare", "search", "serve")
        self.label = path.absolute().parent.name if own else path.stem
        self.numeric = [
            name
            for i, name in enumerate(columns)
            if any(isinstance(row[i], float) for row in rows)
            and all(row[i] is None or isinstance(row[i], float) for row in rows)
        ]

    @property
    def kind(self):
        """comparison, search, exploration or sweep."""
        if self.comparison is not None:
            return "comparison"
        if {"loss", "bops"} <= set(self.columns):
            return "search"
        return "exploration" if "feasible" in self.columns else "sweep"

    @property
    def title(self):
        """Readable title of the table."""
        if self.kind == "search":
            return "front of a precision search"
        names = [name.rpartition(".")[-1] for name in self.parameters]
        return f"{self.kind} of {', '.join([*names[:4], *(['…'] if len(names) > 4 else [])])}" if names else self.kind

    def column(self, name):
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def is_feasible(self, row):
        """Whether a row may be on a front: it breaks no constraint of an exploration."""
        return "feasible" not in self.columns or row[self.columns.index("feasible")] == 1

    @property
    def parameters(self):
        """Columns before the first result. Results belong to a system or have a unit in their name."""
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
        "bops",
    )
    return (
        tail in known
        or tail in _OF_SERVERS
        or tail.startswith(("energy_", "area_", "power_", "dram_", "stall_"))
        and tail.endswith(("_pj", "_mm2", "_mw", "_bytes", "_cycles", "_per_s", "_pj_s"))
    )


def value_of(text):
    """The value of a CSV cell: a number, a text, or None if it is empty."""
    try:
        number = scalar.number(text)
    except scalar.OutOfRange:
        number = math.inf
    return float(number) if number is not None else text or None


def load_table(path):
    """The table of a CSV file, or of the results.sqlite of a sweep."""
    path = Path(path)
    columns, rows = read_database(path) if path.suffix == ".sqlite" else read_csv(path)
    table = checked(Table(path, columns, rows))
    if path.stem == "results" and (path.parent / "base.csv").is_file():
        names, bases = read_csv(path.parent / "base.csv")
        # An exploration extended by other parameters has rewritten base.csv with other columns.
        table.base = bases[0] if names == columns and len(bases) == 1 else None
    return table


def load_comparison(path, document):
    """The table of a compare.json of anda-sim compare (docs/compare.schema.json): a row for each model and system."""
    schema.check(path, document, schema.named("compare"), "a compare.json of anda-sim compare")
    names = [mean["name"] for mean in document["means"]]
    for model in document["models"]:
        if [system["name"] for system in model["systems"]] != names:
            raise InputError(f"{path}: the systems of {model['name']} are not those of the means, {', '.join(names)}")
    rows = [
        {"model": model["name"], "system": system["name"], **system}
        for model in document["models"]
        for system in model["systems"]
    ]
    for row in rows:
        del row["name"]
    table = checked(from_dicts(path, rows, ("model", "system", "cycles", "time_s")))
    table.comparison = document
    return table


def load_search(path, document):
    """The table of a search.json of anda-sim search (docs/search.schema.json): the front of cost and loss."""
    tensors = ("A_qkv", "A_o", "A_u", "A_d")
    schema.check(path, document, schema.named("search"), "a search.json of anda-sim search")
    rows = [{**dict(zip(tensors, found["combination"], strict=True)), **found} for found in document["front"]]
    table = checked(from_dicts(path, rows, (*tensors, "bops", "loss")))
    table.name = document["name"]
    return table


def from_dicts(path, rows, first):
    """A table of the numbers and texts in dicts, with the columns `first` first."""
    plain = [
        {
            name: float(value) if isinstance(value, (int, float)) else value
            for name, value in row.items()
            if isinstance(value, (int, float, str)) and not isinstance(value, bool)
        }
        for row in rows
    ]
    columns = list(dict.fromkeys([*first, *(name for row in plain for name in row)]))
    return Table(Path(path), columns, [[row.get(name) for name in columns] for row in plain])


def read_database(path):
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            # A view could run forever.
            kinds = database.execute("SELECT type FROM sqlite_master WHERE name = 'results'").fetchall()
            if kinds != [("table",)]:
                raise InputError(f"{path}: is no results.sqlite of a sweep: it has no table named results")
            found = database.execute("SELECT * FROM results ORDER BY point")
            columns = [entry[0] for entry in found.description]
            rows = found.fetchall()
    except sqlite3.Error as error:
        raise InputError(f"{path}: is no results.sqlite of a sweep: {error}") from None
    for row in rows:
        for name, value in zip(columns, row):
            if isinstance(value, bytes):
                raise InputError(f"{path}: {name} of point {row[0] if columns[0] == 'point' else '?'} holds bytes, no number or text")
    return columns, [
        [float(value) if isinstance(value, int) else None if value == "" else value for value in row] for row in rows
    ]


def read_csv(path):
    """(columns, rows) of a CSV file."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except OSError as error:
        raise read_error(path, error) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV file: {error}") from None
    if not lines or not any(lines[0]):
        raise InputError(f"{path}: has no row of column names")
    columns = [name.strip() for name in lines[0]]
    if not all(columns):
        raise InputError(f"{path}:1: has a column without a name")
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
    return columns, rows


def checked(table):
    """Returns the table; InputError if it has nothing to draw or values beyond the drawable range."""
    if not table.rows:
        raise InputError(f"{table.path}: has no rows")
    if not [name for name in table.numeric if name != "point"]:
        raise InputError(f"{table.path}: has no column of numbers to draw; is it the results of a sweep?")
    for number, row in enumerate(table.rows, start=1):
        for name, value in zip(table.columns, row):
            if isinstance(value, float) and value and not schema.SMALLEST <= abs(value) <= schema.LARGEST:
                raise InputError(f"{table.path}: {name} of row {number} is {value:.3g}, which is beyond what can be drawn")
    return table
