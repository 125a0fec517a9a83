from __future__ import annotations

import math

import numpy as np
import pytest

from mcubench.errors import WrongOutputError
from mcubench.models import Tensor, compare_outputs

INT8 = Tensor("int8", (1, 3), 0.5, 0)
FLOAT = Tensor("float32", (1, 2), None, None)
WANTED = np.array([[1, 2, 3], [-128, 0, 127], [4, 5, 6]], dtype=np.int8)


def raw(*rows: list[float], dtype: str = "i1") -> list[bytes]:
    return [np.array(row, dtype=dtype).tobytes() for row in rows]


def test_equal_outputs_are_bit_exact():
    result = compare_outputs([row.tobytes() for row in WANTED], WANTED, INT8)
    assert (result.bit_exact, result.max_error, result.worst, result.within(0)) == (True, 0.0, None, True)


def test_worst_vector_and_its_error_are_named():
    result = compare_outputs(raw([1, 2, 4], [127, 0, 127], [4, 5, 6]), WANTED, INT8)
    assert (result.differing, result.max_error, result.worst) == (2, 255.0, 1)
    assert "2 of 3 outputs differ" in result.summary
    assert "vector 1, by 255" in result.summary


def test_one_step_is_too_much_for_zero_tolerance():
    result = compare_outputs(raw([1, 2, 4], [-128, 0, 127], [4, 5, 6]), WANTED, INT8)
    assert not result.within(0)
    assert result.within(1)


def test_float_outputs_within_tolerance_are_not_bit_exact():
    golden = np.array([[0.25, 0.5]], dtype=np.float32)
    result = compare_outputs(raw([0.25, 0.500004], dtype="<f4"), golden, FLOAT)
    assert not result.bit_exact
    assert result.within(1e-5)
    assert not result.within(1e-6)


def test_minus_zero_differs_in_bits_only():
    result = compare_outputs(raw([-0.0, 1.0], dtype="<f4"), np.array([[0.0, 1.0]], dtype=np.float32), FLOAT)
    assert (result.bit_exact, result.differing, result.max_error, result.worst) == (False, 1, 0.0, 0)
    assert not result.within(0)
    assert result.within(1e-5)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_value_that_is_no_number_is_never_within_tolerance(value):
    result = compare_outputs(raw([value, 1.0], dtype="<f4"), np.array([[0.0, 1.0]], dtype=np.float32), FLOAT)
    assert result.max_error == math.inf
    assert not result.within(1e9)


def test_equal_infinities_and_nans_are_no_error():
    golden = np.array([[math.inf, math.nan]], dtype=np.float32)
    assert compare_outputs([golden.tobytes()], golden, FLOAT).bit_exact
    other_nan = np.array([0x7F800000, 0x7FC00001], dtype="<u4").tobytes()
    result = compare_outputs([other_nan], golden, FLOAT)
    assert (result.bit_exact, result.max_error) == (False, 0.0)


def test_output_of_wrong_length_names_the_vector():
    with pytest.raises(WrongOutputError, match="vector 1: expected 3 bytes of output, got 2"):
        compare_outputs([b"\1\2\3", b"\1\2", b"\4\5\6"], WANTED, INT8)
