"""A Python board in its own time: bytes take as long as on a line, and an answer comes when its work would be done."""

from __future__ import annotations

from collections import deque

from mcubench.outside import PtyOutside
from mcubench.serve.answers import BAUD
from mcubench.serve.board import ServedBoard
from mcubench.serve.image import Image
from mcubench.serve.scripted import ScriptedPlatform

__all__ = ["PacedBoard"]

_BYTE_S = 10 / BAUD  # start bit, eight data bits, stop bit
# After so long without a byte the board is told of the silence: results need not wait for more vectors, and what is
# missing of a frame will not come. On a line one byte follows the other at once, here it may be a little late.
_SILENCES_S = (0.002, 0.3)


class PacedBoard:
    """Call `serve` when its port has something to read, and at the moment that it returned.

    Nothing ever waits in here: what the board says is worked out at once, and sent when its own time has come there.
    """

    def __init__(self, image: Image, platform: ScriptedPlatform, outside: PtyOutside, now_s: float) -> None:
        self._image = image
        self._platform = platform
        self.outside = outside
        self._inbox: deque[tuple[float, bytes]] = deque()  # with the moment at which the last byte has arrived
        self._outbox: deque[tuple[float, bytes]] = deque()  # with the moment at which the last byte has left
        self._line_in_s = self._line_out_s = now_s  # until then the line is busy
        self._silences: deque[float] = deque()
        self._boot_count = 0
        platform.time_s = now_s
        self._start("power-on")

    def serve(self, now_s: float) -> float | None:
        """Do what is due; return when something is next, None if nothing is until bytes come."""
        self._read(now_s)
        while self._inbox and self._inbox[0][0] <= now_s:
            self._receive(*self._inbox.popleft())
        while self._silences and self._silences[0] <= now_s:
            self._silences.popleft()
            self._board.note_silence()
        while self._outbox and self._outbox[0][0] <= now_s:
            self.outside.write(self._outbox.popleft()[1])
        due = [each[0][0] for each in (self._inbox, self._outbox) if each]
        return min([*due, *self._silences], default=None)

    def _read(self, now_s: float) -> None:
        """Take what has come, one piece after the other; while a piece is on its way the others wait in the port."""
        if self._line_in_s > now_s:
            return
        data = self.outside.read()
        if data:
            self._line_in_s = now_s + len(data) * _BYTE_S
            self._inbox.append((self._line_in_s, data))

    def _receive(self, arrival_s: float, data: bytes) -> None:
        self._platform.time_s = max(self._platform.time_s, arrival_s)
        self._silences = deque(arrival_s + silence_s for silence_s in _SILENCES_S)
        self._board.receive(data)
        if self._board.reset_wanted:
            self._start("software")

    def _start(self, cause: str) -> None:
        self._boot_count += 1
        self._board = ServedBoard(self._image, self._boot_count, cause, self._send)

    def _send(self, data: bytes) -> None:
        self._line_out_s = max(self._line_out_s, self._platform.time_s) + len(data) * _BYTE_S
        self._outbox.append((self._line_out_s, data))
