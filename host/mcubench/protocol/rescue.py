"""What brings a board back that does not answer any more, seen from the commands that need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mcubench.errors import RigError
from mcubench.protocol.answers import BoardInfo

if TYPE_CHECKING:
    from mcubench.protocol.client import Board

__all__ = ["Rescuer"]


class Rescuer(Protocol):
    """Knows what can be tried with a board beyond asking again: resets, opening its port anew, its power supply."""

    def rescue(self, board: Board, error: RigError) -> BoardInfo:
        """Bring the board back to answering, by board.use_link if need be; a RigError says what was tried in vain."""
