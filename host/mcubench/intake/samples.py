"""Test data as people have it: .npz, .npy, .csv, or a folder of raw .bin files; labels inside or in another file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.intake.arrays import read_npy, read_npz
from mcubench.intake.binaries import read_binaries
from mcubench.intake.sample import Samples, wrong_length
from mcubench.intake.table import read_label_table, read_table
from mcubench.models import Tensor

__all__ = ["read_samples"]

KINDS = ".npz, .npy, .csv, or a folder of .bin files"
LABEL_KINDS = ".npz, .npy, .csv or .txt"


def read_samples(path: Path, labels: Path | None, model_input: Tensor, model_output: Tensor) -> Samples:
    """Return what is in a file or folder; with `labels`, those of that file instead of any that are inside.

    InputError, in one line, if it cannot be read, or there are not as many labels as vectors.
    """
    if path.is_dir():
        return read_binaries(path, labels, model_input)
    readers: dict[str, Callable[[Path], Samples]] = {
        ".npz": read_npz,
        ".npy": read_npy,
        ".csv": lambda file: read_table(file, model_input, model_output),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: vectors are read from {KINDS}; found '{path.suffix or path.name}'")
    samples = reader(path)
    if labels is not None:
        samples = Samples(samples.inputs, _read_labels(labels), samples.notes)
    if samples.labels is not None and (samples.labels.ndim == 0 or len(samples.labels) != len(samples.inputs)):
        raise wrong_length(labels or path, len(samples.inputs), samples.labels)
    return samples


def _read_labels(path: Path) -> NDArray[Any] | None:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return read_npy(path).inputs
    if suffix == ".npz":
        return read_npz(path, only_labels=True).labels
    if suffix in (".csv", ".txt"):
        return read_label_table(path)
    raise InputError(f"{path}: labels are read from {LABEL_KINDS}; found '{path.suffix or path.name}'")
