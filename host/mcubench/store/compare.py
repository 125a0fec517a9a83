"""Whether two runs of one sweep found the same, however often one of them was cut short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from mcubench.store.record import TIMED_FIELDS, Record

__all__ = ["same_results"]

# What a second run of the same sweep need not have in common with the first: which run it is, real time, the clock by
# the host's clock, what moved on the line and what became of it, and how deep the stack was since the last reset.
OF_THIS_RUN = frozenset(
    {
        "run_id",
        "started_at",
        "elapsed_s",
        "clock_verified_hz",
        "wire_tx_bytes",
        "wire_rx_bytes",
        "retransmits",
        "link_baud",
        "board_crc_errors",
        "host_crc_errors",
        "overruns",
        "attempts",
        "interruptions",
        "recoveries",
        "stack_bytes",
    }
)


def same_results(a: Sequence[Record], b: Sequence[Record]) -> list[str]:
    """Return how the records of two runs differ, a line each; nothing if each point of one is in the other, once.

    Times and cycles that were measured are left out; those that a model computed must be the same.
    """
    first, second = ({record.point_id: record for record in records} for records in (a, b))
    differences = [f"{name}: more than one record" for name in _repeated(a) + _repeated(b)]
    for name in sorted(first.keys() ^ second.keys()):
        differences.append(f"{name}: only in the {'first' if name in first else 'second'}")
    for name in sorted(first.keys() & second.keys()):
        differences += _differences(first[name], second[name])
    return differences


def _repeated(records: Sequence[Record]) -> list[str]:
    names = [record.point_id for record in records]
    return sorted({name for name in names if names.count(name) > 1})


def _differences(a: Record, b: Record) -> list[str]:
    left_out = OF_THIS_RUN if a.timing == b.timing == "modelled" else OF_THIS_RUN | TIMED_FIELDS
    names = [field.name for field in fields(Record) if field.name not in left_out]
    return [
        f"{a.point_id}: {name} is {getattr(a, name)!r} and {getattr(b, name)!r}"
        for name in names
        if getattr(a, name) != getattr(b, name)
    ]
