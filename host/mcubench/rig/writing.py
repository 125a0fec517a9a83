"""Changing a rig file as its owner wrote it: comments, order and spelling of everything else stay."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from mcubench.errors import InputError
from mcubench.rig.file import parse_rig
from mcubench.rig.merge import Action, Change

__all__ = ["changed_text", "write_rig"]


def write_rig(path: Path, changes: Sequence[Change]) -> None:
    """Make these changes in a rig file, which need not exist, all at once or not at all."""
    path = path.resolve()  # what a link leads to is changed, not the link
    before = path.read_bytes() if path.exists() else b""
    text = changed_text(before.decode(), changes)
    parse_rig(text, path)  # nothing is written that could not be read again
    _replace(path, before, text.encode())


def changed_text(text: str, changes: Sequence[Change]) -> str:
    """Return the text of a rig file with these changes."""
    newline = "\r\n" if "\r\n" in text else "\n"
    document = tomlkit.parse(text.replace("\r\n", "\n"))
    boards: Any = document.get("boards", [])
    for change in changes:
        if change.action is Action.UPDATE:
            table = next(board for board in boards if board["name"].strip() == change.name)
            for key, value in change.keys.items():
                _set(table, key, value)
    added = [change.keys for change in changes if change.action is Action.ADD]
    if added and "boards" in document and "[[boards]]" not in text:
        boards.extend(added)  # they are in one list
        added = []
    whole = tomlkit.dumps(document)
    for keys in added:
        rendered = tomlkit.dumps({"boards": [keys]}).strip("\n")
        whole = f"{whole.rstrip(chr(10))}\n\n{rendered}\n" if whole.strip() else f"{rendered}\n"
    return whole.replace("\n", newline)


def _set(table: Any, key: str, value: Any) -> None:
    """Set a key; a new one comes after the last one, not after the comments that belong to the next board."""
    tail: list[Any] = []
    if isinstance(table, Table) and key not in table:
        body = table.value.body
        while body and body[-1][0] is None:
            tail.insert(0, body.pop())
    table[key] = value
    if tail:
        table.value.body.extend(tail)


def _replace(path: Path, before: bytes, data: bytes) -> None:
    """Put a whole new file in the place of the old one; InputError if somebody changed that meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        new = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
            if (path.read_bytes() if path.exists() else b"") != before:
                raise InputError(f"{path}: somebody changed it meanwhile; scan again")
            new.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                new.unlink()
    except OSError as exc:
        raise InputError(f"{path}: cannot be written: {exc.strerror}") from exc


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
