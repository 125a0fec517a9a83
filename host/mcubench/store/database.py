"""Runs and their records in one SQLite file: a record is there as a whole or not at all."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from mcubench.errors import InputError
from mcubench.store.record import BLOCKED, Record

__all__ = ["Database", "Run"]

# To be counted up whenever a column changes; kept in SQLite's user_version.
SCHEMA_VERSION = 4
# Another sweep may be committing; it needs milliseconds.
BUSY_TIMEOUT_S = 10.0

# How the line of a lost board begins that has left points unmeasured.
LOST_POINTS = "BLOCKED "

FIELDS = dataclasses.fields(Record)
NAMES = [field.name for field in FIELDS]
JSON_NAMES = [field.name for field in FIELDS if "dict" in str(field.type) or "list" in str(field.type)]
BOOL_NAMES = [field.name for field in FIELDS if "bool" in str(field.type)]


@dataclass(frozen=True)
class Run:
    """One sweep: what was asked (`request`), and on what it was measured (`identity`: board uid, firmware, models).

    `lost` has a line for every board that was lost: it begins with BLOCKED if points were not measured for that.
    """

    run_id: str
    started_at: str
    command: str
    request: dict[str, Any]
    identity: dict[str, str]
    lost: list[str] = dataclasses.field(default_factory=list)


class Database:
    """An open result database; use it as a context manager. Every method that writes is one transaction."""

    def __init__(self, path: Path) -> None:
        """Open or create the database at `path`; InputError if that cannot be."""
        self.path = path
        with _reported(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._prepare()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def add_run(self, run: Run) -> None:
        """Store a new run, without records yet."""
        values = (run.run_id, run.started_at, run.command, json.dumps(run.request), json.dumps(run.identity))
        with self._transaction():
            self._connection.execute(
                "INSERT INTO runs (run_id, started_at, command, request, identity, lost) VALUES (?, ?, ?, ?, ?, ?)",
                (*values, json.dumps(run.lost)),
            )

    def update_run(self, run: Run) -> None:
        """Replace what a stored run was measured on, and which boards it lost."""
        values = (json.dumps(run.identity), json.dumps(run.lost), run.run_id)
        with self._transaction():
            self._connection.execute("UPDATE runs SET identity = ?, lost = ? WHERE run_id = ?", values)

    def add_record(self, *records: Record) -> None:
        """Store records; a second one for the same point of the same run is an InputError, unless it was blocked."""
        columns = ", ".join(NAMES)
        marks = ", ".join("?" * len(NAMES))
        points = [(record.run_id, record.point_id, BLOCKED) for record in records]
        with self._transaction():
            self._connection.executemany("DELETE FROM records WHERE run_id = ? AND point_id = ? AND status = ?", points)
            rows = map(_row, records)
            self._connection.executemany(f"INSERT INTO records ({columns}) VALUES ({marks})", rows)

    def records(self, run_id: str) -> list[Record]:
        """Return the records of a run in the order in which they were measured."""
        rows = self._connection.execute("SELECT * FROM records WHERE run_id = ? ORDER BY rowid", (run_id,))
        try:
            return [_record(row) for row in rows]
        except (ValueError, TypeError) as exc:
            raise self._altered(exc) from exc

    def runs(self) -> list[Run]:
        """Return all runs, oldest first."""
        rows = self._connection.execute("SELECT * FROM runs ORDER BY rowid")
        try:
            return [_run(row) for row in rows]
        except (ValueError, TypeError) as exc:
            raise self._altered(exc) from exc

    def _altered(self, exc: Exception) -> InputError:
        return InputError(f"{self.path}: a cell is not as mcubench writes it ({exc}); name another --db")

    def find_run(self, name: str | None) -> Run:
        """Return the run whose id begins with `name`, or the last one; InputError if there is none or are several."""
        runs = self.runs()
        if not runs:
            raise InputError(f"{self.path}: no runs in it yet; 'mcubench sweep' makes one")
        if name is None:
            return runs[-1]
        found = [run for run in runs if run.run_id == name] or [run for run in runs if run.run_id.startswith(name)]
        if len(found) != 1:
            known = ", ".join(run.run_id for run in (found or runs)[-5:])
            trouble = "several runs begin" if found else "no run begins"
            raise InputError(f"{self.path}: {trouble} with '{name}'; the last are {known}")
        return found[0]

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        # A row must survive a power cut too, and one commit per point is cheap.
        self._connection.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version == SCHEMA_VERSION:
                return
            if version in (1, 2, 3):
                self._add_columns()
                self._name_losses()
            elif version != 0 or self._connection.execute("SELECT * FROM sqlite_master").fetchone():
                raise InputError(f"{self.path}: not a result database of this version of mcubench; name another --db")
            else:
                self._create_tables()
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _create_tables(self) -> None:
        columns = ", ".join(f"{field.name} {_sql_type(str(field.type))}" for field in FIELDS)
        self._connection.execute(f"CREATE TABLE records ({columns}, UNIQUE (run_id, point_id))")
        self._connection.execute(
            "CREATE TABLE runs"
            " (run_id TEXT PRIMARY KEY, started_at TEXT, command TEXT, request TEXT, identity TEXT, lost TEXT)"
        )

    def _add_columns(self) -> None:
        """Bring a database of an earlier version to this one; what its records do not know stays unknown."""
        wanted = {
            "records": {field.name: _sql_type(str(field.type)) for field in FIELDS},
            "runs": {"lost": "TEXT"},
        }
        for table, columns in wanted.items():
            present = {row["name"] for row in self._connection.execute(f"PRAGMA table_info({table})")}
            for name in columns.keys() - present:
                self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {columns[name]}")

    def _name_losses(self) -> None:
        """Let the lines of lost boards begin as they do now; earlier versions lost none without losing points."""
        rows = self._connection.execute("SELECT run_id, lost FROM runs WHERE lost IS NOT NULL").fetchall()
        try:
            named = [(json.dumps([LOST_POINTS + line for line in json.loads(lost)]), run_id) for run_id, lost in rows]
        except (ValueError, TypeError) as exc:
            raise self._altered(exc) from exc
        self._connection.executemany("UPDATE runs SET lost = ? WHERE run_id = ?", named)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _reported(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as exc:
        raise InputError(f"{path}: cannot be used as result database ({exc}); name another file with --db") from exc


def _sql_type(annotation: str) -> str:
    optional = "" if "None" in annotation else " NOT NULL"
    if "dict" in annotation or "list" in annotation or "str" in annotation:
        return "TEXT" + optional
    return ("REAL" if "float" in annotation else "INTEGER") + optional


def _row(record: Record) -> list[Any]:
    values = {name: getattr(record, name) for name in NAMES}
    for name in JSON_NAMES:
        if values[name] is not None:
            values[name] = json.dumps(values[name])
    return list(values.values())


def _record(row: sqlite3.Row) -> Record:
    values = {name: row[name] for name in NAMES}
    for name in JSON_NAMES:
        if values[name] is not None:
            values[name] = json.loads(values[name])
    for name in BOOL_NAMES:
        if values[name] is not None:
            values[name] = bool(values[name])
    return Record(**values)


def _run(row: sqlite3.Row) -> Run:
    request, identity = json.loads(row["request"]), json.loads(row["identity"])
    return Run(row["run_id"], row["started_at"], row["command"], request, identity, json.loads(row["lost"] or "[]"))
