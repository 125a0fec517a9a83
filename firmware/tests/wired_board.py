"""A virtual board in this process, whose time is the test's."""

from __future__ import annotations

from pathlib import Path

from mcubench.virtual.board import VirtualBoard
from mcubench.virtual.chips import CHIPS
from mcubench.virtual.faults import parse_fault
from mcubench.virtual.loader import load_image

ANSWER_S = 1.0  # of virtual time


class Wire:
    """The far end of the line: what is to be sent to the board, and what came from it."""

    name = "wire"

    def __init__(self) -> None:
        self.to_board = self.from_board = b""
        self.baud: int | None = None  # the board's, whatever that is

    def read(self) -> bytes:
        data, self.to_board = self.to_board, b""
        return data

    def write(self, data: bytes) -> None:
        self.from_board += data

    def wait(self, timeout_s: float) -> None:
        """More comes only when the board does not run."""

    def close(self) -> None:
        """Nothing is open."""


class WiredBoard:
    """A board that was just switched on, in strict mode: it stops where real silicon would not do what is expected."""

    def __init__(self, chip: str, elf: Path, *faults: str) -> None:
        self.wire = Wire()
        self._board = VirtualBoard(
            CHIPS[chip], load_image(elf), self.wire, [parse_fault(fault) for fault in faults], strict=True
        )

    def send(self, line: str) -> None:
        self.wire.to_board += line.encode() + b"\n"

    def run_for(self, seconds: float) -> None:
        end_s = self._board.now_s + seconds
        self._board.run(lambda: self._board.now_s >= end_s)

    def has_sent(self, kind: str, seconds: float = ANSWER_S) -> bool:
        """Run until a line of this kind has come; tell whether one has."""
        end_s = self._board.now_s + seconds
        self._board.run(lambda: self._find(kind) >= 0 or self._board.now_s >= end_s)
        return self._find(kind) >= 0

    def until(self, kind: str, seconds: float = ANSWER_S) -> str:
        """Return the next line of this kind; what comes before it is forgotten."""
        assert self.has_sent(kind, seconds), f"no line `{kind}` within {seconds} s: {self.wire.from_board[-200:]!r}"
        found = self._find(kind)
        line = self._lines()[found]
        self.wire.from_board = self.wire.from_board.split(b"\n", found + 1)[-1]
        return line

    def _find(self, kind: str) -> int:
        """Return which of the lines is the first of this kind, -1 if none is."""
        return next((k for k, line in enumerate(self._lines()) if line.startswith(kind)), -1)

    def _lines(self) -> list[str]:
        """Return the whole lines that have come."""
        return [line.strip(b"\x00").decode("latin-1") for line in self.wire.from_board.split(b"\n")[:-1]]
