from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from mcubench.boards import BoardAddress, OpenBoard, open_board
from mcubench.deadline import Deadline
from mcubench.protocol import Board
from mcubench.recovery import Ladder, PowerScript


class Rescued:
    """A connected board with its ladder."""

    def __init__(self, opened: OpenBoard, power: PowerScript | None) -> None:
        self.opened = opened
        self.ladder = Ladder(opened, [power] if power else [])
        self.board = Board(opened.link, self.ladder)
        self.board.connect()

    @property
    def rungs(self) -> list[tuple[str, bool]]:
        """What was tried, and whether it helped."""
        return [(str(step.step), step.ok) for step in self.ladder.steps]


class Rescue(Protocol):
    def __call__(self, address: BoardAddress, power: PowerScript | None = None) -> Rescued: ...


@pytest.fixture
def rescue() -> Iterator[Rescue]:
    """A function that opens a board and puts a ladder at it."""
    with ExitStack() as stack:

        def open_it(address: BoardAddress, power: PowerScript | None = None) -> Rescued:
            return Rescued(stack.enter_context(open_board(address)), power)

        yield open_it


@pytest.fixture
def native(echo_program: Path) -> BoardAddress:
    """The PC as a board with the test engine."""
    return BoardAddress("native", command=(str(echo_program),))


@pytest.fixture
def freeze() -> Callable[[int], None]:
    """A function that stops a program and its core, and waits until they have stopped."""

    def stop(pid: int) -> None:
        os.killpg(pid, signal.SIGSTOP)
        core = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        deadline = Deadline.after(10)
        for each in (str(pid), *core):
            while Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[0] != "T":
                assert not deadline.expired
                time.sleep(0.001)

    return stop
