"""MEAN, SUM and REDUCE_MAX over constant axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mcubench.codegen.fixedpoint import quantize_multiplier
from mcubench.codegen.layer import Field, Layer, Weights
from mcubench.codegen.lower_call import KERNEL_SUFFIXES, copy, one_call
from mcubench.codegen.site import Site
from mcubench.codegen.strides import Loop, Move, row_strides

__all__ = ["lower_largest", "lower_mean", "lower_sum"]

# Types that are reduced, and how much the largest value of each adds to a sum.
_MAGNITUDES = {"int8": 1 << 7, "int16": 1 << 15}


def lower_mean(site: Site) -> Layer:
    """Return the kernel call of a MEAN."""
    over, count = _loops(site)
    kind, _ = site.check_types(("int8", "int8"), ("int16", "int16"), ("float32", "float32"))
    if kind == "float32":
        return one_call(site, "kernels_mean_f32", {"over": over, "divisor": float(count)})
    if count * _MAGNITUDES[kind] > 1 << 30:
        raise site.error(f"sums {count} values of {kind}, more than 31 bits hold")
    input_scale, input_zero = site.per_tensor(site.input, "input")
    output_scale, output_zero = site.per_tensor(site.output, "output")
    try:
        multiplier, shift = _mean_multiplier(input_scale / output_scale, count)
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
    parameters: dict[str, Field] = {
        "over": over,
        "offset": input_zero * count,
        "multiplier": multiplier,
        "shift": shift,
        "output_zero_point": output_zero,
    }
    return one_call(site, f"kernels_mean_{KERNEL_SUFFIXES[kind]}", parameters, parameters_type="kernels_mean_t")


def _mean_multiplier(real: float, count: int) -> tuple[int, int]:
    """Return (significand, shift) of real / count as the reference kernel divides: after rounding `real`.

    google-ai-edge/LiteRT, tflite/kernels/internal/reference/reduce.h, QuantizedMeanOrSum
    """
    multiplier, shift = quantize_multiplier(real)
    extra = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << extra) // count, shift - extra


def lower_sum(site: Site) -> Layer:
    """Return the kernel call of a SUM of float32.

    The reference kernel (tflite/kernels/reduce.cc, QuantizedMeanOrSum) reads int8 as if it were uint8.
    """
    over, _ = _loops(site)
    site.check_types(("float32", "float32"))
    return one_call(site, "kernels_mean_f32", {"over": over, "divisor": 1.0}, parameters_type="kernels_mean_f32_t")


def lower_largest(site: Site) -> Layer:
    """Return the kernel call of a REDUCE_MAX, which keeps scale and zero point."""
    over, count = _loops(site)
    kind, _ = site.check_types(("int8", "int8"), ("int16", "int16"), ("float32", "float32"))
    if kind != "float32" and site.per_tensor(site.input, "input") != site.per_tensor(site.output, "output"):
        raise site.error("has an input and an output of different scale or zero point")
    if count == 1:
        return copy(site)
    return one_call(site, f"kernels_largest_{KERNEL_SUFFIXES[kind]}", over, parameters_type="kernels_reduce_t")


def _loops(site: Site) -> tuple[dict[str, Field], int]:
    """Return the members of `kernels_reduce_t`, and how many elements become one."""
    site.check_counts((2,))
    shape = site.input.shape
    numbers = site.integers(1, "axes")
    if not all(-len(shape) <= axis < len(shape) for axis in numbers):
        raise site.error(f"reduces the axes {list(numbers)} of {len(shape)} dimensions")
    axes = {axis % len(shape) for axis in numbers}
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    expected = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    if not site.options.keep_dims:
        expected = tuple(shape[axis] for axis in kept)
    if site.output.shape != expected:
        raise site.error(f"has an output of shape {list(site.output.shape)}, expected {list(expected)}")
    over: dict[str, Field] = {}
    for role, dimensions in (("kept", kept), ("reduced", sorted(axes))):
        loops = _merged(shape, dimensions)
        over[role] = Weights(np.array([(loop.count, loop.input_step, 0) for loop in reversed(loops)], np.int32))
        over[f"{role}_depth"] = len(loops)
    return over, math.prod(shape[axis] for axis in axes)


def _merged(shape: Sequence[int], dimensions: Sequence[int]) -> tuple[Loop, ...]:
    sizes = [shape[axis] for axis in dimensions]
    steps = row_strides(shape)
    move = Move.over(sizes, [steps[axis] for axis in dimensions], row_strides(sizes))
    return move.merged().loops or (Loop(1, 0, 0),)
