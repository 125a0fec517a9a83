"""Latencies that were accepted once, kept in a JSON file, and what counts as slower than they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mcubench.errors import InputError
from mcubench.store import Record

__all__ = ["Baseline", "LatencyKey", "LatencyVerdict"]

# Of a new file. Enough for another patch release of the compiler, too little for a lost optimisation.
TOLERANCE = 0.02


@dataclass(frozen=True, order=True)
class LatencyKey:
    """What must be equal for two latencies to be compared: never a modelled one with a measured one.

    `timing` is "measured", or "modelled" with the name of the timing model.
    """

    board: str
    engine: str
    model: str
    clock: str
    timing: str
    toolchain: str

    @classmethod
    def of(cls, record: Record) -> LatencyKey:
        """Return the key of a record of a sweep."""
        timing = f"{record.timing} {record.timing_model}" if record.timing_model else record.timing
        clock = record.point_id.rpartition("/")[2]
        return cls(record.board, record.engine, record.model, clock, timing, record.toolchain)

    def __str__(self) -> str:
        return f"{self.model} by {self.engine} on {self.board} at {self.clock} ({self.timing}, {self.toolchain})"


@dataclass(frozen=True)
class LatencyVerdict:
    """Median cycles of one inference, and the most that pass; None if nothing was accepted for `key` yet."""

    key: LatencyKey
    cycles: int
    limit_cycles: int | None

    @property
    def slower(self) -> bool:
        return self.limit_cycles is not None and self.cycles > self.limit_cycles

    def __str__(self) -> str:
        limit = "nothing to compare with" if self.limit_cycles is None else f"at most {self.limit_cycles}"
        return f"{self.key}: {self.cycles} cycles, {limit}"


class Baseline:
    """Accepted median cycles; more than `tolerance` (0.02 is 2 %) above them is slower."""

    def __init__(self, tolerance: float = TOLERANCE, cycles: dict[LatencyKey, int] | None = None) -> None:
        self.tolerance = tolerance
        self.cycles = dict(cycles or {})

    @classmethod
    def read(cls, path: Path) -> Baseline:
        """Read a file; raises InputError if it is absent or is not what `write` writes."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            rows = dict(map(_read_row, content["latencies"]))
            return cls(float(content["tolerance"]), rows)
        except OSError as exc:
            raise InputError(f"{path}: cannot be read ({exc.strerror}); --update-baseline makes one") from exc
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise InputError(f"{path}: not a latency baseline: {type(exc).__name__} {exc}") from exc

    def write(self, path: Path) -> None:
        """Write as JSON, one sorted row per line, so that a change is a readable diff."""
        rows = [json.dumps(asdict(key) | {"cycles": cycles}) for key, cycles in sorted(self.cycles.items())]
        body = ",\n    ".join(rows)
        path.write_text(
            f'{{\n  "tolerance": {self.tolerance},\n  "latencies": [\n    {body}\n  ]\n}}\n', encoding="utf-8"
        )

    def judge(self, key: LatencyKey, cycles: int) -> LatencyVerdict:
        """Compare median cycles with what was accepted for `key`."""
        accepted = self.cycles.get(key)
        return LatencyVerdict(key, cycles, None if accepted is None else int(accepted * (1 + self.tolerance)))

    def accept(self, key: LatencyKey, cycles: int) -> None:
        """Make `cycles` the accepted ones for `key`."""
        self.cycles[key] = cycles


def _read_row(row: dict[str, Any]) -> tuple[LatencyKey, int]:
    words = dict(row)
    cycles = words.pop("cycles")
    if type(cycles) is not int or cycles <= 0:
        raise ValueError(f"cycles must be a whole number above zero, found {cycles!r}")
    return LatencyKey(**words), cycles
