"""A virtual board in strict mode: it stops where real silicon would not do what the firmware expects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mcubench.boards.opening import open_board
from mcubench.boards.resolve import BoardAddress
from mcubench.image_layout import ImageLayout
from mcubench.protocol.client import Board


@contextmanager
def running(chip: str, image: ImageLayout, *options: str) -> Iterator[Board]:
    """Start the image on the chip's model, and see to it that the model had nothing to complain of."""
    command = [sys.executable, "-m", "mcubench", "virtual", chip, "--firmware", str(image.path), "--strict"]
    with open_board(BoardAddress(f"virtual:{chip}", command=(*command, *options))) as opened:
        board = Board(opened.link)
        board.connect()
        yield board
        assert opened.child is not None
        complaints = opened.child.last_words()
        assert "strict mode stops here" not in complaints
