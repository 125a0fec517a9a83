"""Two models side by side on every board, with ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mcubench.report.columns import outputs_text
from mcubench.store import Record

__all__ = ["Pair", "Versus", "print_versus", "versus_dict", "versus_markdown", "versus_of"]

UNKNOWN = "-"
# What is compared: the field of a record, and how it is headed.
FIELDS = {
    "cycles_median": "Cycles",
    "latency_us_median": "Latency, us",
    "flash_model_bytes": "Flash, model",
    "arena_bytes": "RAM, arena",
    "score": "Score",
}
HEADINGS = ("Model", *FIELDS.values(), "Outputs")


@dataclass(frozen=True)
class Pair:
    """Names of two models to compare, the first of which is 1; `second` is None for one that stands alone.

    `difference` is how far their outputs lie apart at most, None if that is not known.
    """

    first: str
    second: str | None
    difference: float | None = None


@dataclass(frozen=True)
class Versus:
    """A pair on one board at one clock; a record is None if that point was not measured."""

    board: str
    engine: str
    clock: str
    timing: str
    pair: Pair
    first: Record | None
    second: Record | None

    @property
    def title(self) -> str:
        """What all pairs of a table have in common."""
        return f"{self.board}, engine {self.engine}, clock {self.clock} ({self.timing})"

    def ratio(self, field: str) -> float | None:
        """Return how many times the first's value the second's is; None if one is not known, or not to be divided."""
        a, b = (getattr(record, field) if record else None for record in (self.first, self.second))
        return b / a if a and b is not None and field != "score" else None

    @property
    def difference(self) -> float | None:
        """How far the outputs lie apart; known only if both boards' outputs are the golden ones."""
        good = all(record and record.status == "ok" for record in (self.first, self.second))
        return self.pair.difference if good else None


def versus_of(records: Iterable[Record], pairs: Sequence[Pair], no_clock: str) -> list[Versus]:
    """Return what the records know of each pair, by board, engine and clock in the order of the records.

    `no_clock` is what points are called whose model is in no image: they belong to every clock of their board.
    """
    records = list(records)
    places = {_place(record): None for record in records if _place(record)[2] != no_clock}
    measured = {place[:2] for place in places}
    places |= {_place(record): None for record in records if _place(record)[:2] not in measured}
    found = {(*_place(record), record.model): record for record in records}

    def point(place: tuple[str, str, str], model: str | None) -> Record | None:
        return found.get((*place, model or "")) or found.get((*place[:2], no_clock, model or ""))

    timings = {_place(record)[:2]: record.timing for record in records}
    versus = [
        Versus(*place, timings[place[:2]], pair, point(place, pair.first), point(place, pair.second))
        for place in places
        for pair in pairs
    ]
    return [each for each in versus if each.first or each.second]


def versus_dict(versus: Versus) -> dict[str, Any]:
    """Return a comparison for JSON; null is unknown. A ratio is the second's value divided by the first's."""
    return {
        "board": versus.board,
        "engine": versus.engine,
        "clock": versus.clock,
        "timing": versus.timing,
        "first": _record_dict(versus.pair.first, versus.first),
        "second": versus.pair.second and _record_dict(versus.pair.second, versus.second),
        "ratios": {field: versus.ratio(field) for field in FIELDS if field != "score"},
        "worst_output_difference": versus.difference,
    }


def versus_markdown(versus: Sequence[Versus]) -> str:
    """Return a table per board, with a line of ratios below each pair."""
    parts = []
    for title, group in _by_title(versus):
        rows = [HEADINGS, ("---", *("---:" for _ in HEADINGS[1:])), *(row for each in group for row in _rows(each))]
        parts.append(f"### {title}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows))
    parts += [f"- {line}\n" for line in _failures(versus)]
    return "\n".join(parts)


def print_versus(console: Console, versus: Sequence[Versus]) -> None:
    """Print the same; what failed stands below."""
    for title, group in _by_title(versus):
        table = Table(box=SIMPLE_HEAD, padding=0)
        for heading in HEADINGS:
            table.add_column(heading, justify="left" if heading == HEADINGS[0] else "right", no_wrap=True)
        for each in group:
            for row in _rows(each):
                table.add_row(*map(Text, row))
            table.add_section()
        console.print(Text(title, style="bold"), soft_wrap=True)
        console.print(table)
    for line in _failures(versus):
        console.print(Text(line, style="bold red"), soft_wrap=True)


def _place(record: Record) -> tuple[str, str, str]:
    """Return a point's board, engine and clock."""
    board, _, rest = record.point_id.partition("/")
    return board, record.engine, rest.rpartition("/")[2]


def _by_title(versus: Sequence[Versus]) -> list[tuple[str, list[Versus]]]:
    titles = dict.fromkeys(each.title for each in versus)
    return [(title, [each for each in versus if each.title == title]) for title in titles]


def _rows(versus: Versus) -> list[tuple[str, ...]]:
    pair = versus.pair
    rows = [_model_row(pair.first, versus.first)]
    if pair.second is None:
        return rows
    ratios = (UNKNOWN if (ratio := versus.ratio(field)) is None else f"x {ratio:.2f}" for field in FIELDS)
    apart = UNKNOWN if versus.difference is None else f"{versus.difference:.2g} apart"
    return [*rows, _model_row(pair.second, versus.second), (f"{pair.second} : {pair.first}", *ratios, apart)]


def _model_row(name: str, record: Record | None) -> tuple[str, ...]:
    if record is None:
        return (name, *(UNKNOWN for _ in HEADINGS[1:]))
    return (name, *(write(record) for write in WRITERS), _outputs(record))


def _outputs(record: Record) -> str:
    if record.status != "ok":
        return record.status.upper() if record.firmware_build else "no image"
    return outputs_text(record)


def _score(record: Record) -> str:
    return UNKNOWN if record.score is None else f"{record.score:.3g} {record.metric}"


def _whole(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f}"


def _one_digit(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.1f}"


# In the order of FIELDS.
WRITERS: tuple[Callable[[Record], str], ...] = (
    lambda record: _whole(record.cycles_median),
    lambda record: _one_digit(record.latency_us_median),
    lambda record: _whole(record.flash_model_bytes),
    lambda record: _whole(record.arena_bytes),
    _score,
)


def _record_dict(name: str, record: Record | None) -> dict[str, Any]:
    fields = ("status", "error", "metric", "bit_exact", "max_abs_error", "point_id", "run_id", "firmware_build")
    known = {field: getattr(record, field) if record else None for field in (*FIELDS, *fields)}
    return {"model": name, **known}


def _failures(versus: Sequence[Versus]) -> list[str]:
    records = [record for each in versus for record in (each.first, each.second) if record]
    failed = {record.point_id: record.error for record in records if record.status == "failed"}
    return [f"{point}: {error}" for point, error in failed.items()]
