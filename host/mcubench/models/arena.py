"""`arena.toml` of a model folder: the smallest arenas that were found by trying, per engine and core."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mcubench.errors import InputError

__all__ = ["ARENA_FILE", "ArenaRecord", "read_arenas", "record_arena", "recorded_arena_bytes"]

ARENA_FILE = "arena.toml"
HEADER = "# Written by `mcubench arena`: the smallest arena with which each engine runs the model on each core.\n"


@dataclass(frozen=True)
class ArenaRecord:
    """An arena in bytes and how it was found; `kind` is "measured" on a real board, "modelled" on a virtual one."""

    bytes: int
    model_sha256: str
    engine_version: str
    toolchain: str
    firmware_build: str
    board: str
    kind: str
    date: date


_TYPES: dict[str, type] = {"bytes": int, "date": date}  # the other keys are texts
Arenas = dict[tuple[str, str], ArenaRecord]


def read_arenas(folder: Path) -> Arenas:
    """Return the records of a model folder by engine and core; none if there is no file.

    Raises InputError if the file cannot be read or has not the keys of a record.
    """
    path = folder / ARENA_FILE
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # or the "folder" is a .tflite file
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: cannot be read ({exc}); remove it, 'mcubench arena' writes it anew") from exc
    return {
        (engine, core): _read_record(path, f"{engine}.{core}", table)
        for engine, cores in tables.items()
        for core, table in (cores.items() if isinstance(cores, dict) else [("", None)])
    }


def record_arena(folder: Path, engine: str, core: str, record: ArenaRecord) -> Path:
    """Add a record to the file of a model folder, in the place of an older one for the engine and core."""
    arenas = read_arenas(folder) | {(engine, core): record}
    path = folder / ARENA_FILE
    text = HEADER + "".join(_format(*key, arenas[key]) for key in sorted(arenas))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{path}: cannot be written ({exc.strerror})") from exc
    return path


def recorded_arena_bytes(folder: Path, sha256: str, engine: str, engine_version: str, core: str) -> int | None:
    """Return the arena recorded for this very model, engine and core; None if there is none."""
    record = read_arenas(folder).get((engine, core))
    if record is None or (record.model_sha256, record.engine_version) != (sha256, engine_version):
        return None
    return record.bytes


def _read_record(path: Path, name: str, table: Any) -> ArenaRecord:
    values = table if isinstance(table, dict) else {}
    for key in ArenaRecord.__dataclass_fields__:
        wanted = _TYPES.get(key, str)
        value = values.get(key)
        if type(value) is not wanted or value == 0:
            raise InputError(
                f"{path}: [{name}] needs '{key}' as {wanted.__name__}, found {value!r};"
                " remove it, 'mcubench arena' writes it anew"
            )
    return ArenaRecord(**{key: values[key] for key in ArenaRecord.__dataclass_fields__})


def _format(engine: str, core: str, record: ArenaRecord) -> str:
    # What boards say of themselves has neither quotes nor backslashes to escape (docs/protocol.md: words).
    rows = [
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}" for key, value in asdict(record).items()
    ]
    return f'\n["{engine}"."{core}"]\n' + "\n".join(rows) + "\n"
