"""Lines and frames out of chunks of bytes: the state table of docs/protocol.md, section 1, with a board's limits."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from mcubench.protocol.cobs import cobs_length_limit
from mcubench.protocol.frames import DATA_OVERHEAD_BYTES

__all__ = ["FRAME_BYTES", "LONGEST_LINE_BYTES", "BoardSplitter", "Event"]

LONGEST_LINE_BYTES = 255
# Most vector bytes in one DATA frame, as in the firmware.
FRAME_BYTES = 2560
LONGEST_BODY_BYTES = cobs_length_limit(DATA_OVERHEAD_BYTES + FRAME_BYTES)
# Of a longer line only so much is kept: enough to see that it is too long.
KEPT_LINE_BYTES = LONGEST_LINE_BYTES + 2

_END_OF_TEXT = re.compile(rb"[\0\n]")
_NOT_TEXT = re.compile(rb"[^\x20-\x7e]")


class Event(enum.Enum):
    """What the bytes were; a line comes without its end, a frame as its coded body, the others with nothing."""

    LINE = enum.auto()
    NOISE = enum.auto()
    LONG_LINE = enum.auto()
    FRAME = enum.auto()
    LONG_FRAME = enum.auto()


_Taken = tuple[int, tuple[Event, bytes] | None]


class _State(enum.Enum):
    TEXT = enum.auto()
    START = enum.auto()
    FRAME = enum.auto()


class BoardSplitter:
    """Feed it chunks as they come."""

    def __init__(self) -> None:
        self._state = _State.TEXT
        self._held = bytearray()
        self._noise = False

    @property
    def in_text(self) -> bool:
        return self._state is _State.TEXT

    def reset(self) -> None:
        """Go to TEXT with an empty line."""
        self._go_to(_State.TEXT)

    def feed(self, chunk: bytes) -> Iterator[tuple[Event, bytes]]:
        """Yield what `chunk` completes, in order."""
        take = {_State.TEXT: self._take_text, _State.START: self._take_start, _State.FRAME: self._take_frame}
        at = 0
        while at < len(chunk):
            at, event = take[self._state](chunk, at)
            if event:
                yield event

    # Each returns where the rest of the chunk begins, and what was completed.

    def _take_start(self, chunk: bytes, at: int) -> _Taken:
        if chunk[at] == 0:
            return at + 1, None
        self._go_to(_State.FRAME if chunk[at] == 1 else _State.TEXT)
        return at, None

    def _take_frame(self, chunk: bytes, at: int) -> _Taken:
        end = chunk.find(b"\0", at)
        part = chunk[at:] if end < 0 else chunk[at:end]
        room = LONGEST_BODY_BYTES - len(self._held)
        if len(part) > room:
            self._go_to(_State.TEXT)
            return at + room + 1, (Event.LONG_FRAME, b"")
        self._held += part
        if end < 0:
            return len(chunk), None
        body = bytes(self._held)
        self._go_to(_State.START)
        return end + 1, (Event.FRAME, body)

    def _take_text(self, chunk: bytes, at: int) -> _Taken:
        match = _END_OF_TEXT.search(chunk, at)
        self._hold_text(chunk[at : match.start() if match else len(chunk)])
        if match is None:
            return len(chunk), None
        if match[0] == b"\n":
            return match.end(), self._finish_line()
        self._go_to(_State.START)
        return match.end(), None

    def _hold_text(self, part: bytes) -> None:
        self._held += part
        if len(self._held) > KEPT_LINE_BYTES:
            self._noise |= bool(_NOT_TEXT.search(self._held[:-1]))
            del self._held[KEPT_LINE_BYTES - 1 : -1]  # the last byte may be a '\r', which '\n' may follow

    def _finish_line(self) -> tuple[Event, bytes]:
        line = bytes(self._held).removesuffix(b"\r")
        noise = self._noise or bool(_NOT_TEXT.search(line))
        self._go_to(_State.TEXT)
        # Noise comes before length: who is not sending text is not told about the length of lines.
        if noise:
            return Event.NOISE, b""
        return (Event.LINE, line) if len(line) <= LONGEST_LINE_BYTES else (Event.LONG_LINE, b"")

    def _go_to(self, state: _State) -> None:
        self._state = state
        self._held.clear()
        self._noise = False
