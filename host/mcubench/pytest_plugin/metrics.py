"""Figures that tests record: into JUnit properties and a file of JSON lines, one per figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mcubench.protocol import BoardInfo

__all__ = ["Metric", "MetricRecorder", "write_metrics"]


@dataclass(frozen=True)
class Metric:
    """One figure of one test on one board; `timing` is "measured" or "modelled", or None for what is no time."""

    test: str
    board: str
    board_uid: str
    name: str
    value: float | int | str
    unit: str
    timing: str | None

    @property
    def label(self) -> str:
        """Its name as a JUnit property: `name [unit, timing]`."""
        labels = ", ".join(label for label in (self.unit, self.timing) if label)
        return f"{self.name} [{labels}]" if labels else self.name


class MetricRecorder:
    """What the fixture `record_metric` gives a test: call it with a name, a value and a unit."""

    def __init__(self, test: str, info: BoardInfo, metrics: list[Metric]) -> None:
        self._test = test
        self._info = info
        self._metrics = metrics

    def __call__(self, name: str, value: float | int | str, unit: str = "", timing: str | None = None) -> None:
        """Record one figure."""
        self._metrics.append(Metric(self._test, self._info.board, self._info.uid, name, value, unit, timing))


def write_metrics(metrics: Sequence[Metric], path: Path) -> None:
    """Append figures to a file of JSON lines."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(metric)) + "\n" for metric in metrics)
