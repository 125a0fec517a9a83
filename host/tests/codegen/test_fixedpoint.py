"""Factors between scales: what the generator computes before a model runs."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from mcubench.codegen.fixedpoint import (
    activation_range_s8,
    exact_multiplier,
    quantize_multiplier,
    softmax_scaling,
)
from mcubench.codegen.graph import Quantization

FACTORS = st.floats(2.0**-30, 200.0)


@given(FACTORS)
def test_significand_and_shift_are_the_factor_to_31_bits(factor: float) -> None:
    significand, shift = quantize_multiplier(factor)
    assert 1 << 30 <= significand < 1 << 31
    assert significand * 2.0 ** (shift - 31) == pytest.approx(factor, rel=2.0**-31)


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (0.5, (1 << 30, 0)),
        (1.0, (1 << 30, 1)),
        (1.0 - 2.0**-40, (1 << 30, 1)),
        (2.0**-33, (0, 0)),
        (0.75, (3 << 29, 0)),
    ],
)
def test_known_multipliers(factor: float, expected: tuple[int, int]) -> None:
    assert quantize_multiplier(factor) == expected


def test_absurd_factors_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        quantize_multiplier(2.0**30)
    with pytest.raises(ValueError, match="too large"):
        exact_multiplier(2.0**30, 1000)


def _dense(total: int, multiplier: int, shift: int) -> int:
    """What requantize_dense in firmware/engines/generated/requantize.h computes, without its saturation."""
    rounded = ((abs(total) * multiplier >> (31 - shift)) + 1) >> 1
    return -rounded if total < 0 else rounded


def _reference(total: int, factor: float) -> int:
    """What the reference kernel computes: round() of C, on doubles."""
    product = float(total) * factor
    whole = math.trunc(product)
    return whole + int(math.copysign(abs(product - whole) >= 0.5, product))


@given(FACTORS, st.integers(1, 2**31 - 3), st.data())
def test_the_exact_multiplier_rounds_like_doubles(factor: float, reach: int, data: st.DataObject) -> None:
    try:
        multiplier, shift = exact_multiplier(factor, reach)
    except ValueError:
        reject()  # a decimal fraction: see the test below
    value = data.draw(st.integers(0, 256))
    # Around a step of the result, where a wrong factor would show, and anywhere.
    near = min(int(value / factor), reach)
    around = data.draw(st.integers(max(-reach, near - 3), min(reach, near + 3)))
    for total in (around, -around, data.draw(st.integers(-reach, reach))):
        expected = _reference(total, factor)
        assume(abs(expected) <= 256)
        assert _dense(total, multiplier, shift) == expected


@pytest.mark.parametrize("factor", [0.1, 0.3, 0.5, 0.15, 0.25, 1 / 3, 0.005, 2.5])
def test_the_exact_multiplier_is_right_at_every_step(factor: float) -> None:
    reach = math.ceil(255 / factor)
    multiplier, shift = exact_multiplier(factor, reach)
    for total in range(-reach, reach + 1):
        assert _dense(total, multiplier, shift) == _reference(total, factor)


def test_a_factor_that_only_doubles_can_follow_is_refused() -> None:
    # 5 x 0.7 is 3.5 in doubles, 45 x 0.7 is 31.499999999999996: no single factor rounds both like this.
    with pytest.raises(ValueError, match="change a scale"):
        exact_multiplier(0.7, 300)


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "expected"),
    [
        ("NONE", 0.1, 5, (-128, 127)),
        ("RELU", 0.1, 5, (5, 127)),
        ("RELU6", 0.1, -100, (-100, -40)),
        ("RELU_N1_TO_1", 0.5, 0, (-2, 2)),
        ("RELU6", 1e-30, 0, (0, 127)),
        ("RELU_N1_TO_1", 0.4, 3, (0, 6)),
    ],
)
def test_activation_ranges(activation: str, scale: float, zero_point: int, expected: tuple[int, int]) -> None:
    assert activation_range_s8(activation, Quantization((scale,), (zero_point,), 0)) == expected


def test_a_softmax_of_tiny_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="above 2"):
        softmax_scaling(1.0, 2.0**-27)
