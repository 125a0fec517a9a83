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
from mcubench.store import Record

__all__ = ["csv_text", "json_text", "write_text"]


def json_text(records: Sequence[Record]) -> str:
    """Return the records as a JSON list; null means unknown."""
    return json.dumps([record.as_dict() for record in records], indent=1, allow_nan=False) + "\n"


def csv_text(records: Sequence[Record]) -> str:
    """Return the records as CSV with a header; unknown is empty, lists and tables are JSON within their cell."""
    names = [field.name for field in fields(Record)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        values = record.as_dict()
        writer.writerow([_cell(values[name]) for name in names])
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


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, list | dict) else value
