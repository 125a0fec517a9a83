"""Figures over every sample that was taken; none is dropped."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Summary", "p95", "summarize"]


@dataclass(frozen=True)
class Summary:
    """Smallest, middle, 95th percentile and largest of `n` samples."""

    n: int
    minimum: int
    median: float
    p95: int
    maximum: int


def summarize(samples: Sequence[int]) -> Summary:
    """Return the figures of one sample or more. With an even number the median is the mean of the middle two."""
    return Summary(len(samples), min(samples), float(statistics.median(samples)), p95(samples), max(samples))


def p95(samples: Sequence[int]) -> int:
    """Return the 95th percentile by nearest rank: the smallest sample that at least 95 % of all do not exceed.

    So it is a sample that was seen, and of fewer than 20 it is the largest.
    """
    rank = math.ceil(len(samples) * 95 / 100)
    return sorted(samples)[rank - 1]
