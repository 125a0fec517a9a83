"""What test data is, wherever it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mcubench.errors import InputError

__all__ = ["MOST_BYTES", "Samples", "check_file", "wrong_length"]

# Of a file of vectors, and of what is in it. A board that takes a kilobyte per vector would see a million of them.
MOST_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Samples:
    """`inputs` (n, ...) and `labels` (n, ...), if there are any, as they were found; `notes` say how they were taken.

    `stored` tells that whole numbers are what the model's input holds, and not real values.
    """

    inputs: NDArray[Any]
    labels: NDArray[Any] | None
    notes: tuple[str, ...] = ()
    stored: bool = False


def check_file(path: Path) -> None:
    """Raise InputError if there is no such file, or if it is larger than test data is."""
    try:
        size = path.stat().st_size
    except OSError as exc:
        raise InputError(f"{path}: cannot be read ({exc.strerror})") from exc
    if not path.is_file():
        raise InputError(f"{path}: expected a file, found something else")
    if size > MOST_BYTES:
        raise InputError(f"{path}: has {size} bytes, expected at most {MOST_BYTES}; take a part of the test data")


def wrong_length(path: Path, vectors: int, labels: NDArray[Any]) -> InputError:
    """Return the error of labels that are not one per vector."""
    count = len(labels) if labels.ndim else 1
    return InputError(f"{path}: there are {vectors} vectors but {count} labels; one per vector is needed")
