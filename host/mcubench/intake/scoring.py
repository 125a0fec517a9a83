"""Which metric labels call for, and which threshold a score does."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.models import METRICS, SCORE_NEEDS_VECTORS, Tensor, score

__all__ = ["choose_metric", "choose_threshold", "fit_labels"]

# How finely thresholds are told: shares in steps of a ten-thousandth, errors with four digits.
STEPS = 10_000
DIGITS = 4


def choose_metric(path: Path, labels: NDArray[Any], output: Tensor) -> str:
    """Return the metric that labels (n, ...) are for; InputError if that is not clear.

    Of a model with one output: auc if they are all 0 or 1, else mae. Else top1 if they are numbers of classes, or rows
    with a single 1; mae if they are of the output's shape.
    """
    if output.elements == 1 and labels.size == len(labels):
        return "auc" if np.isin(labels, (0, 1)).all() else "mae"
    if labels.size == len(labels) and _whole(labels):
        return "top1"
    if labels[0].size == output.elements:
        return "top1" if _one_hot(labels) else "mae"
    raise InputError(
        f"{path}: labels of shape {labels.shape} are neither numbers of classes nor of the output's shape"
        f" {('n', *output.shape[1:])}; name a --metric"
    )


def fit_labels(path: Path, labels: NDArray[Any], metric: str, output: Tensor) -> NDArray[Any]:
    """Return labels as a metric needs them: whole numbers (n,), or real values of the output's shape."""
    kind = METRICS[metric].labels
    if kind == "value" and labels[0].size == output.elements:
        labels = labels.reshape(len(labels), *output.shape[1:]).astype(np.float64)
    elif kind != "value" and labels.size == len(labels) and _whole(labels):
        labels = labels.reshape(len(labels)).astype(np.int64)
    elif kind != "value" and labels[0].size == output.elements and _one_hot(labels):
        labels = labels.reshape(len(labels), -1).argmax(axis=1).astype(np.int64)
    try:
        METRICS[metric].check_labels(labels, output)
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc
    return labels


def choose_threshold(metric: str, outputs: NDArray[Any], labels: NDArray[Any], output: Tensor) -> float | None:
    """Return the worst score of the first hundred or so vectors, of a quarter more and so on, less the metric's margin.

    A sweep may check any number of them from the first on, up to all. None if there is no score.
    """
    counts = [len(labels)]
    while counts[-1] * 4 // 5 >= SCORE_NEEDS_VECTORS:
        counts.append(counts[-1] * 4 // 5)
    reached = [score(metric, outputs[:count], labels[:count], output) for count in counts]
    known = [each for each in reached if each is not None]
    if not known:
        return None
    if METRICS[metric].higher_is_better:
        return max(0, math.floor((min(known) - METRICS[metric].margin) * STEPS)) / STEPS
    return float(f"{max(known) * (1 + METRICS[metric].margin):.{DIGITS}g}")


def _whole(labels: NDArray[Any]) -> bool:
    return bool(np.isfinite(labels).all() and (labels == np.floor(labels)).all())


def _one_hot(labels: NDArray[Any]) -> bool:
    rows = labels.reshape(len(labels), -1)
    return rows.shape[1] > 1 and bool(np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all())
