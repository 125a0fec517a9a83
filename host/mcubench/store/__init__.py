"""The result record and the SQLite table it is kept in."""

from __future__ import annotations

from mcubench.store.database import Database, Run
from mcubench.store.record import Record, point_id

__all__ = ["Database", "Record", "Run", "point_id"]
