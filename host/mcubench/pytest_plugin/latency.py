"""The latency baseline of a test session: compared with, or replaced."""

from __future__ import annotations

from pathlib import Path

from mcubench.errors import CheckFailedError
from mcubench.pytest_plugin.baseline import Baseline, LatencyKey, LatencyVerdict
from mcubench.store import Record

__all__ = ["LatencyBaseline"]


class LatencyBaseline:
    """Compares records with the file at `path`; if `updating`, accepts what they say, for `save` to write."""

    def __init__(self, path: Path, updating: bool) -> None:
        self.path = path
        self._updating = updating
        self._baseline = Baseline() if updating and not path.exists() else Baseline.read(path)

    def compare(self, record: Record) -> LatencyVerdict:
        """Compare the median of warm inferences; raises CheckFailedError if the record has none."""
        if record.cycles_median is None:
            raise CheckFailedError(f"{record.point_id} has no latency: {record.error}")
        key, cycles = LatencyKey.of(record), round(record.cycles_median)
        if self._updating:
            self._baseline.accept(key, cycles)
        return self._baseline.judge(key, cycles)

    def save(self) -> None:
        """Write the file if it is to be updated."""
        if self._updating:
            self._baseline.write(self.path)
