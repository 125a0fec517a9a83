"""What the tables show: columns in groups, each with how a record's value is written. Unknown is a dash, never zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mcubench.store import BLOCKED, Record

__all__ = [
    "SIZE_COLUMNS",
    "SIZE_TITLE",
    "SPEED_COLUMNS",
    "SUMMARY_COLUMNS",
    "SUMMARY_TITLE",
    "Column",
    "board_name",
    "by_subject",
    "clock_name",
    "details",
    "disturbances",
    "failures",
    "footnotes",
    "known_columns",
    "main_points",
    "milliseconds",
    "outputs_text",
    "score_text",
    "sizes",
    "subject",
]

UNKNOWN = "-"
GOOD = "ok"


@dataclass(frozen=True)
class Column:
    """A column: `group` and `name` make its two-line heading. Where there is little room, the largest `spare` goes.

    A column of `several` is for tables of several boards; one in which every record shows `drop_if_all` goes.
    """

    group: str
    name: str
    show: Callable[[Record], str]
    left: bool = False
    spare: int = 0
    several: bool = False
    drop_if_all: str | None = None

    @property
    def heading(self) -> str:
        return f"{self.group} {self.name}".strip()


def _whole(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _fixed(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def _mhz(value_hz: int | None) -> str:
    return UNKNOWN if value_hz is None else f"{value_hz / 1e6:.1f}"


def milliseconds(value_us: float | None) -> str:
    """Return two decimals, or three digits of what is under a millisecond."""
    if value_us is None:
        return UNKNOWN
    return _fixed(value_us / 1e3, 2) if value_us >= 1e3 else f"{value_us / 1e3:.3g}"


def outputs_text(record: Record) -> str:
    """Return how near the outputs are to the golden ones: `exact`, or the largest difference."""
    if record.bit_exact:
        return "exact"
    error = record.max_abs_error
    if error is None:
        return UNKNOWN
    return f"±{error:.0f}" if error >= 1 and error.is_integer() else f"±{error:.0e}"


def score_text(record: Record) -> str:
    """Return the score, and of what where it is not the share of right answers; errors may be of any size."""
    if record.score is None:
        return UNKNOWN
    if record.metric in (None, "top1"):
        return _fixed(record.score, 3)
    return f"{_whole(record.score) if record.score >= 1000 else format(record.score, '.3g')} {record.metric}"


def _result(record: Record) -> str:
    return GOOD if record.status == "ok" else record.status.upper()


def _measured_by(record: Record) -> str:
    """Return which of the boards that share points it was."""
    return record.board_name or UNKNOWN


SPEED_COLUMNS = (
    Column("Board", "", _measured_by, left=True, several=True),
    Column("Clock", "setting", lambda record: clock_name(record), left=True),
    Column("CPU", "MHz", lambda record: _mhz(record.clock_hz)),
    Column("by host", "MHz", lambda record: _mhz(record.clock_verified_hz), spare=1),
    Column("Cycles", "median", lambda record: _whole(record.cycles_median)),
    Column("", "p95", lambda record: _whole(record.cycles_p95), spare=3),
    Column("Latency", "ms", lambda record: milliseconds(record.latency_us_median)),
    Column("cold", "ms", lambda record: milliseconds(record.cold_latency_us), spare=2),
    Column("Outputs", "vectors", lambda record: _whole(record.vectors)),
    Column("", "equal", outputs_text),
    Column("Score", "", score_text),
    Column("Timing", "", lambda record: record.timing, left=True),
    Column("Result", "", _result, left=True),
)

SIZE_TITLE = "Sizes in bytes (stack: high-water mark)"
SIZE_COLUMNS = (
    Column("Model", "", lambda record: record.model, left=True),
    Column("Board", "", lambda record: board_name(record), left=True, several=True),
    Column("Engine", "", lambda record: record.engine, left=True, several=True),
    Column("Flash", "model", lambda record: _whole(record.flash_model_bytes)),
    Column("", "engine", lambda record: _whole(record.flash_engine_bytes)),
    Column("", "harness", lambda record: _whole(record.flash_harness_bytes)),
    Column("", "others", lambda record: _whole(record.flash_other_models_bytes), spare=2),
    Column("", "image", lambda record: _whole(record.flash_image_bytes)),
    Column("RAM", "arena", lambda record: _whole(record.arena_bytes)),
    Column("", "static", lambda record: _whole(record.ram_static_bytes), spare=1),
    Column("", "stack", lambda record: _whole(record.stack_bytes)),
)


def _if(timing: str, show: Callable[[Record], str]) -> Callable[[Record], str]:
    """Return `show` for records of one timing kind; what is measured and what is modelled share no column."""
    return lambda record: show(record) if record.timing == timing else UNKNOWN


def _cycles(record: Record) -> str:
    return _whole(record.cycles_median)


def _cycles_per_mac(record: Record) -> str:
    known = record.cycles_median is not None and record.model_macs
    return _fixed((record.cycles_median or 0) / record.model_macs, 2) if known and record.model_macs else UNKNOWN


def _latency(record: Record) -> str:
    return milliseconds(record.latency_us_median)


SUMMARY_TITLE = "All boards, each at its main clock"
SUMMARY_COLUMNS = (
    Column("Model", "", lambda record: record.model, left=True),
    Column("Board", "", lambda record: _board_and_by_whom(record), left=True),
    Column("Engine", "", lambda record: record.engine, left=True),
    Column("Kernels", "", lambda record: record.engine_kernels or UNKNOWN, left=True, spare=7),
    Column("CPU", "MHz", lambda record: _mhz(record.clock_hz), spare=2),
    Column("Modelled", "cycles", _if("modelled", _cycles), drop_if_all=UNKNOWN),
    Column("Modelled", "per MAC", _if("modelled", _cycles_per_mac), spare=8, drop_if_all=UNKNOWN),
    Column("Modelled", "ms", _if("modelled", _latency), drop_if_all=UNKNOWN),
    Column("Measured", "cycles", _if("measured", _cycles), drop_if_all=UNKNOWN),
    Column("Measured", "per MAC", _if("measured", _cycles_per_mac), spare=9, drop_if_all=UNKNOWN),
    Column("Measured", "ms", _if("measured", _latency), drop_if_all=UNKNOWN),
    Column("Flash", "model", lambda record: _whole(record.flash_model_bytes), spare=4),
    Column("", "engine", lambda record: _whole(record.flash_engine_bytes), spare=6),
    Column("RAM", "arena", lambda record: _whole(record.arena_bytes), spare=3),
    Column("Outputs", "", outputs_text, spare=1),
    Column("Score", "", score_text, spare=5),
    Column("Result", "", _result, left=True, drop_if_all=GOOD),
)


def clock_name(record: Record) -> str:
    """Return the name of the record's clock setting."""
    return record.point_id.rpartition("/")[2]


def board_name(record: Record) -> str:
    """Return the board's name, with what tells it from others of the same kind in the run."""
    return record.point_id.partition("/")[0]


def _is_shared(record: Record) -> bool:
    """Whether the point was for any of several equal boards of a rig."""
    return board_name(record) in (record.board, f"virtual:{record.board}") and (
        record.board_name is not None or record.status == BLOCKED
    )


def _board_and_by_whom(record: Record) -> str:
    name = board_name(record)
    return f"{name} ({record.board_name})" if _is_shared(record) and record.board_name else name


def subject(record: Record) -> str:
    """Return what a block of points is about."""
    name = board = board_name(record)
    if record.board_name == name:
        board = f"{name} ({record.board})"
    elif name != record.board and record.address is not None and not _is_shared(record):
        board = f"{name} ({record.address})"  # a board that shares its name is told by how the user named it
    return f"{record.model} on {board}, engine {record.engine} {record.engine_version}"


def by_subject(records: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Return the records in blocks of one subject and timing kind each, slowest clock first."""
    ordered = sorted(records, key=lambda record: (subject(record), record.timing, record.clock_hz or 0))
    return [
        (f"{name} ({timing})", list(block))
        for (name, timing), block in groupby(ordered, key=lambda record: (subject(record), record.timing))
    ]


def main_points(records: Iterable[Record]) -> list[Record]:
    """Return the point of each subject at its board's main clock, models together; nothing if there is one board only.

    Where no clock is known to be the main one, as in records of earlier versions, it is the one with the most vectors.
    A board that was lost before it came to its main clock has no such point.
    """
    blocks = [block for _, block in by_subject(records)]
    if len({(board_name(block[0]), block[0].engine) for block in blocks}) < 2:
        return []
    candidates = ([record for record in block if record.main_clock is not False] for block in blocks)
    mains = [
        max(each, key=lambda record: (bool(record.main_clock), record.vectors or 0)) for each in candidates if each
    ]
    return sorted(mains, key=lambda record: (record.model, record.timing != "modelled", subject(record)))


def details(records: Iterable[Record]) -> list[tuple[str, list[Record]]]:
    """Return the blocks that need a table of their own, with titles: those of which the summary has not all rows."""
    records = list(records)
    summarized = {id(record) for record in main_points(records)}  # records compare slowly, and may be thousands
    return [(title, block) for title, block in by_subject(records) if any(id(each) not in summarized for each in block)]


def footnotes(records: Iterable[Record]) -> list[str]:
    """Return a line for each processor that the records know only times of."""
    timed: dict[str, set[str]] = {}
    for record in records:
        if record.cycles_median is None and record.latency_us_median is not None:
            timed.setdefault(record.core, set()).add(board_name(record))
    return [f"{', '.join(sorted(boards))}: time on {core}, not cycles" for core, boards in sorted(timed.items())]


def known_columns(columns: Sequence[Column], records: Sequence[Record]) -> list[Column]:
    """Return the columns without those that say nothing of these records."""
    several = len({(board_name(record), record.board_name, record.engine) for record in records}) > 1
    return [
        column
        for column in columns
        if (several or not column.several)
        and (column.drop_if_all is None or any(column.show(record) != column.drop_if_all for record in records))
    ]


def sizes(records: Sequence[Record]) -> list[Record]:
    """Return one record per subject: sizes do not depend on the clock, but the stack's high-water mark only grows.

    Points that were not measured have none.
    """
    largest: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record.stack_bytes or 0):
        if record.status != BLOCKED:
            largest[subject(record)] = record
    return [largest[name] for name in sorted(largest)]


def failures(records: Sequence[Record]) -> list[str]:
    """Return a line for every failed point."""
    return [f"{record.point_id}: {record.error}" for record in records if record.status == "failed"]


def disturbances(records: Sequence[Record]) -> list[str]:
    """Return a line for every point that was measured more than once, or whose board had to be brought back."""
    return [
        f"{record.point_id}: {'; '.join(what)}"
        for record in records
        if (what := [*_attempts(record), *_recoveries(record)])
    ]


def _attempts(record: Record) -> list[str]:
    if not record.attempts or record.attempts == 1 or record.status != "ok":  # one that failed says so in its error
        return []
    why = "; ".join(dict.fromkeys(record.interruptions or []))
    return [f"measured {record.attempts} times, because {why}"]


def _recoveries(record: Record) -> list[str]:
    """Name each step that brought the board back, and how often it did."""
    helped = Counter(each["step"] for each in record.recoveries or [] if each["ok"])
    if not helped:
        return []
    return [f"the board was brought back by: {', '.join(f'{step} ({count})' for step, count in helped.items())}"]
