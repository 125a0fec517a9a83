from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcubench.errors import InputError
from mcubench.models import METRICS, Tensor, score

NAN = float("nan")


def score_floats(metric: str, outputs: object, labels: object) -> float | None:
    values = np.array(outputs, np.float32)
    return score(metric, values, np.array(labels), Tensor("float32", (1, *values.shape[1:]), None, None))


def test_top1_is_the_share_of_right_answers():
    outputs = np.array([[1, 5, 2], [9, 0, 0], [0, 0, 1], [3, 2, 1]], dtype=np.int8)
    assert score("top1", outputs, np.array([1, 0, 2, 1]), Tensor("int8", (1, 3), 0.5, -128)) == 0.75


def test_first_of_equal_answers_counts():
    assert score_floats("top1", [[7, 7, 7]], [0]) == 1.0
    assert score_floats("top1", [[7, 7, 7]], [1]) == 0.0


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("metric", ["top1", "top5"])
def test_answer_that_is_not_a_number_is_wrong(place, metric):
    outputs = [[0.0, 0.5, 0, 0, 0, 0]]
    outputs[0][place] = NAN
    assert score_floats(metric, outputs, [place]) == 0.0


def test_outputs_of_more_dimensions_are_flattened():
    outputs = np.zeros((2, 1, 1, 4))
    outputs[:, 0, 0, 3] = 1
    assert score_floats("top1", outputs, [3, 3]) == 1.0


@settings(max_examples=50, deadline=None)
@given(arrays(np.int8, (4, 7), elements=st.integers(-3, 3)), st.lists(st.integers(0, 6), min_size=4, max_size=4))
def test_top5_holds_what_stands_among_the_first_five(outputs, labels):
    first_five = np.argsort(-outputs.astype(int), axis=1, kind="stable")[:, :5]
    expected = np.mean([label in row for label, row in zip(labels, first_five, strict=True)])
    assert score("top5", outputs, np.array(labels), Tensor("int8", (1, 7), 0.1, 0)) == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 1)), min_size=2, max_size=20))
def test_auc_is_the_share_of_pairs_in_order(answers):
    ones = [value for value, label in answers if label]
    zeros = [value for value, label in answers if not label]
    found = score_floats("auc", [[value] for value, _ in answers], [label for _, label in answers])
    if ones and zeros:
        wins = sum((one > zero) + (one == zero) / 2 for one in ones for zero in zeros)
        assert found == pytest.approx(wins / len(ones) / len(zeros))
    else:
        assert found is None


def test_auc_of_two_outputs_takes_the_second():
    assert score_floats("auc", [[0.9, 0.1], [0.2, 0.8]], [0, 1]) == 1.0


def test_errors_are_real_values_not_stored_ones():
    outputs = np.array([[10], [20]], np.int8)
    tensor = Tensor("int8", (1, 1), 0.5, 4)  # 3.0 and 8.0
    labels = np.array([[3.0], [5.0]])
    assert score("mae", outputs, labels, tensor) == 1.5
    assert score("rmse", outputs, labels, tensor) == pytest.approx(4.5**0.5)


@pytest.mark.parametrize("metric", ["auc", "mae", "rmse"])
def test_outputs_that_are_not_finite_have_no_score(metric):
    labels = [0, 1] if metric == "auc" else [[0.0], [1.0]]
    assert score_floats(metric, [[0.5], [NAN]], labels) is None


@pytest.mark.parametrize(
    ("metric", "good", "bad"), [("top1", 0.9, 0.89), ("auc", 0.9, 0.1), ("mae", 0.9, 0.91), ("rmse", 0.1, 1.0)]
)
def test_a_threshold_is_the_least_share_or_the_largest_error(metric, good, bad):
    assert METRICS[metric].reaches(good, 0.9)
    assert not METRICS[metric].reaches(bad, 0.9)
    assert not METRICS[metric].reaches(None, 0.9)
    assert not METRICS[metric].reaches(NAN, 0.9)


@pytest.mark.parametrize(
    ("metric", "labels", "message"),
    [
        ("auc", [0, 2, 1], "auc needs labels from 0 to 1 for this model; found 0 to 2"),
        ("auc", [0.0, 1.0, 1.0], "auc needs labels that are whole numbers"),
        ("rmse", [[0.0], [1.0], [NAN]], "rmse needs labels that are finite numbers"),
    ],
)
def test_labels_that_a_metric_cannot_use_are_named(metric, labels, message):
    with pytest.raises(InputError, match=message):
        METRICS[metric].check_labels(np.array(labels), Tensor("float32", (1, 1), None, None))


def test_auc_needs_one_output_or_two():
    with pytest.raises(InputError, match="auc needs a model with one output or two; this one has 3"):
        METRICS["auc"].check_labels(np.array([0, 1]), Tensor("float32", (1, 3), None, None))
