"""Figures that tests record: into JUnit properties and a file of JSON lines, one per figure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mcubench.protocol import BoardInfo

__all__ = ["Metric", "MetricRecorder"]


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


class MetricRecorder:
    """What the fixture `record_metric` gives a test: call it with a name, a value and a unit."""

    def __init__(self, test: str, info: BoardInfo, path: Path, properties: list[tuple[str, object]]) -> None:
        self._test = test
        self._info = info
        self._path = path
        self._properties = properties

    def __call__(self, name: str, value: float | int | str, unit: str = "", timing: str | None = None) -> None:
        """Record one figure; the JUnit property is named `name [unit, timing]`."""
        metric = Metric(self._test, self._info.board, self._info.uid, name, value, unit, timing)
        labels = ", ".join(label for label in (unit, timing) if label)
        self._properties.append((f"{name} [{labels}]" if labels else name, value))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(metric)) + "\n")
