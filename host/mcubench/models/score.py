"""How well outputs fit labels: one function per metric, more is better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["METRICS", "score", "top1"]


def top1(outputs: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Return the share (0 to 1) of outputs (n, ...) whose largest element stands at its label (n,).

    Of equal largest elements the first counts, as in TensorFlow Lite's ARG_MAX. An output with a NaN is wrong.
    """
    rows = outputs.reshape(len(labels), -1)
    right = (rows.argmax(axis=1) == labels) & ~np.isnan(rows).any(axis=1)
    return float(right.mean())


METRICS: dict[str, Callable[[NDArray[Any], NDArray[np.int64]], float]] = {"top1": top1}


def score(metric: str, outputs: NDArray[Any], labels: NDArray[np.int64]) -> float:
    """Return the score of outputs (n, ...), still in the model's stored type, against labels (n,)."""
    return METRICS[metric](outputs, labels)
