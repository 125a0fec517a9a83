"""Vectors and labels as text: .csv with one vector per row, and files with one label per row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.intake.arrays import LABEL_NAMES
from mcubench.intake.sample import Samples, check_file
from mcubench.models import Tensor

__all__ = ["read_label_table", "read_named_labels", "read_table"]

_DELIMITERS = ",;\t"
_DEFAULT_DELIMITER = ","


def read_table(path: Path, model_input: Tensor, model_output: Tensor) -> Samples:
    """Return the rows of a .csv file: the elements of a vector, and its label or labels if there are more columns.

    The first row may name the columns. A column that is named like a label is the label; without one, the columns
    behind those of the vector are: one, or as many as the model has outputs. Numbers that are all whole are what the
    model's input holds, if it holds integers; with a decimal point or an exponent anywhere, they are real values.
    """
    header, numbers, whole = _read_numbers(path)
    elements, columns = model_input.elements, numbers.shape[1]
    place = next((place for place, name in enumerate(header) if name.strip().lower() in LABEL_NAMES), None)
    if place is not None and columns == elements + 1:
        labels = numbers[:, place]
        inputs = np.delete(numbers, place, axis=1)
        taken = f"label column '{header[place]}'"
    elif columns == elements:
        inputs, labels, taken = numbers, None, "no label column"
    elif columns == elements + 1:
        inputs, labels, taken = numbers[:, :-1], numbers[:, -1], "labels from the last column"
    elif columns == elements + model_output.elements:
        inputs, labels = numbers[:, :elements], numbers[:, elements:]
        taken = f"labels from the last {model_output.elements} columns"
    else:
        raise InputError(
            f"{path}: has {columns} columns, expected {elements} for the model's input {list(model_input.shape)},"
            f" or with labels {elements + 1} or {elements + model_output.elements}"
        )
    stored = whole and model_input.type != "float32"
    how = f"whole numbers, taken as stored {model_input.type} values" if stored else "real values"
    return Samples(inputs, labels, (f"{len(inputs)} rows of {how}, {taken}",), stored)


def read_label_table(path: Path) -> NDArray[np.float64]:
    """Return labels (n,) or (n, outputs): one row per vector, in their order; the first row may be a heading."""
    _, numbers, _ = _read_numbers(path)
    return numbers[:, 0] if numbers.shape[1] == 1 else numbers


def read_named_labels(path: Path) -> list[tuple[str, float]]:
    """Return file names and labels: rows of `name,label`, or of `name,classes,label`.

    MLPerf Tiny's y_labels.csv has the second; source: mlcommons/tiny, benchmark/evaluation/datasets/README.md.
    """
    rows = list(_rows(path))
    if rows and len(rows[0][1]) > 1 and not _is_number(rows[0][1][-1]):
        rows = rows[1:]  # names of columns
    named = []
    for number, row in rows:
        if len(row) not in (2, 3) or not _is_number(row[-1]):
            raise InputError(
                f"{path}:{number}: expected 'name,label' or 'name,classes,label', saw {','.join(row)[:80]!r}"
            )
        named.append((row[0].strip(), float(row[-1])))
    if not named:
        raise InputError(f"{path}: there are no labels")
    return named


def _read_numbers(path: Path) -> tuple[list[str], NDArray[np.float64], bool]:
    """Return the names of the columns, if any, the numbers (rows, columns), and whether all were written as whole."""
    header: list[str] = []
    values: list[NDArray[np.float64]] = []
    whole = True
    for number, row in _rows(path):
        if not values and not header and not all(map(_is_number, row)):
            header = row
            continue
        try:
            values.append(np.array(row, np.float64))
        except ValueError:
            bad = next((cell for cell in row if not _is_number(cell)), "")
            raise InputError(f"{path}:{number}: expected numbers, saw {bad[:40]!r}") from None
        if len(row) != len(values[0]) or (header and len(row) != len(header)):
            wanted = len(header) or len(values[0])
            raise InputError(f"{path}:{number}: expected {wanted} columns as in the first row, saw {len(row)}")
        whole = whole and all(cell.strip().lstrip("+-").isdigit() for cell in row)
    if not values:
        raise InputError(f"{path}: there are no rows of numbers")
    return header, np.stack(values), whole


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, with their line numbers."""
    check_file(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(_DELIMITERS, key=first.count) if any(map(first.count, _DELIMITERS)) else _DEFAULT_DELIMITER
            reader = csv.reader(file, delimiter=delimiter)
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"{path}: not a text of rows: {str(exc).partition(chr(10))[0]}") from exc


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
