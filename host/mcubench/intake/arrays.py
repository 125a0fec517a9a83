"""Vectors in numpy's files: .npy is the inputs, .npz has inputs and labels by the names that people give them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.intake.sample import MOST_BYTES, Samples, check_file
from mcubench.models.vectors import DAMAGE, ZIP_MARK

__all__ = ["INPUT_NAMES", "LABEL_NAMES", "read_npy", "read_npz"]

# In the order in which they are preferred; capital letters do not matter.
INPUT_NAMES = ("inputs", "input", "x_test", "test_x", "x", "test_images", "images", "features", "data", "arr_0")
LABEL_NAMES = ("labels", "label", "y_test", "test_y", "y", "test_labels", "targets", "target", "classes", "arr_1")


def read_npy(path: Path) -> Samples:
    """Return the array of a .npy file as inputs; InputError if it cannot be read."""
    check_file(path)
    try:
        with path.open("rb") as file:
            if file.read(len(ZIP_MARK)) == ZIP_MARK:
                raise InputError(f"{path}: expected one array as numpy.save writes it, found an archive; name it .npz")
        array = np.lib.format.open_memmap(path, mode="r")
    except DAMAGE as exc:
        raise _damaged(path, exc) from exc
    return Samples(_numbers(path, "array", array), None)


def read_npz(path: Path, only_labels: bool = False) -> Samples:
    """Return inputs and labels of an .npz archive, whose names tell which is which; a single array is the inputs.

    With `only_labels` there need be no inputs, and a single array is the labels. InputError, with the names that were
    found, if none is one that people give.
    """
    check_file(path)
    known = LABEL_NAMES if only_labels else INPUT_NAMES
    try:
        with _open(path) as archive:
            _check_size(path, archive)
            names = {name.lower(): name for name in archive.files}
            wanted = _pick(names, known)
            if wanted is None:
                role, found = "labels" if only_labels else "inputs", ", ".join(archive.files) or "none"
                raise InputError(f"{path}: no array is named as {role} are ({', '.join(known)}); found {found}")
            inputs = _numbers(path, wanted, archive[wanted])
            if only_labels:
                return Samples(inputs, inputs)
            name = _pick(names, LABEL_NAMES, alone=False)
            labels = _numbers(path, name, archive[name]) if name and name != wanted else None
    except DAMAGE as exc:
        raise _damaged(path, exc) from exc
    taken = f"labels from '{name}'" if labels is not None else "no labels"
    return Samples(inputs, labels, (f"inputs from '{wanted}', {taken}",))


def _open(path: Path) -> Any:
    # Read first: numpy leaves a file open if it is no archive.
    archive = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
    if isinstance(archive, np.ndarray):
        raise InputError(f"{path}: expected an archive as numpy.savez writes it, found one array; name it .npy")
    return archive


def _pick(names: Mapping[str, str], known: Sequence[str], alone: bool = True) -> str | None:
    """Return the name of the first array that has a known one, or of the only array."""
    if alone and len(names) == 1:
        return next(iter(names.values()))
    return next((names[name] for name in known if name in names), None)


def _check_size(path: Path, archive: Any) -> None:
    """InputError if unpacking would take more memory than test data does, as a hostile archive may."""
    size = sum(entry.file_size for entry in archive.zip.infolist())
    if size > MOST_BYTES:
        raise InputError(f"{path}: has {size} bytes unpacked, expected at most {MOST_BYTES}; take a part of it")


def _numbers(path: Path, name: str, array: Any) -> NDArray[Any]:
    if not isinstance(array, np.ndarray):  # numpy hands out what is no array as bytes
        raise InputError(f"{path}: '{name}' is no array as numpy saves them")
    if array.dtype.kind not in "iufb":
        raise InputError(f"{path}: '{name}' must be numbers, found {array.dtype}")
    if array.ndim == 0 or len(array) == 0:
        raise InputError(f"{path}: '{name}' is of shape {array.shape}, expected one row per vector")
    return array


def _damaged(path: Path, exc: BaseException) -> InputError:
    return InputError(f"{path}: damaged: {str(exc).partition(chr(10))[0] or type(exc).__name__}")
