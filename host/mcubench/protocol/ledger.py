"""Which vectors have a result: each once, for the input that was meant, and never two different ones."""

from __future__ import annotations

import zlib

from mcubench.errors import WrongOutputError
from mcubench.protocol.frames import VectorResult

__all__ = ["ResultLedger"]


class ResultLedger:
    """Results of the vectors that lie one after the other in `payload`."""

    def __init__(self, port: str, payload: bytes, input_bytes: int) -> None:
        self._port = port
        starts = range(0, len(payload), input_bytes)
        self._input_crc32 = [zlib.crc32(payload[start : start + input_bytes]) for start in starts]
        self._accepted: list[tuple[int, bytes] | None] = [None] * len(self._input_crc32)

    def accept(self, result: VectorResult) -> bool:
        """Return whether `result` is new and belongs to the vector that was sent.

        Raises WrongOutputError if the vector had another result before: then neither can be trusted. Cycles may differ.
        """
        if result.index >= len(self._accepted) or result.input_crc32 != self._input_crc32[result.index]:
            return False
        before = self._accepted[result.index]
        if before is None:
            self._accepted[result.index] = (result.status, result.output)
            return True
        if before != (result.status, result.output):
            raise WrongOutputError(f"{self._port}: two different results for the same input (vector {result.index})")
        return False

    def first_gap(self) -> range | None:
        """Return the first run of vectors without a result, or None if all have one."""
        if None not in self._accepted:
            return None
        start = stop = self._accepted.index(None)
        while stop < len(self._accepted) and self._accepted[stop] is None:
            stop += 1
        return range(start, stop)

    def has_all(self, vectors: range) -> bool:
        """Tell whether every vector of a range has its result."""
        return None not in self._accepted[vectors.start : vectors.stop]
