"""What `model.toml` says about a model, checked against the `.tflite` file beside it."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from mcubench.errors import InputError
from mcubench.models.score import METRICS
from mcubench.models.tensor import TENSOR_TYPES, Tensor

__all__ = ["MODEL_FILE", "NAME_PATTERN", "RANDOM", "Golden", "Model", "read_model"]

MODEL_FILE = "model.toml"
# What `vectors` may say; where it is absent, the inputs are data.
RANDOM = "random"
VECTOR_KINDS = {RANDOM: None}
# A name is a word of the line protocol and a part of C identifiers.
NAME_PATTERN = re.compile(r"[a-z][a-z0-9._-]{0,47}")
# TensorFlow Lite schema: the flatbuffer's file identifier, after the four bytes of the root offset.
TFLITE_IDENTIFIER = b"TFL3"


@dataclass(frozen=True)
class Golden:
    """What computed the golden outputs."""

    tool: str
    version: str
    resolver: str


@dataclass(frozen=True)
class Model:
    """A model folder; `parameters`, `macs` and `macc` (ST's operation count) are None if `model.toml` does not tell.

    Without a `metric` there is no score; without a `threshold` any will do. `random_vectors` tells that the inputs mean
    nothing, `added` when `mcubench model add` made the folder.
    """

    name: str
    folder: Path
    description: str
    source: str
    licence: str
    sha256: str
    parameters: int | None
    macs: int | None
    macc: int | None
    metric: str | None
    threshold: float | None
    random_vectors: bool
    added: date | None
    tolerance: float
    tolerances: dict[str, float]
    golden: Golden
    input: Tensor
    output: Tensor

    def tolerance_of(self, engine: str) -> float:
        """Return how far an output of an engine may lie from the golden one, in steps or real units; 0: equal bits."""
        return self.tolerances.get(engine, self.tolerance)

    @property
    def tflite_path(self) -> Path:
        return self.folder / "model.tflite"

    @property
    def vectors_path(self) -> Path:
        return self.folder / "vectors.npz"


def read_model(folder: Path) -> Model:
    """Read and check `folder`/model.toml and that model.tflite is the file it names.

    Raises InputError if a file is absent, a key is missing or has the wrong type, or the SHA-256 differs.
    """
    table = _Table(folder / MODEL_FILE, _read_toml(folder / MODEL_FILE))
    model = Model(
        name=_checked_name(table, folder),
        folder=folder,
        description=table.text("description"),
        source=table.text("source"),
        licence=table.text("licence"),
        sha256=table.text("sha256"),
        parameters=table.count("parameters"),
        macs=table.count("macs"),
        macc=table.count("macc"),
        metric=table.choice("metric", METRICS) if table.has("metric") else None,
        threshold=_threshold(table),
        random_vectors=table.has("vectors") and table.choice("vectors", VECTOR_KINDS) == RANDOM,
        added=table.date("added"),
        tolerance=table.tolerance("tolerance"),
        tolerances=_tolerances(table),
        golden=_golden(table.table("golden")),
        input=_tensor(table.table("input")),
        output=_tensor(table.table("output")),
    )
    _check_tflite(model)
    return model


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror}); a model folder needs a {MODEL_FILE}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: not a TOML file: {exc}") from exc


def _checked_name(table: _Table, folder: Path) -> str:
    name = table.text("name")
    if not NAME_PATTERN.fullmatch(name):
        raise InputError(f"{table.path}: name '{name}' must be lower-case letters, digits, '.', '_', '-', 48 at most")
    if name != folder.resolve().name:
        raise InputError(f"{table.path}: name is '{name}' but the folder is '{folder.resolve().name}'; make them equal")
    return name


def _threshold(table: _Table) -> float | None:
    if not table.has("threshold"):
        return None
    if not table.has("metric"):
        raise InputError(f"{table.path}: there is a threshold, but no metric that it is of; add 'metric'")
    return table.number("threshold")


def _tolerances(table: _Table) -> dict[str, float]:
    """Return the tolerances of engines whose kernels are known to round otherwise than those of the golden outputs."""
    if not table.has("tolerances"):
        return {}
    engines = table.table("tolerances")
    return {engine: engines.tolerance(engine) for engine in engines.names}


def _golden(table: _Table) -> Golden:
    return Golden(table.text("tool"), table.text("version"), table.text("resolver"))


def _tensor(table: _Table) -> Tensor:
    tensor_type = table.choice("type", TENSOR_TYPES)
    shape = table.shape("shape")
    if tensor_type == "float32" or not table.has("scale"):
        return Tensor(tensor_type, shape, None, None)
    return Tensor(tensor_type, shape, table.scale("scale"), table.zero_point("zero_point", TENSOR_TYPES[tensor_type]))


def _check_tflite(model: Model) -> None:
    try:
        data = model.tflite_path.read_bytes()
    except OSError as exc:
        raise InputError(f"{model.tflite_path}: cannot be read ({exc.strerror})") from exc
    if data[4:8] != TFLITE_IDENTIFIER:
        raise InputError(f"{model.tflite_path}: not a TensorFlow Lite file (no TFL3 mark at byte 4)")
    found = hashlib.sha256(data).hexdigest()
    if found != model.sha256:
        raise InputError(f"{model.tflite_path}: sha256 is {found}, but {MODEL_FILE} says {model.sha256}")


class _Table:
    """A TOML table whose values are asked for by key and type; what is missing or wrong is an InputError."""

    def __init__(self, path: Path, values: dict[str, Any], prefix: str = "") -> None:
        self.path = path
        self._values = values
        self._prefix = prefix

    def has(self, key: str) -> bool:
        return key in self._values

    def table(self, key: str) -> _Table:
        value = self._typed(key, dict, "a table")
        return _Table(self.path, value, f"{key}.")

    @property
    def names(self) -> list[str]:
        return list(self._values)

    def text(self, key: str) -> str:
        value: str = self._typed(key, str, "a text")
        return value

    def number(self, key: str) -> float:
        value = float(self._typed(key, (int, float), "a number"))
        if not math.isfinite(value):
            raise self._error(key, "a finite number", value)
        return value

    def tolerance(self, key: str) -> float:
        value = self.number(key)
        if value < 0:
            raise self._error(key, "a number that is not below zero", value)
        return value

    def scale(self, key: str) -> float:
        value = self.number(key)
        if value <= 0:
            raise self._error(key, "a number above zero", value)
        return value

    def zero_point(self, key: str, stored: np.dtype[Any]) -> int:
        value, limits = self.integer(key), np.iinfo(stored)
        if not limits.min <= value <= limits.max:
            raise self._error(key, f"what {stored} can hold", value)
        return value

    def integer(self, key: str) -> int:
        value: int = self._typed(key, int, "a whole number")
        return value

    def count(self, key: str) -> int | None:
        """Return a positive whole number, or None where the key is absent."""
        if not self.has(key):
            return None
        value = self.integer(key)
        if value <= 0:
            raise self._error(key, "a number above zero", value)
        return value

    def date(self, key: str) -> date | None:
        """Return a date, or None where the key is absent."""
        if not self.has(key):
            return None
        value: date = self._typed(key, date, "a date")
        return value

    def choice(self, key: str, known: dict[str, Any]) -> str:
        value = self.text(key)
        if value not in known:
            raise self._error(key, " or ".join(sorted(known)), value)
        return value

    def shape(self, key: str) -> tuple[int, ...]:
        value = self._typed(key, list, "a list of sizes")
        if not value or value[0] != 1 or not all(type(size) is int and size > 0 for size in value):
            raise self._error(key, "a batch of 1 and then the sizes of one vector", value)
        return tuple(value)

    def _typed(self, key: str, kind: type | tuple[type, ...], wanted: str) -> Any:
        value = self._values.get(key)
        # A TOML boolean is an int to Python.
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self._error(key, wanted, value)
        return value

    def _error(self, key: str, wanted: str, value: Any) -> InputError:
        seen = "it is missing" if value is None else f"found {value!r}"
        return InputError(f"{self.path}: key '{self._prefix}{key}' must be {wanted}; {seen}")
