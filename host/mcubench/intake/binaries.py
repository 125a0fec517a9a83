"""Vectors as a folder of raw .bin files, one tensor each, with a file of labels, as MLPerf Tiny has them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.intake.sample import MOST_BYTES, Samples
from mcubench.intake.table import read_label_table, read_named_labels
from mcubench.models import Tensor

__all__ = ["read_binaries"]

USUAL_LABELS = "y_labels.csv"
REAL = np.dtype("<f4")


def read_binaries(folder: Path, labels: Path | None, model_input: Tensor) -> Samples:
    """Return the vectors of a folder, in the order of the label file, or by name (1, 2, 10) if there is none.

    A file has the bytes of the model's input as it is stored, or those of as many float32, which are real values then.
    The label file is `labels`, else y_labels.csv, else the one .csv or .txt file of the folder.
    """
    files = sorted(folder.glob("*.bin"), key=_natural)
    if not files:
        raise InputError(f"{folder}: expected .bin files with one vector each, found none")
    label_file = labels or _find_labels(folder)
    values = None
    if label_file is not None and label_file.suffix.lower() in (".csv", ".txt"):
        files, values = _labelled(folder, files, label_file)
    elif label_file is not None:
        raise InputError(f"{label_file}: labels of .bin files are read from .csv or .txt; found '{label_file.suffix}'")
    vectors, real = _read_vectors(files, model_input)
    how = "float32, real values" if real else f"{model_input.type} as the model stores it"
    where = f"labels from {label_file.name}" if label_file else "no labels"
    return Samples(vectors, values, (f"{len(files)} files of {how}, {where}",), stored=not real)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Return what sorts names as people count: 2 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", path.name)]


def _find_labels(folder: Path) -> Path | None:
    usual = folder / USUAL_LABELS
    found = [usual] if usual.exists() else sorted([*folder.glob("*.csv"), *folder.glob("*.txt")])
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{folder}: which of {names} has the labels? Name it with --labels")
    return found[0] if found else None


def _labelled(folder: Path, files: list[Path], label_file: Path) -> tuple[list[Path], NDArray[np.float64]]:
    """Return the files that have labels, and those; a list of bare labels is one per file, in the order of names."""
    if "," not in _first_line(label_file):
        values = read_label_table(label_file)
        if len(values) != len(files):
            raise InputError(f"{label_file}: there are {len(files)} .bin files but {len(values)} labels")
        return files, values
    known = {path.name: path for path in files} | {path.stem: path for path in files}
    named = read_named_labels(label_file)
    missing = [name for name, _ in named if name not in known]
    if missing:
        raise InputError(f"{label_file}: names {missing[0]!r}, which is not in {folder}; {len(missing)} such names")
    return [known[name] for name, _ in named], np.array([label for _, label in named])


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            return file.readline()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path}: cannot be read: {exc}") from exc


def _read_vectors(files: list[Path], model_input: Tensor) -> tuple[NDArray[np.generic], bool]:
    """Return the vectors (n, elements), and whether they are real values; the first file's size tells."""
    sizes = {model_input.byte_count: model_input.dtype, REAL.itemsize * model_input.elements: REAL}
    vectors = []
    for path in files:
        try:
            size = path.stat().st_size
            if size not in sizes or len(files) * size > MOST_BYTES:
                raise InputError(
                    f"{path}: has {size} bytes, expected {' or '.join(map(str, sorted(sizes)))} (the model's input"
                    f" {model_input.type} {list(model_input.shape)}, or as many float32), in all at most {MOST_BYTES}"
                )
            vectors.append(np.frombuffer(path.read_bytes(), sizes[size]))
        except OSError as exc:
            raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
        if vectors[-1].dtype != vectors[0].dtype:
            raise InputError(f"{path}: has {size} bytes, but {files[0].name} has {vectors[0].nbytes}")
    real = bool(vectors[0].dtype == REAL)
    return np.stack(vectors), real
