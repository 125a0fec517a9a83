"""What a part of the campaign found, and how far one that takes long has come."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Outcome", "Progress"]

SECONDS_BETWEEN_LINES = 10.0


@dataclass(frozen=True)
class Outcome:
    """One row of the campaign's table: `good` if nothing was wrong, else `problems` say what; `facts` are figures."""

    part: str
    board: str
    what: str
    n: int
    elapsed_s: float
    problems: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not self.problems


class Progress:
    """Tells on stderr every few seconds how much is done and how long the rest may take."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._start_s = self._told_s = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start_s

    def done(self, count: int) -> None:
        """Note that `count` of all are done."""
        now_s = time.monotonic()
        if now_s - self._told_s < SECONDS_BETWEEN_LINES or not count:
            return
        self._told_s = now_s
        left_s = (now_s - self._start_s) / count * (self._total - count)
        sys.stderr.write(f"{self._what}: {count:,} of {self._total:,}, about {left_s:,.0f} s left\n")
