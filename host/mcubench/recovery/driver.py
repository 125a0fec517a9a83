"""What resets a board from outside its line: a debug probe, a switch for its power, a person."""

from __future__ import annotations

from typing import Protocol

from mcubench.recovery.rung import Rung

__all__ = ["ResetDriver"]


class ResetDriver(Protocol):
    """One way to make a board start anew. `rung` is its place on the ladder, which tries gentler ones before."""

    @property
    def rung(self) -> Rung: ...

    def reset(self, port: str, board: str) -> None:
        """Do it, and return when the board has begun to start; RigError if it cannot be done or is not done in time.

        `port` is the board's port, `board` what it calls itself.
        """
