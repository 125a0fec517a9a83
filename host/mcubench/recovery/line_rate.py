"""Keeping the line of a board at the highest rate that it carries."""

from __future__ import annotations

import logging

from mcubench.errors import RigError
from mcubench.protocol import Board, lower_baud, raise_baud

__all__ = ["LineRate"]

log = logging.getLogger(__name__)


# A busy PC can make a good rate fail a test; one that fails so often in a row is not tried again.
MOST_FAILURES = 3


class LineRate:
    """Call `settle` when nothing is under way: it raises the rate, up to `most` bits/s, or lowers it."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._best: int | None = None  # that it had; less than that is what a reset or a new link left
        self._failures = 0

    def settle(self, board: Board) -> None:
        """Bring the line to the rate for what comes next; raises what Board.recover raises."""
        before = board.link.baud
        try:
            if lower_baud(board):
                self._best = board.link.baud
            elif (self._best is None or before < self._best) and self._failures < MOST_FAILURES:
                self._raise(board)
        except RigError as exc:
            board.recover(exc, "changing the rate of the line")
        if board.link.baud != before:
            log.info("the line to %s: %d bits/s", board.port, board.link.baud)

    def _raise(self, board: Board) -> None:
        reached = raise_baud(board, self._best or self._most)
        if board.link.baud > board.boot_baud:
            self._best, self._failures = reached, 0
        else:
            self._failures += 1
