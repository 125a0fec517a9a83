"""Makes inputs that were found into what a model's input holds, or makes inputs up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.intake.sample import Samples
from mcubench.models import Tensor

__all__ = ["fit_inputs", "random_inputs"]

# What inputs without data are drawn from where the model takes floats: most people scale theirs to about that.
FLOAT_RANGE = (-1.0, 1.0)


def fit_inputs(path: Path, samples: Samples, tensor: Tensor) -> tuple[NDArray[Any], list[str]]:
    """Return inputs (n, ...) in the shape and type of the model's input, and what was done to them.

    InputError if the shape does not fit, or it is not clear what the numbers mean.
    """
    inputs = _shaped(path, samples.inputs, tensor)
    if inputs.dtype.newbyteorder("=") == tensor.dtype and tensor.type != "float32":
        return inputs.astype(tensor.dtype), ["taken as they are"]
    if inputs.dtype.kind == "b":
        raise InputError(f"{path}: inputs are true or false, expected numbers; save them as float32 or {tensor.type}")
    if samples.stored:
        return _stored(path, inputs, tensor), ["taken as they are"]
    if inputs.dtype.kind in "iu" and not _means_itself(tensor):
        raise InputError(
            f"{path}: inputs are {inputs.dtype}, the model's input is {tensor.type} with scale {tensor.scale:g} and"
            f" zero point {tensor.zero_point}; save what it is to hold as {tensor.type}, or real values as float32"
        )
    return _quantised(path, inputs, tensor)


def random_inputs(tensor: Tensor, count: int, seed: int) -> NDArray[Any]:
    """Return seeded inputs (count, ...), evenly over all that the tensor can hold; of floats, -1 to 1."""
    rng = np.random.default_rng(seed)
    shape = (count, *tensor.shape[1:])
    if tensor.type == "float32":
        return rng.uniform(*FLOAT_RANGE, shape).astype(np.float32)
    if tensor.scale is None:
        raise InputError(
            f"the model's input is {tensor.type} without a scale, so random numbers would mean nothing;"
            " bring data with --vectors"
        )
    limits = np.iinfo(tensor.dtype)
    return rng.integers(limits.min, limits.max, shape, tensor.dtype, endpoint=True)


def _shaped(path: Path, inputs: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    """Return inputs as (n, *shape): sizes of 1 may be missing or too many, and a vector may be flat."""
    wanted = tensor.shape[1:]
    found = inputs.shape[1:]
    flat = found == (tensor.elements,)
    if not flat and [size for size in found if size != 1] != [size for size in wanted if size != 1]:
        raise InputError(
            f"{path}: inputs are of shape {inputs.shape}, expected {('n', *wanted)} or {('n', tensor.elements)}"
        )
    return np.ascontiguousarray(inputs.reshape(len(inputs), *wanted))


def _means_itself(tensor: Tensor) -> bool:
    """Tell whether whole numbers are real values: of float32, and where a step is one and starts at zero."""
    return tensor.scale is None or (tensor.scale == 1.0 and tensor.zero_point == 0)


def _stored(path: Path, inputs: NDArray[Any], tensor: Tensor) -> NDArray[Any]:
    limits = np.iinfo(tensor.dtype)
    low, high = int(inputs.min()), int(inputs.max())
    if low < limits.min or high > limits.max:
        raise InputError(
            f"{path}: whole numbers from {low} to {high} do not fit {tensor.type};"
            " write real values with a decimal point"
        )
    return inputs.astype(tensor.dtype)


def _quantised(path: Path, inputs: NDArray[Any], tensor: Tensor) -> tuple[NDArray[Any], list[str]]:
    if not np.isfinite(inputs).all():
        raise InputError(f"{path}: inputs have {int((~np.isfinite(inputs)).sum())} values that are not finite numbers")
    if tensor.type == "float32":
        with np.errstate(over="ignore"):
            values = tensor.store(inputs)
        if not np.isfinite(values).all():
            raise InputError(f"{path}: inputs have values that float32 cannot hold")
        return values, ["taken as real values"]
    limits = np.iinfo(tensor.dtype)
    low, high = (float(tensor.real(np.array([end]))[0]) for end in (limits.min, limits.max))
    step = tensor.scale or 1.0
    outside = int(((inputs < low - step / 2) | (inputs > high + step / 2)).sum())
    notes = [f"quantised to {tensor.type} with scale {step:g} and zero point {tensor.zero_point or 0}"]
    if outside > 0:
        notes.append(f"{outside:,} of {inputs.size:,} values lay outside {low:g} to {high:g} and were cut to that")
    return tensor.store(inputs), notes
