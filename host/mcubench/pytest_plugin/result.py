"""What a test gets of a run on the device under test."""

from __future__ import annotations

from dataclasses import dataclass

from mcubench.store import Record

__all__ = ["Figures", "RunResult"]


@dataclass(frozen=True)
class Figures:
    """Of all timed inferences."""

    min: float
    median: float
    p95: float
    max: float

    @classmethod
    def of(cls, *values: float | None) -> Figures | None:
        """Return minimum, median, 95th percentile and maximum as one; None if they are not known."""
        known = [value for value in values if value is not None]
        return cls(*known) if len(known) == len(values) else None


@dataclass(frozen=True)
class RunResult:
    """A model that ran, its outputs checked.

    `latency_us` is microseconds of one inference, `cycles` those of the CPU, None on a board that counts time. `record`
    is all that is known, as of a point of a sweep.
    """

    record: Record
    latency_us: Figures
    cycles: Figures | None

    @classmethod
    def of(cls, record: Record) -> RunResult:
        """Return what a record of a point that could be measured says."""
        latency = Figures.of(
            record.latency_us_min, record.latency_us_median, record.latency_us_p95, record.latency_us_max
        )
        assert latency is not None, "a point whose status is ok has a latency"
        return cls(
            record,
            latency,
            Figures.of(record.cycles_min, record.cycles_median, record.cycles_p95, record.cycles_max),
        )

    @property
    def score(self) -> float | None:
        """What the model reaches of its metric on the vectors that were checked; None if it has no metric."""
        return self.record.score

    @property
    def exact(self) -> bool:
        """Whether every output equals its golden output bit for bit; if not, they are within the model's tolerance."""
        return bool(self.record.bit_exact)
