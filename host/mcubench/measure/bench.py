"""What points are measured on and with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcubench.protocol import Board, BoardInfo, ModelInfo
from mcubench.recovery import Ladder

__all__ = ["Bench", "Settings"]


@dataclass(frozen=True)
class Settings:
    """How much to measure at every point."""

    samples: int = 20
    cold_samples: int = 3


def _leave_it(board: Board) -> None:
    """Keep the line at its rate."""
    del board


def _nowhere(address: int) -> str | None:
    """Know nothing of the firmware's sources."""
    del address
    return None


@dataclass(frozen=True)
class Bench:
    """A connected board and what is known of it. `timing_model` is None for a real board.

    `abort` ends a board that is a program, whoever waits for it; on a real board it does nothing. `address` is how the
    user named the board, `name` what a rig file calls it. `ladder` brings the board back, None if nothing does.
    `settle` finds the rate for the line. `locate` tells what source line an address of the firmware is, None if that is
    not known.
    """

    board: Board
    info: BoardInfo
    models: tuple[ModelInfo, ...]
    timing_model: str | None
    abort: Callable[[], None]
    address: str | None = None
    ladder: Ladder | None = None
    settle: Callable[[Board], None] = _leave_it
    locate: Callable[[int], str | None] = _nowhere
    name: str | None = None
