"""Records as files for machines; a file is replaced as a whole, so that a reader never sees half of one."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from mcubench.errors import InputError
from mcubench.store import TIMED_FIELDS, Record

__all__ = ["csv_text", "json_text", "write_text"]


def json_text(records: Sequence[Record]) -> str:
    """Return the records as a JSON list; null means unknown."""
    return json.dumps([record.as_dict() for record in records], indent=1, allow_nan=False) + "\n"


def csv_text(records: Sequence[Record]) -> str:
    """Return the records as CSV with a header; unknown is empty, lists and tables are JSON within their cell.

    Of records that were measured and others that were modelled, each timed field has two columns.
    """
    kinds = sorted({record.timing for record in records})
    columns = [column for field in fields(Record) for column in _columns(field.name, kinds)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(name if kind is None else f"{name}_{kind}" for name, kind in columns)
    for record in records:
        values = record.as_dict()
        writer.writerow(_cell(values[name]) if kind in (None, record.timing) else None for name, kind in columns)
    return text.getvalue()


def write_text(path: Path, text: str) -> None:
    """Replace the file at `path`, making its folder if needed; InputError if that cannot be."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as exc:
        raise InputError(f"{path}: cannot be written ({exc.strerror})") from exc


def _columns(name: str, kinds: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return a field's columns, each with the only timing kind that it takes, or None if it takes any."""
    return [(name, kind) for kind in kinds] if name in TIMED_FIELDS and len(kinds) > 1 else [(name, None)]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, list | dict) else value
