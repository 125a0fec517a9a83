"""What went over the line in each test, with times: kept whole in a file for every test, as far as that is bounded."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime

from mcubench.link import Transcript

__all__ = ["TestTranscript"]

# Of one test: a person reads how it began and how it ended, and a sweep sends a hundred thousand chunks.
FIRST_CHUNKS = 500
LAST_CHUNKS = 500
SHOWN_BYTES = 96
# In a test's report: enough to see what was asked last, on lines that fit a terminal.
END_CHUNKS = 12
END_COLUMNS = 72

Chunk = tuple[float, str, int, bytes]


class TestTranscript(Transcript):
    """Notes what goes over a line, from `begin` on; `text` is all of it, the middle left out if it is too much.

    As a `Transcript` it also keeps the last chunks whichever test they are of.
    """

    __test__ = False  # whatever pytest thinks of its name

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.begin()

    def begin(self) -> None:
        """Forget what was noted: another test begins."""
        self._began = datetime.now(UTC)
        self._began_s = time.monotonic()
        self._first: list[Chunk] = []
        self._last: deque[Chunk] = deque(maxlen=LAST_CHUNKS)
        self._count = 0

    def add(self, direction: str, data: bytes) -> None:
        """Note `data`, sent if `direction` is `>`, received if it is `<`."""
        super().add(direction, data)
        self._count += 1
        chunk = (time.monotonic() - self._began_s, direction, len(data), data[:SHOWN_BYTES])
        if len(self._first) < FIRST_CHUNKS:
            self._first.append(chunk)
        else:
            self._last.append(chunk)

    @property
    def text(self) -> str:
        """What was noted, empty if nothing was."""
        if not self._first:
            return ""
        left_out = self._count - len(self._first) - len(self._last)
        lines = [
            f"# {self._title}: seconds since {self._began.isoformat(sep=' ', timespec='milliseconds')},"
            " > to the board, < from it",
            *map(_line, self._first),
            *([f"# {left_out} chunks are left out"] if left_out else []),
            *map(_line, self._last),
        ]
        return "\n".join(lines) + "\n"

    def end(self, file: str) -> str:
        """Return the last chunks, on short lines, and that more is in `file`; empty if nothing was noted."""
        chunks = [*self._first, *self._last][-END_CHUNKS:]
        if not chunks:
            return ""
        return "\n".join([*map(_short_line, chunks), f"# the last {len(chunks)} of {self._count} chunks; more: {file}"])


def _line(chunk: Chunk) -> str:
    at_s, direction, length, data = chunk
    return f"{at_s:10.6f} {direction} {length:5d} bytes {repr(data)[1:]}{'...' if length > len(data) else ''}"


def _short_line(chunk: Chunk) -> str:
    at_s, direction, length, data = chunk
    while len(repr(data)) > END_COLUMNS:
        data = data[:-1]
    return _line((at_s, direction, length, data))
