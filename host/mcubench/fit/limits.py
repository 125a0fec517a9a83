"""What a model may take: as named on the command line, else as its budget says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mcubench.errors import InputError
from mcubench.models import Budget

__all__ = ["Limit", "Limits", "parse_size"]

SIZE = re.compile(r"(\d+)([KM]?)(?:i?B)?", re.IGNORECASE)
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20}


@dataclass(frozen=True)
class Limit:
    """A number and who says it: an option, `budget`, or `board`. None is a limit that is there but not known."""

    value: float | None
    said_by: str


@dataclass(frozen=True)
class Limits:
    """The limits asked for; None where nobody asks. Those of the board itself are apart."""

    latency_us: Limit | None = None
    flash_bytes: Limit | None = None
    ram_bytes: Limit | None = None
    arena_bytes: Limit | None = None

    @classmethod
    def of(
        cls, budget: Budget | None, latency_us: float | None, flash_bytes: int | None, ram_bytes: int | None
    ) -> Limits:
        """Return what was asked for with --max-...; what was not is as in the budget, if there is one."""
        budget = budget or Budget()
        return cls(
            latency_us=_first(("--max-latency-us", latency_us), ("budget", budget.latency_us)),
            flash_bytes=_first(("--max-flash", flash_bytes), ("budget", budget.flash_bytes)),
            ram_bytes=_first(("--max-ram", ram_bytes), ("budget", budget.ram_bytes)),
            arena_bytes=_first(("budget", budget.arena_bytes)),
        )


def parse_size(text: str) -> int:
    """Return the bytes that `96K`, `1M` or `98304` mean; K is 1024. InputError for anything else, and for zero."""
    found = SIZE.fullmatch(text.strip())
    size = int(found[1]) * UNITS[found[2].upper()] if found else 0
    if size == 0:
        raise InputError(f"size '{text}': expected bytes above zero, as in 98304, 96K or 1M (K is 1024)")
    return size


def _first(*said: tuple[str, float | None]) -> Limit | None:
    return next((Limit(value, who) for who, value in said if value is not None), None)
