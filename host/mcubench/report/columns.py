"""What the tables show: columns in groups, each with how a record's value is written. Unknown is a dash, never zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mcubench.store import Record

__all__ = ["SIZE_COLUMNS", "SPEED_COLUMNS", "Column", "by_subject", "failures", "sizes", "subject"]

UNKNOWN = "-"


@dataclass(frozen=True)
class Column:
    """A column: `group` and `name` make its two-line heading. Where there is little room, the largest `spare` goes."""

    group: str
    name: str
    show: Callable[[Record], str]
    left: bool = False
    spare: int = 0

    @property
    def heading(self) -> str:
        return f"{self.group} {self.name}".strip()


def _whole(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _fixed(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def _mhz(value_hz: int | None) -> str:
    return UNKNOWN if value_hz is None else f"{value_hz / 1e6:.1f}"


def _cold_ms(record: Record) -> str:
    # A latency is known only if the clock is.
    if record.latency_us_median is None or record.cold_cycles is None or record.clock_hz is None:
        return UNKNOWN
    return _fixed(record.cold_cycles / record.clock_hz * 1e3, 2)


def _milliseconds(value_us: float | None) -> str:
    return UNKNOWN if value_us is None else _fixed(value_us / 1e3, 2)


def _outputs(record: Record) -> str:
    if record.bit_exact:
        return "exact"
    return UNKNOWN if record.max_abs_error is None else f"±{record.max_abs_error:.0e}"


SPEED_COLUMNS = (
    Column("Clock", "setting", lambda record: clock_name(record), left=True),
    Column("CPU", "MHz", lambda record: _mhz(record.clock_hz)),
    Column("by host", "MHz", lambda record: _mhz(record.clock_verified_hz), spare=1),
    Column("Cycles", "median", lambda record: _whole(record.cycles_median)),
    Column("", "p95", lambda record: _whole(record.cycles_p95), spare=3),
    Column("Latency", "ms", lambda record: _milliseconds(record.latency_us_median)),
    Column("cold", "ms", _cold_ms, spare=2),
    Column("Outputs", "vectors", lambda record: _whole(record.vectors)),
    Column("", "equal", _outputs),
    Column("Score", "", lambda record: _fixed(record.score, 3)),
    Column("Timing", "", lambda record: record.timing, left=True),
    Column("Result", "", lambda record: "ok" if record.status == "ok" else "FAILED", left=True),
)

SIZE_COLUMNS = (
    Column("Model", "", lambda record: record.model, left=True),
    Column("Flash", "model", lambda record: _whole(record.flash_model_bytes)),
    Column("", "engine", lambda record: _whole(record.flash_engine_bytes)),
    Column("", "harness", lambda record: _whole(record.flash_harness_bytes)),
    Column("", "others", lambda record: _whole(record.flash_other_models_bytes)),
    Column("", "image", lambda record: _whole(record.flash_image_bytes)),
    Column("RAM", "arena", lambda record: _whole(record.arena_bytes)),
    Column("", "static", lambda record: _whole(record.ram_static_bytes)),
    Column("", "stack", lambda record: _whole(record.stack_bytes)),
)


def clock_name(record: Record) -> str:
    """Return the name of the record's clock setting."""
    return record.point_id.rpartition("/")[2]


def subject(record: Record) -> str:
    """Return what a block of points is about."""
    return f"{record.model} on {record.board}, engine {record.engine} {record.engine_version}"


def by_subject(records: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Return the records in blocks of one subject and timing kind each, slowest clock first."""
    ordered = sorted(records, key=lambda record: (subject(record), record.timing, record.clock_hz or 0))
    return [
        (f"{name} ({timing})", list(block))
        for (name, timing), block in groupby(ordered, key=lambda record: (subject(record), record.timing))
    ]


def sizes(records: Sequence[Record]) -> list[Record]:
    """Return one record per subject: sizes do not depend on the clock, but the stack's high-water mark only grows."""
    largest: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record.stack_bytes or 0):
        largest[subject(record)] = record
    return [largest[name] for name in sorted(largest)]


def failures(records: Sequence[Record]) -> list[str]:
    """Return a line for every failed point."""
    return [f"{record.point_id}: {record.error}" for record in records if record.status != "ok"]
