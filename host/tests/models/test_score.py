from __future__ import annotations

import numpy as np
import pytest

from mcubench.models import score


def test_top1_is_the_share_of_right_answers():
    outputs = np.array([[1, 5, 2], [9, 0, 0], [0, 0, 1], [3, 2, 1]], dtype=np.int8)
    assert score("top1", outputs, np.array([1, 0, 2, 1])) == 0.75


def test_first_of_equal_answers_counts():
    outputs = np.array([[7, 7, 7]], dtype=np.int8)
    assert score("top1", outputs, np.array([0])) == 1.0
    assert score("top1", outputs, np.array([1])) == 0.0


@pytest.mark.parametrize("place", [0, 1])
def test_answer_that_is_not_a_number_is_wrong(place):
    outputs = np.array([[0.0, 0.5]], dtype=np.float32)
    outputs[0, place] = np.nan
    assert score("top1", outputs, np.array([place])) == 0.0


def test_outputs_of_more_dimensions_are_flattened():
    outputs = np.zeros((2, 1, 1, 4), dtype=np.int8)
    outputs[:, 0, 0, 3] = 1
    assert score("top1", outputs, np.array([3, 3])) == 1.0
