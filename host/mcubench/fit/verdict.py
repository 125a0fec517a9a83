"""Needs against limits: yes, no, or nobody can tell, and by how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mcubench.boards import KnownBoard
from mcubench.fit.figures import Figure, Needs
from mcubench.fit.limits import Limit, Limits

__all__ = ["Check", "Verdict", "judge"]


@dataclass(frozen=True)
class Check:
    """One need against its limit; `unit` is of both."""

    what: str
    unit: str
    need: Figure
    limit: Limit

    @property
    def fits(self) -> bool | None:
        """Whether it does; None if need or limit is not known."""
        if self.limit.value is None:
            return None
        if self.need.value is not None:
            return self.need.value <= self.limit.value
        return False if (self.need.at_least or 0) > self.limit.value else None

    @property
    def margin(self) -> float | None:
        """What is left; negative if it is too much."""
        known = self.need.value is not None and self.limit.value is not None
        return (self.limit.value or 0) - (self.need.value or 0) if known else None

    def as_dict(self) -> dict[str, Any]:
        """Return the check for JSON; null is unknown."""
        return {
            "what": self.what,
            "unit": self.unit,
            "need": self.need.value,
            "at_least": self.need.at_least,
            "limit": self.limit.value,
            "limit_from": self.limit.said_by,
            "margin": self.margin,
            "fits": self.fits,
            "kind": self.need.kind,
            "source": self.need.source,
        }


@dataclass(frozen=True)
class Verdict:
    """What was found for one board and engine; `refusal` says why there can be no image, if there can be none."""

    board: str
    engine: str
    checks: tuple[Check, ...]
    clock: str | None
    refusal: str | None = None

    @property
    def fits(self) -> bool | None:
        """Whether all limits hold; None if nobody can tell, because of what is not known."""
        answers = [check.fits for check in self.checks]
        if self.refusal or False in answers:
            return False
        return None if None in answers else True


def judge(board: KnownBoard, engine: str, needs: Needs | None, limits: Limits, refusal: str | None = None) -> Verdict:
    """Compare what a model needs with what was asked for, and with the room that the board has."""
    checks = tuple(_checks(board, needs, limits)) if needs else ()
    return Verdict(board.name, engine, checks, needs.clock if needs else None, refusal)


def _checks(board: KnownBoard, needs: Needs, limits: Limits) -> Iterator[Check]:
    for what, unit, need, limit in (
        ("latency", "us", needs.latency_us, limits.latency_us),
        ("flash of model and kernels", "bytes", needs.flash_bytes, limits.flash_bytes),
        ("RAM: arena and stack", "bytes", needs.ram_bytes, limits.ram_bytes),
        ("arena", "bytes", needs.arena_bytes, limits.arena_bytes),
        ("flash of the whole image", "bytes", needs.image_bytes, Limit(board.flash_bytes, "board")),
        ("arena", "bytes", needs.arena_bytes, Limit(board.arena_bytes, "board")),
    ):
        if limit is not None:
            yield Check(what, unit, need, limit)
