"""Which vectors have a result: each once, for the input that was meant, and never two different ones."""

from __future__ import annotations

import zlib
from array import array

from mcubench.errors import WrongOutputError
from mcubench.protocol.frames import VectorResult

__all__ = ["ResultLedger"]

# One of these is 32 bits wide on every machine.
UNSIGNED_32 = "I" if array("I").itemsize == 4 else "L"


class ResultLedger:
    """Nine bytes for each of `count` vectors: the CRC-32 of its input and of its result, and whether that came."""

    def __init__(self, port: str, count: int, input_bytes: int) -> None:
        self.results = 0
        self._port = port
        self._count = count
        self._input_bytes = input_bytes
        self._input_crc32 = array(UNSIGNED_32, bytes(4 * count))
        self._result_crc32 = array(UNSIGNED_32, bytes(4 * count))
        self._accepted = bytearray(count)
        self._noted = 0  # offset up to which the CRCs of inputs are known
        self._part_crc32 = 0  # of the vector that `noted` lies in

    def note_input(self, offset: int, data: bytes) -> None:
        """Note bytes of the vector stream; what was noted before is skipped, and nothing may be left out."""
        at = self._noted - offset
        while 0 <= at < len(data):
            index, filled = divmod(self._noted, self._input_bytes)
            part = data[at : at + self._input_bytes - filled]
            self._part_crc32 = zlib.crc32(part, self._part_crc32)
            self._noted += len(part)
            at += len(part)
            if filled + len(part) == self._input_bytes:
                self._input_crc32[index] = self._part_crc32
                self._part_crc32 = 0

    def accept(self, result: VectorResult) -> bool:
        """Return whether `result` is new and belongs to the vector that was sent.

        Raises WrongOutputError if the vector had another result before: then neither can be trusted. Cycles may differ.
        """
        index = result.index
        if index >= self._noted // self._input_bytes or result.input_crc32 != self._input_crc32[index]:
            return False
        crc32 = zlib.crc32(result.output, result.status & 0xFF)
        if not self._accepted[index]:
            self._accepted[index] = 1
            self._result_crc32[index] = crc32
            self.results += 1
            return True
        if self._result_crc32[index] != crc32:
            raise WrongOutputError(f"{self._port}: two different results for the same input (vector {index})")
        return False

    def next_missing(self, start: int, stop: int) -> int:
        """Return the first vector from `start` on that has no result, or `stop` if none before that lacks one."""
        found = self._accepted.find(0, start, stop)
        return stop if found < 0 else found

    def first_gap(self, joined: int) -> range | None:
        """Return the first run of vectors without a result, or None if all have one.

        Runs with at most `joined` vectors between them count as one.
        """
        start = self.next_missing(0, self._count)
        if start == self._count:
            return None
        stop = start
        while (missing := self.next_missing(stop, min(stop + joined + 1, self._count))) < self._count:
            if missing > stop + joined:
                break
            found = self._accepted.find(1, missing)
            stop = self._count if found < 0 else found
        return range(start, stop)
