"""Which metric labels call for, and what a threshold is by default."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcubench.intake.scoring import choose_metric, choose_threshold, fit_labels
from mcubench.models import METRICS, Tensor, score

FILE = Path("labels.npy")


def floats(outputs: int) -> Tensor:
    return Tensor("float32", (1, outputs), None, None)


@pytest.mark.parametrize(
    ("labels", "outputs", "metric", "fitted"),
    [
        ([0, 3, 1], 4, "top1", [0, 3, 1]),
        ([0.0, 3.0, 1.0], 4, "top1", [0, 3, 1]),
        ([[0], [3], [1]], 4, "top1", [0, 3, 1]),
        ([[1, 0, 0], [0, 0, 1]], 3, "top1", [0, 2]),
        ([[0.5, 0.5, 0], [0, 0, 1]], 3, "mae", [[0.5, 0.5, 0], [0, 0, 1]]),
        ([0, 1, 1], 2, "top1", [0, 1, 1]),
        ([0, 1, 1], 1, "auc", [0, 1, 1]),
        ([[0], [1.0]], 1, "auc", [0, 1]),
        ([0.5, 1, 1], 1, "mae", [[0.5], [1], [1]]),
        ([[3], [5]], 1, "mae", [[3], [5]]),
    ],
)
def test_labels_tell_what_they_are_for(labels, outputs, metric, fitted):
    found = choose_metric(FILE, np.array(labels), floats(outputs))
    assert found == metric
    made = fit_labels(FILE, np.array(labels), found, floats(outputs))
    assert made.tolist() == fitted
    assert made.dtype == (np.float64 if metric == "mae" else np.int64)


@pytest.mark.parametrize("metric", ["top1", "auc", "mae"])
@pytest.mark.parametrize("seed", range(3))
def test_a_threshold_is_reached_by_any_number_of_vectors_from_the_first(metric, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 700)
    outputs = (labels + rng.normal(0, 0.7, 700)).astype(np.float32)[:, np.newaxis]
    tensor = floats(1)
    if metric == "top1":
        outputs, tensor = np.hstack([0.5 - outputs, outputs - 0.5]), floats(2)
    fitted = fit_labels(FILE, labels, metric, tensor)
    threshold = choose_threshold(metric, outputs, fitted, tensor)
    for count in (100, 123, 200, 300, 450, 700):
        reached = score(metric, outputs[:count], fitted[:count], tensor)
        assert METRICS[metric].reaches(reached, threshold)
    wrong = outputs[::-1].copy()
    assert not METRICS[metric].reaches(score(metric, wrong, fitted, tensor), threshold)


def test_few_vectors_have_a_threshold_a_little_worse_than_their_score():
    outputs = np.eye(4, dtype=np.float32)
    assert choose_threshold("top1", outputs, np.array([0, 1, 2, 0]), floats(4)) == 0.74
    assert choose_threshold("top1", outputs, np.array([1, 0, 0, 0]), floats(4)) == 0.0
    assert choose_threshold("auc", outputs[:, :1], np.array([1, 1, 1, 1]), floats(1)) is None
