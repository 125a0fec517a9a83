"""Reading a rig file: all boards, or all mistakes at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcubench.errors import InputError, RigFileError
from mcubench.protocol.answers import VIRTUAL_UID_PREFIX
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard
from mcubench.rig.keys import FIELDS, KEYS, unknown_key
from mcubench.rig.places import Places, find_places
from mcubench.rig.select import select_boards

__all__ = ["RigFile", "find_rig_file", "load_rig", "parse_rig", "read_rig", "rig_file_to_write"]

FILE_NAME = "rig.toml"
VARIABLE = "MCUBENCH_RIG"
NOT_VIRTUAL = f"'{VIRTUAL_RUNNER}' is that of virtual boards, whose runner is '{VIRTUAL_RUNNER}' too"
# What no two boards can have both. Of boards that are not there, ports are only memories.
UNIQUE = ("name", "id", "probe_id", "serial")


@dataclass(frozen=True)
class RigFile:
    """The boards of a rig file, in its order."""

    path: Path
    boards: tuple[RigBoard, ...]

    def select(self, words: Sequence[str] = ()) -> list[RigBoard]:
        """Return the connected boards that `words` name, each once: names, beginnings of one name, kinds, `all`.

        No words mean all. InputError if a word names no board, several names, or none that is connected.
        """
        return select_boards(self.boards, words, str(self.path))


def find_rig_file(named: Path | None = None) -> Path | None:
    """Return the rig file to use: `named`, $MCUBENCH_RIG, ./rig.toml or the user's; None if there is none.

    InputError if one was named that is not there.
    """
    variable = os.environ.get(VARIABLE)
    if named is not None:
        return _existing(named, "--rig")
    if variable:
        return _existing(Path(variable), f"${VARIABLE}")
    return next((path for path in (Path(FILE_NAME), user_rig_file()) if path.is_file()), None)


def rig_file_to_write(named: Path | None = None) -> Path:
    """Return the rig file that is used, or the one to make if there is none: what was named, else ./rig.toml."""
    variable = os.environ.get(VARIABLE)
    if named is None and variable:
        named = Path(variable)
    return named or find_rig_file() or Path(FILE_NAME)


def user_rig_file() -> Path:
    """Return where the user's own rig file is, if there is one."""
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "mcubench" / FILE_NAME


def load_rig(named: Path | None = None) -> RigFile:
    """Find and read the rig file; InputError if there is none, RigFileError if it has mistakes."""
    path = find_rig_file(named)
    if path is None:
        raise InputError(
            f"no rig file: neither --rig, ${VARIABLE}, ./{FILE_NAME} nor {user_rig_file()}; "
            f"'mcubench rig scan --write' makes one"
        )
    return read_rig(path)


def read_rig(path: Path) -> RigFile:
    """Return the boards of a rig file; RigFileError with all its mistakes, InputError if it is no file."""
    return parse_rig(_text_of(path), path)


def parse_rig(text: str, path: Path) -> RigFile:
    """Return the boards of a rig file with this text."""
    if text.startswith("\ufeff"):
        raise RigFileError(str(path), (f"{path}:1: begins with a byte order mark; save it as UTF-8 without BOM",))
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as exc:
        raise RigFileError(str(path), (f"{path}: no valid TOML: {exc or 'nested too deeply'}",)) from exc
    reader = _Reader(path, find_places(text))
    boards = reader.read(tables)
    if reader.mistakes:
        raise RigFileError(
            str(path), tuple(mistake for _, mistake in sorted(reader.mistakes, key=lambda each: each[0]))
        )
    return RigFile(path, boards)


class _Reader:
    """Collects boards and mistakes; `mistakes` have their line first."""

    def __init__(self, path: Path, places: Places) -> None:
        self.mistakes: list[tuple[int, str]] = []
        self._path = path
        self._places = places

    def read(self, tables: dict[str, Any]) -> tuple[RigBoard, ...]:
        for key in tables:
            if key != "boards":
                self._add(self._places.of_other(key), f"'{key}': unknown; boards are tables that begin with [[boards]]")
        found = tables.get("boards", [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self._add(self._places.of_other("boards"), "'boards': expected tables that begin with [[boards]]")
            return ()
        values = [self._read_board(index, table) for index, table in enumerate(found)]
        for key in UNIQUE:
            self._check_unique(key, found, values)
        if self.mistakes:
            return ()
        return tuple(
            RigBoard(**{FIELDS.get(key, key): each for key, each in board.items()}, file=self._path) for board in values
        )

    def _read_board(self, index: int, table: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a board that are good."""
        values = {}
        for key, value in table.items():
            line = self._places.of_board(index, key)
            if key not in KEYS:
                self._add(line, f"{_who(index, table)}, '{key}': {unknown_key(key)}")
                continue
            try:
                values[key] = KEYS[key](value)
            except ValueError as exc:
                self._add(line, f"{_who(index, table)}, '{key}': {exc}")
        header = self._places.of_board(index)
        for missing in _missing(table):
            self._add(header, f"{_who(index, table)}: {missing}")
        for key, mistake in _unfitting(values, table):
            self._add(self._places.of_board(index, key), f"{_who(index, table)}, '{key}': {mistake}")
        return values

    def _check_unique(self, key: str, tables: list[dict[str, Any]], values: list[dict[str, Any]]) -> None:
        """Tell of every board that has what one before it has."""
        first: dict[Any, int] = {}
        for index, board in enumerate(values):
            if key not in board or (key == "serial" and not board.get("connected", True)):
                continue
            before = first.setdefault(_place(board[key]) if key == "serial" else board[key], index)
            if before != index:
                other = f"{_who(before, tables[before])} in line {self._places.of_board(before, key)}"
                line = self._places.of_board(index, key)
                self._add(line, f"{_who(index, tables[index])}, '{key}': {other} has the same, '{board[key]}'")

    def _add(self, line: int, mistake: str) -> None:
        self.mistakes.append((line, f"{self._path}:{line}: {mistake}"))


def _missing(table: dict[str, Any]) -> Iterator[str]:
    """Yield what a board must have and has not."""
    if "name" not in table:
        yield 'no name; give it one: name = "..."'
    if "board" not in table:
        yield 'what is it? Say board = "...", as its firmware calls itself'
    if table.get("runner") == VIRTUAL_RUNNER:
        if "serial" not in table:
            yield "a virtual board needs a serial, the link that is made to its terminal"
        if "probe_id" not in table:
            yield "a virtual board needs a probe_id, the path of its probe's socket"
    elif "serial" not in table and "probe_id" not in table:
        yield "nothing finds its port; give it a probe_id or a serial"


def _unfitting(values: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield keys whose values are good and do not fit what the others say, each with the mistake."""
    if table.get("runner") == VIRTUAL_RUNNER:
        if not values.get("id", VIRTUAL_UID_PREFIX).startswith(VIRTUAL_UID_PREFIX):
            yield "id", f"that of a virtual board begins with {VIRTUAL_UID_PREFIX}, found '{values['id']}'"
    elif values.get("power") == VIRTUAL_RUNNER:
        yield "power", NOT_VIRTUAL


def _who(index: int, table: dict[str, Any]) -> str:
    name = table.get("name")
    return f"board '{name}'" if isinstance(name, str) and name.strip() else f"board no. {index + 1}"


def _place(serial: str) -> str:
    """Return what two ways of writing the same path have in common."""
    return serial if "://" in serial else os.path.normpath(serial)


def _existing(path: Path, named_by: str) -> Path:
    if path.exists() and not path.is_file():
        raise InputError(f"{named_by} {path}: not a file; name a rig file, such as {FILE_NAME}")
    if not path.exists():
        raise InputError(f"{named_by} {path}: no such file; 'mcubench rig scan --write --rig {path}' makes one")
    return path


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: no such rig file; 'mcubench rig scan --write' makes one")
    try:
        return path.read_text(encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: not text in UTF-8, as TOML is; is it a rig file?") from exc
