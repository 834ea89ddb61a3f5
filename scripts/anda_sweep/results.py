# SPDX-License-Identifier: Apache-2.0
"""The results of a sweep in a folder: results.sqlite, and results.csv made from it.

results.sqlite has two tables. `runs` keeps the outcome of every simulation under its content address, and nothing ever removes one
that is finished. `results` has a row for each point of the sweep as its file is now. A finished point is committed to both,
and to the disk, before it is counted; then its row is appended to results.csv, which is written anew, in the order of the
points, when a sweep begins and ends. One sweep at a time works in a folder.
"""

import csv
import fcntl
import io
import json
import os
import shutil
import socket
import sqlite3
from datetime import datetime, timezone
from pathlib import Path

from .errors import InputError, SweepError
from .point import write_atomically

APPLICATION_ID = 0x616e6461  # "anda"
LAYOUT = 1
FIXED_COLUMNS = ["point", "status", "error"]
_SCHEMA = """
CREATE TABLE runs (
  key TEXT PRIMARY KEY, status TEXT NOT NULL, error TEXT NOT NULL, report TEXT, host TEXT NOT NULL,
  host_seconds REAL NOT NULL, finished_utc TEXT NOT NULL,
  program_sha256 TEXT NOT NULL, settings TEXT NOT NULL);
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
            self._lock = open(self.folder / ".lock", "a+", encoding="utf-8")
        except OSError as error:
            raise SweepError(f"{self.folder}: {error.strerror}") from None
        self._take_lock()
        try:
            self._open()
            # Absolute, since simulations run in folders of their own.
            self.work = self.folder.resolve() / "running"
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir()
        except sqlite3.Error as error:
            raise SweepError(f"{self.database_path}: {error}") from None
        except OSError as error:
            raise SweepError(f"{error.filename}: {error.strerror}") from None
        self._csv = None

    def _take_lock(self):
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            raise SweepError(f"{self.folder} is in use by {self._lock.read().strip() or 'another sweep'}; "
                             "wait for it to end, or choose another folder with --out") from None
        self._lock.truncate(0)
        self._lock.write(f"process {os.getpid()} on {socket.gethostname()}")
        self._lock.flush()

    def _open(self):
        new = not self.database_path.exists()
        # A rollback journal, since a write-ahead log is not for network file systems, and every commit on the disk.
        self._db = sqlite3.connect(self.database_path, isolation_level=None, timeout=60)
        self._db.execute("PRAGMA synchronous = EXTRA")
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (layout,) = self._db.execute("PRAGMA user_version").fetchone()
        tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not new and tables and (application, layout) != (APPLICATION_ID, LAYOUT):
            raise InputError(f"{self.database_path}: is not a database of this version of scripts/sweep")
        if not tables:
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID}; "
                                   f"PRAGMA user_version = {LAYOUT}; COMMIT;")

    def run(self, key):
        """The outcome that is kept for a content address, or None."""
        row = self._db.execute("SELECT status, error, report FROM runs WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        return {"key": key, "status": row[0], "error": row[1], "report": json.loads(row[2]) if row[2] else None}

    def begin(self, rows):
        """Starts the table anew with `rows`, those points that are already known."""
        columns = ", ".join(quoted(name) + (" INTEGER PRIMARY KEY" if name == "point" else "") for name in self.columns)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DROP TABLE IF EXISTS results")
        self._db.execute(f"CREATE TABLE results ({columns})")
        for row in rows:
            self._insert(row)
        self._db.execute("COMMIT")
        self._write_csv()
        self._csv = open(self.csv_path, "ab", buffering=0)

    def _insert(self, row):
        marks = ", ".join("?" * len(self.columns))
        self._db.execute(f"INSERT INTO results VALUES ({marks})", [row[name] for name in self.columns])

    def add(self, outcome, settings, program_sha256, rows):
        """Keeps an outcome, for good, and the rows of the points that it belongs to."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute(
                "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (outcome["key"], outcome["status"], outcome["error"],
                 json.dumps(outcome["report"]) if outcome["report"] else None, outcome["host"], outcome["host_seconds"],
                 datetime.now(timezone.utc).isoformat(timespec="seconds"),
                 program_sha256, json.dumps(settings)))
            for row in rows:
                self._insert(row)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._append(rows)

    def add_rows(self, rows):
        """Keeps rows whose outcomes are kept already."""
        self._db.execute("BEGIN IMMEDIATE")
        for row in rows:
            self._insert(row)
        self._db.execute("COMMIT")
        self._append(rows)

    def _append(self, rows):
        for row in rows:
            self._csv.write(self._line([row[name] for name in self.columns]).encode())

    @staticmethod
    def _line(cells):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(cells)
        return text.getvalue()

    def rows(self):
        """All rows, by point, as dicts."""
        names = ", ".join(map(quoted, self.columns))
        for row in self._db.execute(f"SELECT {names} FROM results ORDER BY point"):
            yield dict(zip(self.columns, row))

    def _write_csv(self):
        lines = [self._line(self.columns)]
        lines += [self._line(list(row.values())) for row in self.rows()]
        write_atomically(self.csv_path, "".join(lines))

    def close(self):
        """Writes the CSV file in the order of the points and lets go of the folder."""
        if self._csv:
            self._csv.close()
            self._write_csv()
        self._db.close()
        shutil.rmtree(self.work, ignore_errors=True)
        self._lock.truncate(0)
        self._lock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
