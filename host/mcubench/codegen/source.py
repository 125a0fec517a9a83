"""Model files as they are found on disk."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mcubench.errors import InputError

__all__ = ["Source", "read_source"]


# No microcontroller has flash for more.
_MAX_BYTES = 1 << 28


@dataclass(frozen=True)
class Source:
    """A .tflite file: what it is called, where it was found, and its bytes."""

    name: str
    file: Path
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def read_source(path: Path) -> Source:
    """Read a .tflite file, or the model.tflite of a folder.

    The model's name is `name` of model.toml in a folder that has one, else the folder's name or the file's stem.
    InputError if a file cannot be read.
    """
    file = path / "model.tflite" if path.is_dir() else path
    try:
        if file.exists() and not file.is_file():
            raise InputError(f"{file}: expected a .tflite file, found something else")
        size = file.stat().st_size
        if size > _MAX_BYTES:
            raise InputError(f"{file}: has {size} bytes, expected at most {_MAX_BYTES}")
        data = file.read_bytes()
    except OSError as exc:
        raise InputError(f"cannot read the model {file}: {exc.strerror}") from exc
    return Source(_model_name(path), file, data)


def _model_name(path: Path) -> str:
    description = path / "model.toml"
    if not path.is_dir():
        return _checked(path.stem, path)
    if not description.exists():
        return _checked(path.resolve().name, path)
    try:
        name = tomllib.loads(description.read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError) as exc:
        raise InputError(f"cannot read {description}: {exc}") from exc
    return _checked(name, description)


def _checked(name: object, where: Path) -> str:
    """Return a name that can stand in a C string."""
    if not isinstance(name, str) or not name.isprintable() or '"' in name or "\\" in name:
        raise InputError(f"{where}: expected a plain text as the model's name, saw {name!r}")
    return name
