"""How well outputs fit labels: the table of metrics, and which way each is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import InputError
from mcubench.models.tensor import Tensor

__all__ = ["METRICS", "SCORE_NEEDS_VECTORS", "Metric", "score"]

# What a metric compares with: the number of a class, 0 or 1, or what the output ought to be.
LabelKind = Literal["class", "binary", "value"]
TOP = 5
# Below this many vectors one wrong answer moves a score by more than a threshold can tell.
SCORE_NEEDS_VECTORS = 100


def _rank(rows: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many elements of each row stand before the one at its label; all of them if the row has a NaN.

    Of equal elements the first stands before the others, as in TensorFlow Lite's ARG_MAX.
    """
    own = np.take_along_axis(rows, labels[:, np.newaxis], axis=1)
    earlier = np.arange(rows.shape[1]) < labels[:, np.newaxis]
    ranks: NDArray[np.int64] = ((rows > own) | (earlier & (rows == own))).sum(axis=1)
    ranks[np.isnan(rows).any(axis=1)] = rows.shape[1]
    return ranks


def _top1(rows: NDArray[Any], labels: NDArray[Any]) -> float:
    return float((_rank(rows, labels) < 1).mean())


def _top5(rows: NDArray[Any], labels: NDArray[Any]) -> float:
    return float((_rank(rows, labels) < TOP).mean())


def _auc(rows: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of pairs of a 1 and a 0 in which the 1 has the larger score; equal scores count half.

    Of two outputs the second is the score. NaN if there are not both labels, or an output is not a number.
    """
    scores = rows[:, -1]
    ones, zeros = scores[labels == 1], np.sort(scores[labels == 0])
    if not len(ones) or not len(zeros) or np.isnan(scores).any():
        return float("nan")
    below = np.searchsorted(zeros, ones, side="left")
    not_above = np.searchsorted(zeros, ones, side="right")
    return float((below + not_above).sum() / (2 * len(ones) * len(zeros)))


def _mean_error(rows: NDArray[Any], labels: NDArray[Any]) -> float:
    return float(np.abs(rows - labels.reshape(rows.shape)).mean())


def _root_mean_square(rows: NDArray[Any], labels: NDArray[Any]) -> float:
    return float(np.sqrt(np.square(rows - labels.reshape(rows.shape)).mean()))


@dataclass(frozen=True)
class Metric:
    """One way to score.

    `compute` takes real outputs (n, elements) and labels. `margin` is how far a threshold lies from a score that is
    good: of shares a part of 1, of errors a part of the error.
    """

    name: str
    title: str
    labels: LabelKind
    higher_is_better: bool
    margin: float
    compute: Callable[[NDArray[Any], NDArray[Any]], float]

    def reaches(self, value: float | None, threshold: float) -> bool:
        """Tell whether a score is as good as `threshold`: the least share, or the largest error."""
        if value is None:
            return False
        return value >= threshold if self.higher_is_better else value <= threshold

    @property
    def limit_word(self) -> str:
        """What a threshold is called in a message."""
        return "at least" if self.higher_is_better else "at most"

    def check_labels(self, labels: NDArray[Any], output: Tensor) -> None:
        """Raise InputError if labels (n, ...) are not what this metric compares outputs of that tensor with."""
        elements = output.elements
        if self.labels == "value":
            if labels.shape[1:] != output.shape[1:] or not np.isfinite(labels).all():
                wanted = f"finite numbers of the output's shape {(len(labels), *output.shape[1:])}"
                raise InputError(f"{self.name} needs labels that are {wanted}; found {labels.dtype} {labels.shape}")
            return
        if labels.ndim != 1 or labels.dtype.kind not in "iu":
            raise InputError(
                f"{self.name} needs labels that are whole numbers ({len(labels)},); found {labels.dtype} {labels.shape}"
            )
        if self.labels == "binary" and elements > 2:
            raise InputError(f"{self.name} needs a model with one output or two; this one has {elements}")
        classes = 2 if self.labels == "binary" else elements
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= classes:
            raise InputError(f"{self.name} needs labels from 0 to {classes - 1} for this model; found {low} to {high}")


METRICS: dict[str, Metric] = {
    each.name: each
    for each in (
        Metric("top1", "share whose largest output is the label's", "class", True, 0.01, _top1),
        Metric("top5", "share whose label is among the five largest outputs", "class", True, 0.01, _top5),
        Metric("auc", "area under the ROC curve", "binary", True, 0.01, _auc),
        Metric("mae", "mean error, in the unit of the output", "value", False, 0.05, _mean_error),
        Metric("rmse", "root of the mean square error, likewise", "value", False, 0.05, _root_mean_square),
    )
}


def score(metric: str, outputs: NDArray[Any], labels: NDArray[Any], tensor: Tensor) -> float | None:
    """Return the score of outputs (n, ...), in the stored type of `tensor`, against the labels of as many vectors.

    None where there is none: of auc if all labels are equal, and of outputs that are not finite.
    """
    value = METRICS[metric].compute(tensor.real(outputs).reshape(len(outputs), -1), labels)
    return value if np.isfinite(value) else None
