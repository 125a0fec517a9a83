"""Turns what the user calls a board into an open link, starting a virtual board if asked."""

from __future__ import annotations

from mcubench.boards.child import ChildBoard
from mcubench.boards.known import KNOWN_BOARDS, KnownBoard, virtual_chips
from mcubench.boards.resolve import BoardAddress, OpenBoard, open_board, parse_board, parse_port

__all__ = [
    "KNOWN_BOARDS",
    "BoardAddress",
    "ChildBoard",
    "KnownBoard",
    "OpenBoard",
    "open_board",
    "parse_board",
    "parse_port",
    "virtual_chips",
]
