"""Figures over every sample that was taken; none is dropped."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Summary", "cycle_figures", "latencies", "p95", "summarize"]


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


def cycle_figures(warm: list[int], cold: list[int] | None) -> dict[str, Any]:
    """Return the record's fields for cycles of warm inferences, and of cold ones if there are any."""
    summary = summarize(warm)
    return {
        "cycles_min": summary.minimum,
        "cycles_median": summary.median,
        "cycles_p95": summary.p95,
        "cycles_max": summary.maximum,
        "samples": warm,
        "cold_cycles": float(statistics.median(cold)) if cold else None,
        "cold_samples": cold,
    }


def latencies(warm: Sequence[int], cold: Sequence[int] | None, hz: int) -> dict[str, float | None]:
    """Return the record's fields for the time of inferences, from ticks of a clock of `hz`."""
    summary = summarize(warm)
    return {
        "latency_us_min": summary.minimum / hz * 1e6,
        "latency_us_median": summary.median / hz * 1e6,
        "latency_us_p95": summary.p95 / hz * 1e6,
        "latency_us_max": summary.maximum / hz * 1e6,
        "cold_latency_us": statistics.median(cold) / hz * 1e6 if cold else None,
    }
