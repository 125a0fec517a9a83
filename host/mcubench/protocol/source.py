"""Where the vectors of a stream come from: bytes in memory, or anything that can be read piece by piece."""

from __future__ import annotations

from typing import Protocol

__all__ = ["BytesSource", "VectorSource"]


class VectorSource(Protocol):
    """Input vectors one after the other; the same range may be read more than once, and must be the same then."""

    @property
    def size_bytes(self) -> int:
        """All vectors together."""

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from offset `start` up to `stop`."""


class BytesSource:
    """Vectors that are in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size_bytes(self) -> int:
        return len(self._data)

    def read(self, start: int, stop: int) -> bytes:
        return self._data[start:stop]
