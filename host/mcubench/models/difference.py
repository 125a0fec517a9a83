"""How far the outputs of two versions of a model lie apart, on the same vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.models.model import Model
from mcubench.models.tensor import Tensor
from mcubench.models.vectors import read_vectors

__all__ = ["same_inputs", "worst_output_difference"]


def worst_output_difference(a: Model, b: Model) -> float | None:
    """Return the largest difference of two golden outputs, as real values; None if the vectors are not the same."""
    try:
        first, second = read_vectors(a), read_vectors(b)
    except InputError:
        return None
    outputs = a.output.real(first.outputs), b.output.real(second.outputs)
    if outputs[0].shape != outputs[1].shape or not same_inputs(a.input, first.inputs, b.input, second.inputs):
        return None
    return float(np.abs(outputs[0] - outputs[1]).max())


def same_inputs(a: Tensor, first: NDArray[Any], b: Tensor, second: NDArray[Any]) -> bool:
    """Tell whether stored inputs of two models mean the same real values.

    They do if none differs by more than a step of both scales together, because quantising rounds, or lies where one of
    the two cannot follow, because quantising cuts off.
    """
    if first.shape != second.shape:
        return False
    low, high = (pick(ends) for pick, ends in zip((max, min), zip(_ends(a), _ends(b), strict=True), strict=True))
    values = [np.clip(each.real(stored), low, high) for each, stored in ((a, first), (b, second))]
    return bool(np.abs(values[0] - values[1]).max() <= (a.scale or 0.0) + (b.scale or 0.0))


def _ends(tensor: Tensor) -> tuple[float, float]:
    """Return the least and the largest real value that a tensor can hold."""
    if tensor.type == "float32":
        return -np.inf, np.inf
    limits = np.iinfo(tensor.dtype)
    low, high = tensor.real(np.array([limits.min, limits.max]))
    return float(low), float(high)
