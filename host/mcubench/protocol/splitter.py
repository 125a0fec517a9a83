"""Text lines and frames out of chunks of bytes: the state table of docs/protocol.md, section 1, seen from the host."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mcubench.protocol.frames import LARGEST_BODY_BYTES

__all__ = ["LONGEST_LINE_BYTES", "CodedFrame", "Splitter", "TextLine"]

# Commands are at most 255 bytes; answers carry the compiler's flags, so they may be longer. What is longer still is
# garbage, and must not fill the memory.
LONGEST_LINE_BYTES = 4096

_END_OF_TEXT = re.compile(rb"[\0\n]")
_NOT_TEXT = re.compile(rb"[^\x20-\x7e]")


@dataclass(frozen=True)
class TextLine:
    """A complete line of printable ASCII, without its end."""

    text: str


@dataclass(frozen=True)
class CodedFrame:
    """What stood between two delimiters, still COBS-coded and unchecked."""

    body: bytes


class _State(enum.Enum):
    TEXT = enum.auto()
    START = enum.auto()
    FRAME = enum.auto()


class Splitter:
    """Feed it chunks as they come; `noise_bytes` counts the bytes of lines that were none."""

    def __init__(self) -> None:
        self.noise_bytes = 0
        self._state = _State.TEXT
        self._held = bytearray()
        self._line_too_long = False

    def feed(self, chunk: bytes) -> Iterator[TextLine | CodedFrame]:
        """Yield what `chunk` completes, in order."""
        at = 0
        while at < len(chunk):
            if self._state is _State.START:
                at += self._leave_start(chunk[at])
                continue
            end = self._find_end(chunk, at)
            self._hold(chunk[at : len(chunk) if end < 0 else end])
            if end < 0:
                return
            at = end + 1
            event = self._finish(chunk[end])
            if event:
                yield event

    def silence(self) -> None:
        """Note that nothing came for 250 ms: an unfinished frame will not be finished (the sender was reset)."""
        if self._state is not _State.TEXT:
            self._go_to(_State.TEXT)

    def _leave_start(self, byte: int) -> int:
        """Return how many bytes this took: a delimiter is dropped, anything else belongs to what it begins."""
        if byte == 0:
            return 1
        self._go_to(_State.FRAME if byte == 1 else _State.TEXT)
        return 0

    def _find_end(self, chunk: bytes, at: int) -> int:
        if self._state is _State.FRAME:
            return chunk.find(b"\0", at)
        match = _END_OF_TEXT.search(chunk, at)
        return match.start() if match else -1

    def _hold(self, part: bytes) -> None:
        limit = LONGEST_LINE_BYTES if self._state is _State.TEXT else LARGEST_BODY_BYTES
        if len(self._held) + len(part) <= limit and not self._line_too_long:
            self._held += part
            return
        self.noise_bytes += len(self._held) + len(part)
        self._held.clear()
        # The rest of an overlong line or frame is dropped up to the next end that the TEXT state knows.
        self._state = _State.TEXT
        self._line_too_long = True

    def _finish(self, end: int) -> TextLine | CodedFrame | None:
        held, state = bytes(self._held), self._state
        self._go_to(_State.START if end == 0 else _State.TEXT)
        if state is _State.FRAME:
            return CodedFrame(held)
        line = held.removesuffix(b"\r")
        if end == 0 or _NOT_TEXT.search(line):
            self.noise_bytes += len(held)
            return None
        return TextLine(line.decode("ascii")) if line else None

    def _go_to(self, state: _State) -> None:
        self._state = state
        self._held.clear()
        self._line_too_long = False
