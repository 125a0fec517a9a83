"""Fixed-point factors between scales, and how shapes that differ are walked."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.codegen.broadcast import broadcast_fields, broadcast_shape
from mcubench.codegen.fixedpoint import quantize_multiplier
from mcubench.codegen.graph import Quantization
from mcubench.codegen.rescale import activation_range, kernel_factor, quantize_factor, scale

FACTORS = st.floats(2.0**-40, 0.499)
Array = np.ndarray[Any, Any]


def _half_away(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def _twice_rounded(value: int, significand: int, shift: int) -> int:
    """What the reference kernels compute, in fractions: half up, then half away from zero."""
    product = (Fraction(value << max(shift, 0)) * significand / (1 << 31) + Fraction(1, 2)).__floor__()
    return _half_away(Fraction(product, 1 << max(-shift, 0)))


@given(st.integers(-255, 255), st.floats(2.0**-35, 2.0**20))
def test_values_are_rounded_twice(value: int, factor: float) -> None:
    significand, shift = quantize_multiplier(factor)
    assert scale(np.array([value]), significand, shift) == [_twice_rounded(value, significand, shift)]


@given(st.integers(-(1 << 30), 1 << 30), FACTORS, st.integers(-128, 127))
def test_the_kernels_factor_does_the_same(value: int, factor: float, zero_point: int) -> None:
    multiplier, shift = kernel_factor(factor)
    assert 1 << 31 <= multiplier < 1 << 32
    assert -31 <= shift < 0
    # requantize_conv_right in firmware/engines/generated/requantize.h
    product = (value * multiplier + (1 << 31)) >> 32
    seen = ((product - (product < 0) >> (-shift - 1)) + 1 + 2 * zero_point) >> 1
    assert seen == _twice_rounded(value, *quantize_multiplier(factor)) + zero_point


@given(st.integers(-255, 255), st.integers(-255, 255), st.floats(1e-3, 1.0), st.floats(0.1, 10.0), st.booleans())
def test_operands_of_a_sum_are_halved(first: int, second: int, ratio: float, out: float, is_equal: bool) -> None:
    # What the reference kernels compute of both operands, and what the kernel's parameters make of them.
    ratio = 1.0 if is_equal else ratio
    larger = _twice_rounded(first << 20, *quantize_multiplier(0.5))
    smaller = _twice_rounded(second << 20, *quantize_multiplier(ratio / 2))
    assert larger == first << 19
    bits = 21 if ratio == 1.0 else 20
    significand, shift = quantize_multiplier(0.25 if ratio == 1.0 else ratio / 2)
    assert smaller == _twice_rounded(second << bits, significand, shift)
    assert kernel_factor(2 / ((1 << 20) * out))[1] < 0


@pytest.mark.parametrize("real", [float("inf"), float("nan"), 2.0**40, 0.5])
def test_factors_out_of_range_are_refused(real: float) -> None:
    with pytest.raises(ValueError, match="too large"):
        kernel_factor(real)


def test_factors_that_make_all_zero() -> None:
    assert quantize_factor(0.0, 0) == (0, 0)
    assert quantize_factor(2.0**-50, 0) == (0, 0)
    assert kernel_factor(2.0**-50) == (1 << 31, -31)
    assert quantize_factor(-0.25, 0) == (-(1 << 30), -1)


@pytest.mark.parametrize(
    ("activation", "kind", "output", "expected"),
    [
        ("NONE", "int16", (1.0, 0), (-32768, 32767)),
        ("RELU", "int16", (1e-3, 0), (0, 32767)),
        ("RELU6", "int16", (1e-3, 0), (0, 6000)),
        ("RELU_N1_TO_1", "int16", (1e-4, 0), (-10000, 10000)),
        ("RELU_N1_TO_1", "int8", (0.4, 3), (0, 6)),
        ("RELU_0_TO_1", "int8", (1e-30, 4), (4, 127)),
    ],
)
def test_activation_ranges(activation: str, kind: str, output: tuple[float, int], expected: tuple[int, int]) -> None:
    assert activation_range(activation, kind, Quantization((output[0],), (output[1],), 0)) == expected


@st.composite
def _shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    whole = draw(st.lists(st.integers(1, 3), min_size=1, max_size=6))
    shapes = []
    for _ in range(2):
        kept = whole[draw(st.integers(0, len(whole))) :]
        shapes.append(tuple(1 if draw(st.booleans()) else size for size in kept))
    return shapes[0], shapes[1]


def _walk(fields: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the pairs of elements in the order in which the kernels meet them (broadcast.c)."""
    inner = [(i * fields["first_step"], i * fields["second_step"]) for i in range(fields["count"])]
    starts = [(0, 0)]
    for size, first, second in zip(fields["sizes"], fields["first_strides"], fields["second_strides"], strict=True):
        starts = [(a + i * first, b + i * second) for i in range(size) for a, b in starts]
    return [(a + i, b + j) for a, b in starts for i, j in inner]


@given(_shapes())
def test_shapes_are_walked_as_numpy_does(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    assert broadcast_shape(*shapes) == np.broadcast_shapes(*shapes)
    first, second = np.broadcast_arrays(*(np.arange(int(np.prod(shape))).reshape(shape) for shape in shapes))
    assert _walk(broadcast_fields(*shapes)) == list(zip(first.ravel().tolist(), second.ravel().tolist(), strict=True))


def test_shapes_alike_are_one_row() -> None:
    fields = broadcast_fields((1, 4, 5, 6), (4, 5, 6))
    assert (fields["count"], fields["sizes"]) == (120, (1, 1, 1, 1, 1))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        broadcast_shape((2, 3), (4, 3))
    with pytest.raises(ValueError, match="take turns"):
        broadcast_fields((2, 1, 2, 1, 2, 1, 2, 1), (1, 2, 1, 2, 1, 2, 1, 2))
