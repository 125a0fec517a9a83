"""A link on which a list of chunks arrives, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable

from mcubench.deadline import Deadline
from mcubench.link import Link

__all__ = ["ListedLink"]


class ListedLink(Link):
    """What is written to it is dropped."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.name = "list"
        self.transcript = None
        self.has_rate = False
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:  # noqa: ARG002
        """Return the next chunk, or as much of it as is wanted; nothing when there is none left."""
        chunk = self._rest or next(self._chunks, b"")
        self._rest = chunk[max_bytes:]
        return chunk[:max_bytes]

    def write(self, data: bytes, deadline: Deadline) -> None:
        pass

    @property
    def baud(self) -> int:
        return 1_000_000

    def close(self) -> None:
        pass
