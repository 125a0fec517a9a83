"""Whether models can fit a board at all, said before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.errors import InputError

__all__ = ["Limits", "Need", "check_limits"]


@dataclass(frozen=True)
class Limits:
    """What a board has, in bytes; None where it is not known, and then nothing is refused for it."""

    flash_bytes: int | None = None
    arena_bytes: int | None = None


@dataclass(frozen=True)
class Need:
    """The least that a model takes, in bytes: its constants in flash, and its arena."""

    file: Path
    flash_bytes: int
    arena_bytes: int


def check_limits(needs: Sequence[Need], limits: Limits) -> None:
    """InputError, with the figures, if a model's arena or the constants of all models are larger than the board.

    That leaves out the code of engine and harness, which only the linker knows: it says so where they are what is too
    much.
    """
    for need in needs:
        _check(
            f"{need.file}: needs an arena of at least {need.arena_bytes} bytes", need.arena_bytes, limits.arena_bytes
        )
    names = ", ".join(str(need.file) for need in needs)
    flash_bytes = sum(need.flash_bytes for need in needs)
    verb = "needs" if len(needs) == 1 else "need"
    _check(f"{names}: {verb} at least {flash_bytes} bytes of flash without any code", flash_bytes, limits.flash_bytes)


def _check(what: str, needed: int, limit: int | None) -> None:
    if limit is not None and needed > limit:
        raise InputError(f"{what}; the board has {limit}, {needed - limit} bytes too few")
