"""When two models have the same test data."""

from __future__ import annotations

import numpy as np
import pytest

from mcubench.models import Tensor
from mcubench.models.difference import same_inputs

FLOAT = Tensor("float32", (1, 2), None, None)
INT8 = Tensor("int8", (1, 2), 0.5, 0)  # -64 to 63.5
INT16 = Tensor("int16", (1, 2), 0.001, 0)  # -32.768 to 32.767


@pytest.mark.parametrize(
    ("values", "stored", "same"),
    [
        ([[1.0, -3.2]], [[2, -6]], True),
        ([[1.0, -3.2]], [[2, -8]], False),
        ([[1.0, 1000.0]], [[2, 127]], True),
        ([[1.0, 1000.0]], [[2, 120]], False),
        ([[1.0, -1000.0]], [[2, 127]], False),
        ([[1.0, -3.2], [0, 0]], [[2, -6]], False),
    ],
)
def test_floats_and_what_they_were_quantised_to(values, stored, same):
    real, integers = np.array(values, np.float32), np.array(stored, np.int8)
    assert same_inputs(FLOAT, real, INT8, integers) == same
    assert same_inputs(INT8, integers, FLOAT, real) == same


def test_two_quantised_ones_with_other_ranges():
    data = np.array([[60.0, -50.0], [3.0, 4.0]], np.float32)
    assert same_inputs(INT8, INT8.store(data), INT16, INT16.store(data))
    assert not same_inputs(INT8, INT8.store(data), INT16, INT16.store(-data))
