# SPDX-License-Identifier: Apache-2.0
"""The results of a sweep in a folder: results.sqlite, and results.csv generated from it.

results.sqlite has two tables. `runs` keeps the outcome of every simulation under its content address; finished outcomes are
never removed. `results` has a row for each point of the current sweep file. A finished point is committed to both,
and to disk, before it is counted. Its row is then appended to results.csv, which is rewritten, in the order of the
points, at the start and end of a sweep. Only one sweep at a time works in a folder.
"""

import csv
import errno
import io
import json
import os
import shutil
import sqlite3
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from anda_sim.common import strict_json
from anda_sim.common.errors import InputError, RunError
from anda_sim.common.files import FolderLock, remove_leftovers, write_atomically

from .point import checked, tells_of_no_room

APPLICATION_ID = 0x616e6461  # "anda"
LAYOUT = 1
FIXED_COLUMNS = ["point", "status", "error"]
# Time that a commit waits for readers of the database.
_BUSY_S = 60.0
_SCHEMA = """
CREATE TABLE runs (
  key TEXT PRIMARY KEY, status TEXT NOT NULL, error TEXT NOT NULL, report TEXT, host TEXT NOT NULL,
  host_seconds REAL NOT NULL, finished_utc TEXT NOT NULL,
  program_sha256 TEXT NOT NULL, settings TEXT NOT NULL)
"""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Results:
    """Results in `folder`, locked until close(). `columns` are those after point, status and error."""

    def __init__(self, folder, columns):
        self.folder = Path(folder)
        self.columns = [*FIXED_COLUMNS, *columns]
        self.csv_path, self.database_path = self.folder / "results.csv", self.folder / "results.sqlite"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(self.folder)
        except OSError as error:
            raise RunError(f"{self.folder}: {error.strerror}") from None
        # Absolute, since simulations run in their own folders.
        self.work = Path(os.path.realpath(self.folder)) / "running"
        self._db = self._csv = None
        try:
            self._open()
            remove_leftovers(self.folder, self.csv_path.name)
            shutil.rmtree(self.work, ignore_errors=True)
            # May still exist: a simulation of a sweep that was just killed may still be writing.
            self.work.mkdir(exist_ok=True)
        except BaseException as error:
            if self._db:
                self._db.close()
            self._lock.close()
            if isinstance(error, OSError):
                raise RunError(f"{error.filename or self.folder}: {error.strerror}") from None
            raise

    @contextmanager
    def _named(self):
        """Adds the name of the database to its errors."""
        try:
            yield
        except sqlite3.Error as error:
            raise RunError(f"{self.database_path}: {error}") from None

    def _execute(self, *command):
        """All rows returned by an SQL command."""
        with self._named():
            return self._db.execute(*command).fetchall()

    def _open(self):
        new = not self.database_path.exists()
        # A rollback journal, since a write-ahead log does not work on network file systems; every commit is synced to disk.
        with self._named():
            self._db = sqlite3.connect(self.database_path, isolation_level=None, timeout=_BUSY_S)
        self._execute("PRAGMA synchronous = EXTRA")
        ((application,),) = self._execute("PRAGMA application_id")
        ((layout,),) = self._execute("PRAGMA user_version")
        ((tables,),) = self._execute("SELECT count(*) FROM sqlite_master")
        if not new and tables and (application, layout) != (APPLICATION_ID, LAYOUT):
            raise InputError(f"{self.database_path}: is not a database of this version of scripts/sweep; "
                             "choose another folder with --out")
        if not tables:
            with self._transaction():
                self._execute(_SCHEMA)
                self._execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._execute(f"PRAGMA user_version = {LAYOUT}")

    def run(self, key):
        """The stored outcome of a content address, or None."""
        for status, error, report in self._execute("SELECT status, error, report FROM runs WHERE key = ?", (key,)):
            outcome = {"key": key, "status": status, "error": error, "report": None}
            try:
                if report is not None:
                    outcome["report"] = strict_json.loads(report, "report")
                checked(outcome)
            except (InputError, TypeError) as problem:
                raise InputError(f"{self.database_path}: the outcome of {key[:12]}… in the table runs is damaged ({problem}); "
                                 "delete that row, or choose another folder with --out") from None
            # An earlier version recorded a full disk as a failed point.
            if status != "failed" or not tells_of_no_room(error):
                return outcome
        return None

    @contextmanager
    def _transaction(self):
        """Commits everything to disk, or nothing."""
        try:
            self._execute("BEGIN IMMEDIATE")
            yield
            self._execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._execute("ROLLBACK")
            raise

    def begin(self, rows):
        """Recreates the table `results` with `rows`, the points already known."""
        columns = ", ".join(quoted(name) + (" INTEGER PRIMARY KEY" if name == "point" else "") for name in self.columns)
        with self._transaction():
            self._execute("DROP TABLE IF EXISTS results")
            self._execute(f"CREATE TABLE results ({columns})")
            for row in rows:
                self._insert(row)
        self._write_csv()
        self._csv = open(self.csv_path, "ab", buffering=0)

    def _insert(self, row):
        marks = ", ".join("?" * len(self.columns))
        self._execute(f"INSERT INTO results VALUES ({marks})", [row[name] for name in self.columns])

    def add(self, outcome, settings, program_sha256, rows):
        """Stores an outcome permanently, with the rows of its points."""
        with self._transaction():
            self._execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (outcome["key"], outcome["status"], outcome["error"],
                 json.dumps(outcome["report"]) if outcome["report"] else None, outcome["host"], outcome["host_seconds"],
                 datetime.now(timezone.utc).isoformat(timespec="seconds"),
                 program_sha256, json.dumps(settings)))
            for row in rows:
                self._insert(row)
        self._append(rows)

    def add_rows(self, rows):
        """Stores rows whose outcomes are already stored."""
        with self._transaction():
            for row in rows:
                self._insert(row)
        self._append(rows)

    def _append(self, rows):
        text = "".join(self._line([row[name] for name in self.columns]) for row in rows).encode()
        end = self._csv.tell()
        try:
            if self._csv.write(text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.csv_path))
        except OSError:
            self._csv.truncate(end)
            raise

    @staticmethod
    def _line(cells):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(cells)
        return text.getvalue()

    def rows(self):
        """All rows as dicts, sorted by point."""
        names = ", ".join(map(quoted, self.columns))
        return [dict(zip(self.columns, row)) for row in self._execute(f"SELECT {names} FROM results ORDER BY point")]

    def write_base(self, row):
        """Writes base.csv: the row of an exploration's base, with the columns of results.csv."""
        write_atomically(self.folder / "base.csv", self._line(self.columns) + self._line([row[name] for name in self.columns]))

    def _write_csv(self):
        lines = [self._line(self.columns)]
        lines += [self._line(list(row.values())) for row in self.rows()]
        write_atomically(self.csv_path, "".join(lines))

    def close(self):
        """Writes the CSV file in the order of the points and unlocks the folder."""
        try:
            if self._csv:
                self._csv.close()
                self._write_csv()
        finally:
            self._db.close()
            shutil.rmtree(self.work, ignore_errors=True)
            self._lock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
