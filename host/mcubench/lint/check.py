"""Which points of a run are looked at, and with which rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mcubench.codegen.graph import Graph
from mcubench.lint.finding import Finding
from mcubench.lint.layers import check_layers
from mcubench.lint.settings import check_build, check_clock, check_switches, check_timing, check_type
from mcubench.store import Record

__all__ = ["Checked", "check_records"]

# Board, engine and model.
Subject = tuple[str, str, str]


@dataclass(frozen=True)
class Checked:
    """The quickest point of one board, engine and model, and what was found, the most worth first."""

    record: Record
    findings: tuple[Finding, ...]


def check_records(records: Sequence[Record], find_graph: Callable[[Record], Graph | None]) -> list[Checked]:
    """Return what is off with each board, engine and model of a run; points that failed are left out."""
    subjects: dict[Subject, list[Record]] = {}
    for record in records:
        if record.status == "ok" and record.latency_us_median:
            subjects.setdefault(_subject(record), []).append(record)
    quickest = {subject: min(points, key=_latency_us) for subject, points in subjects.items()}
    return [_check(quickest, points, find_graph) for points in subjects.values()]


def _check(
    quickest: Mapping[Subject, Record], points: Sequence[Record], find_graph: Callable[[Record], Graph | None]
) -> Checked:
    best = min(points, key=_latency_us)
    others = [record for record in points if record is not best]
    findings = [
        *check_switches(best, others),
        *check_clock(best, others),
        *check_build(best),
        *check_layers(best, find_graph(best)),
        *check_timing(best),
        *check_type(best, quickest.get(_int8_sibling(best))),
    ]
    return Checked(best, tuple(sorted(findings, key=lambda finding: -(finding.speedup or 0.0))))


def _subject(record: Record) -> Subject:
    return record.board_uid, record.engine, record.model


def _int8_sibling(record: Record) -> Subject:
    """Return the subject that is the same network in int8, going by the models' names."""
    return record.board_uid, record.engine, record.model.replace("float32", "int8")


def _latency_us(record: Record) -> float:
    return record.latency_us_median or 0.0
