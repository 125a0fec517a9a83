"""Turns what the user calls a board into an open link, starting a virtual board if asked."""

from __future__ import annotations

from mcubench.boards.child import ChildBoard
from mcubench.boards.identity import check_identity
from mcubench.boards.images import built_images, find_image, find_native_program, find_upwards
from mcubench.boards.known import DEFAULT_ENGINE, KNOWN_BOARDS, KnownBoard, known_board, virtual_chips
from mcubench.boards.opening import OpenBoard, open_board
from mcubench.boards.resolve import (
    BoardAddress,
    ImageTarget,
    image_target,
    is_server,
    number_boards,
    parse_board,
    parse_port,
)

__all__ = [
    "DEFAULT_ENGINE",
    "KNOWN_BOARDS",
    "BoardAddress",
    "ChildBoard",
    "ImageTarget",
    "KnownBoard",
    "OpenBoard",
    "built_images",
    "check_identity",
    "find_image",
    "find_native_program",
    "find_upwards",
    "image_target",
    "is_server",
    "known_board",
    "number_boards",
    "open_board",
    "parse_board",
    "parse_port",
    "virtual_chips",
]
