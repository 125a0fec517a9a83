"""Outputs of a board against the golden outputs, bit by bit and by size of the error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.models.tensor import Tensor

__all__ = ["Comparison", "compare_outputs"]


@dataclass(frozen=True)
class Comparison:
    """How `vectors` outputs differ from the golden ones.

    `max_error` is the largest absolute difference of two elements: steps for whole numbers, the tensor's own unit for
    floats, infinity where only one of them is a number. `worst` is the index of its vector, None if all bits are equal.
    """

    vectors: int
    differing: int
    max_error: float
    worst: int | None

    @property
    def bit_exact(self) -> bool:
        return self.differing == 0

    def within(self, tolerance: float) -> bool:
        """Tell whether no element differs by more than `tolerance`; 0 asks for equal bits."""
        return self.bit_exact if tolerance == 0 else self.max_error <= tolerance

    @property
    def summary(self) -> str:
        """One line for a message."""
        if self.bit_exact:
            return f"{self.vectors} outputs equal the golden ones bit for bit"
        return (
            f"{self.differing} of {self.vectors} outputs differ from the golden ones,"
            f" most in vector {self.worst}, by {self.max_error:g}"
        )


def compare_outputs(raw: Sequence[bytes], golden: NDArray[Any], tensor: Tensor) -> Comparison:
    """Compare the output bytes of vectors 0 to n-1 with golden outputs (n, ...) of the same type.

    Raises WrongOutputError if one does not have the tensor's number of bytes.
    """
    outputs = tensor.decode(raw)
    differs = np.array([data != wanted.tobytes() for data, wanted in zip(raw, golden, strict=True)], dtype=bool)
    if not differs.any():
        return Comparison(len(raw), 0, 0.0, None)
    errors = np.where(differs, _largest_errors(outputs, golden), -1.0)
    worst = int(errors.argmax())
    return Comparison(len(raw), int(differs.sum()), float(errors[worst]), worst)


def _largest_errors(outputs: NDArray[Any], golden: NDArray[Any]) -> NDArray[np.float64]:
    """Return the largest absolute difference of each vector (n,)."""
    flat = outputs.reshape(len(golden), -1).astype(np.float64)
    wanted = golden.reshape(len(golden), -1).astype(np.float64)
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        errors = np.abs(flat - wanted)
    errors[flat == wanted] = 0.0
    errors[np.isnan(flat) & np.isnan(wanted)] = 0.0
    errors[np.isnan(errors)] = np.inf
    largest: NDArray[np.float64] = errors.max(axis=1)
    return largest
