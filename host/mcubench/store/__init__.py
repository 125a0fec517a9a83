"""The result record and the SQLite table it is kept in."""

from __future__ import annotations

from mcubench.store.compare import same_results
from mcubench.store.database import Database, Run
from mcubench.store.record import BLOCKED, TIMED_FIELDS, Record, point_id

__all__ = ["BLOCKED", "TIMED_FIELDS", "Database", "Record", "Run", "point_id", "same_results"]
