"""The first hello to a board of a rig, which was there once and is brought back if it is silent now."""

from __future__ import annotations

from mcubench.errors import RigError
from mcubench.protocol import Board, BoardInfo
from mcubench.protocol.client import HELLO_TIMEOUT_S
from mcubench.recovery.ladder import Ladder

__all__ = ["say_hello"]


def say_hello(board: Board, ladder: Ladder, timeout_s: float = HELLO_TIMEOUT_S) -> BoardInfo:
    """Return who a board of a rig is; if it does not answer, what `ladder` has is tried before RigError.

    Not for a port that somebody only named: what is silent there need not be a board, and nothing of it is reset.
    """
    try:
        return board.connect(timeout_s)
    except RigError as exc:
        return ladder.wake(board, exc)
