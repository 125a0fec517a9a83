"""Inputs, golden outputs and labels of a model."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.models.model import Model
from mcubench.models.score import METRICS
from mcubench.models.tensor import Tensor

__all__ = ["Vectors", "read_vectors"]

KEYS = ("inputs", "outputs")
LABELS = "labels"
ZIP_MARK = b"PK\x03\x04"
# What numpy, which has Python read its headers, and zipfile raise for archives that are cut or altered.
DAMAGE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    RuntimeError,
    MemoryError,
    OverflowError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, eq=False)
class Vectors:
    """`inputs` (n, *input shape) and `outputs` (n, *output shape) in the model's own types.

    `labels` are None, int64 (n,) or float64 (n, *output shape), as the model's metric needs them.
    """

    inputs: NDArray[Any]
    labels: NDArray[Any] | None
    outputs: NDArray[Any]

    def __len__(self) -> int:
        return len(self.inputs)

    def first(self, count: int) -> Vectors:
        """Return the first `count` vectors; raises InputError if there are fewer."""
        if not 1 <= count <= len(self):
            raise InputError(f"{count} vectors were asked for; the model has 1 to {len(self)}")
        labels = None if self.labels is None else self.labels[:count]
        return Vectors(self.inputs[:count], labels, self.outputs[:count])

    def payload(self) -> bytes:
        """Return the bytes of all inputs, one vector after the other, as they travel to a board."""
        return self.inputs.tobytes()


def read_vectors(model: Model) -> Vectors:
    """Read the vectors of `model` and check their number, shapes and types against `model.toml`.

    Raises InputError if the file is absent or damaged, an array is missing, or one does not fit the model.
    """
    path = model.vectors_path
    arrays = _read_arrays(path)
    count = len(arrays["inputs"]) if arrays["inputs"].ndim else 0
    if count == 0:
        raise InputError(f"{path}: there are no inputs")
    _check_tensors(path, "inputs", arrays["inputs"], model.input, count)
    _check_tensors(path, "outputs", arrays["outputs"], model.output, count)
    labels = _checked_labels(path, model, arrays.get(LABELS), count)
    return Vectors(np.ascontiguousarray(arrays["inputs"]), labels, np.ascontiguousarray(arrays["outputs"]))


def _checked_labels(path: Path, model: Model, labels: NDArray[Any] | None, count: int) -> NDArray[Any] | None:
    """Return labels that the model's metric can use, or any, if it has none."""
    if labels is None:
        if model.metric is not None:
            raise InputError(f"{path}: array '{LABELS}' is missing, which the metric {model.metric} needs")
        return None
    if labels.dtype.kind not in "iuf":
        raise InputError(f"{path}: labels must be numbers; found {labels.dtype}")
    if labels.ndim == 0 or len(labels) != count:
        raise InputError(
            f"{path}: there are {count} inputs, but labels of shape {labels.shape}; one per input is needed"
        )
    if model.metric is not None:
        metric = METRICS[model.metric]
        try:
            metric.check_labels(labels, model.output)
        except InputError as exc:
            raise InputError(f"{path}: {exc}") from exc
    return labels.astype(np.float64 if labels.dtype.kind == "f" else np.int64)


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    if not data.startswith(ZIP_MARK):
        raise InputError(f"{path}: not an .npz archive of {', '.join(KEYS)}")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            missing = [key for key in KEYS if key not in archive.files]
            if missing:
                raise InputError(f"{path}: array '{missing[0]}' is missing; found {', '.join(archive.files) or 'none'}")
            arrays = {key: archive[key] for key in (*KEYS, LABELS) if key in archive.files}
    except DAMAGE as exc:
        raise InputError(f"{path}: damaged: {_first_line(exc)}") from exc
    for key, array in arrays.items():
        if not isinstance(array, np.ndarray):  # numpy hands out what is no array as bytes
            raise InputError(f"{path}: '{key}' is no array as numpy saves them")
    return arrays


def _first_line(exc: BaseException) -> str:
    return str(exc).partition("\n")[0] or type(exc).__name__


def _check_tensors(path: Path, key: str, array: NDArray[Any], tensor: Tensor, count: int) -> None:
    expected = (count, *tensor.shape[1:])
    if array.dtype != tensor.dtype or array.shape != expected:
        raise InputError(
            f"{path}: {key} must be {tensor.type} {expected} as model.toml says; found {array.dtype} {array.shape}"
        )
