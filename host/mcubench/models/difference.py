"""How far the outputs of two versions of a model lie apart, on the same vectors."""

from __future__ import annotations

import numpy as np

from mcubench.errors import InputError
from mcubench.models.model import Model
from mcubench.models.vectors import read_vectors

__all__ = ["worst_output_difference"]


def worst_output_difference(a: Model, b: Model) -> float | None:
    """Return the largest difference of two golden outputs, as real values; None if the vectors are not the same.

    They are the same if no input differs by more than a step of both tensors' scales together: quantising rounds.
    """
    try:
        first, second = read_vectors(a), read_vectors(b)
    except InputError:
        return None
    inputs = a.input.real(first.inputs), b.input.real(second.inputs)
    outputs = a.output.real(first.outputs), b.output.real(second.outputs)
    if inputs[0].shape != inputs[1].shape or outputs[0].shape != outputs[1].shape:
        return None
    if np.abs(inputs[0] - inputs[1]).max() > (a.input.scale or 0.0) + (b.input.scale or 0.0):
        return None
    return float(np.abs(outputs[0] - outputs[1]).max())
