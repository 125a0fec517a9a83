"""Held-out inputs, labels and golden outputs of a model."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.models.model import Model
from mcubench.models.tensor import Tensor

__all__ = ["Vectors", "read_vectors"]

KEYS = ("inputs", "labels", "outputs")
ZIP_MARK = b"PK\x03\x04"
# What numpy and zipfile raise for archives that are cut or altered.
DAMAGE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, eq=False)
class Vectors:
    """`inputs` (n, *input shape) and `outputs` (n, *output shape) in the model's own types, `labels` int64 (n,)."""

    inputs: NDArray[Any]
    labels: NDArray[np.int64]
    outputs: NDArray[Any]

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> Vectors:
        """Return the first `count` vectors; raises InputError if there are fewer."""
        if not 1 <= count <= len(self):
            raise InputError(f"{count} vectors were asked for; the model has 1 to {len(self)}")
        return Vectors(self.inputs[:count], self.labels[:count], self.outputs[:count])

    def payload(self) -> bytes:
        """Return the bytes of all inputs, one vector after the other, as they travel to a board."""
        return self.inputs.tobytes()


def read_vectors(model: Model) -> Vectors:
    """Read the vectors of `model` and check their number, shapes and types against `model.toml`.

    Raises InputError if the file is absent or damaged, an array is missing, or one does not fit the model.
    """
    path = model.vectors_path
    arrays = _read_arrays(path)
    count = len(arrays["labels"]) if arrays["labels"].ndim else 0
    if count == 0:
        raise InputError(f"{path}: there are no labels")
    _check_tensors(path, "inputs", arrays["inputs"], model.input, count)
    _check_tensors(path, "outputs", arrays["outputs"], model.output, count)
    labels = arrays["labels"]
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(f"{path}: labels must be whole numbers ({count},); found {labels.dtype} {labels.shape}")
    return Vectors(
        np.ascontiguousarray(arrays["inputs"]), labels.astype(np.int64), np.ascontiguousarray(arrays["outputs"])
    )


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
            return {key: archive[key] for key in KEYS}
    except DAMAGE as exc:
        raise InputError(f"{path}: damaged: {_first_line(exc)}") from exc


def _first_line(exc: BaseException) -> str:
    return str(exc).partition("\n")[0] or type(exc).__name__


def _check_tensors(path: Path, key: str, array: NDArray[Any], tensor: Tensor, count: int) -> None:
    expected = (count, *tensor.shape[1:])
    if array.dtype != tensor.dtype or array.shape != expected:
        raise InputError(
            f"{path}: {key} must be {tensor.type} {expected} as model.toml says, one per label;"
            f" found {array.dtype} {array.shape}"
        )
