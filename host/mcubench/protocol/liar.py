"""A board that lies, out of one that does not: wrong results with right CRCs, to see whether anybody notices."""

from __future__ import annotations

import enum
import random
import re
from dataclasses import replace

from mcubench.deadline import Deadline
from mcubench.link import Link
from mcubench.protocol.frames import (
    LARGEST_BODY_BYTES,
    FrameType,
    VectorResult,
    decode_frame,
    encode_frame,
    parse_result,
    result_output_bytes,
    result_payload,
)

__all__ = ["LyingLink"]

_DELIMITERS = re.compile(rb"(\0)")


class _State(enum.Enum):
    TEXT = enum.auto()
    START = enum.auto()
    FRAME = enum.auto()


class LyingLink(Link):
    """Another link, on which one bit of a result's output tensor is wrong with probability `rate`.

    Which results and bits these are follows from `seed`, the vector's index and its input: a result that is asked for
    again is the same lie again. All else passes as it is.
    """

    def __init__(self, inner: Link, rate: float, seed: int = 0) -> None:
        self.name = inner.name
        self.transcript = inner.transcript
        self.has_rate = inner.has_rate
        self._inner = inner
        self._rate = rate
        self._seed = seed
        self._state = _State.TEXT
        self._held = bytearray()  # a frame that has not ended yet
        self._arrived = bytearray()

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Return what has come, as Link does; of a frame nothing before its end."""
        while not self._arrived:
            data = self._inner.read(max_bytes, deadline)
            if not data:
                return b""
            for part in filter(None, _DELIMITERS.split(data)):
                self._take(part)
        data = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        self._inner.write(data, deadline)

    @property
    def baud(self) -> int:
        return self._inner.baud

    def set_baud(self, baud: int) -> None:
        self._inner.set_baud(baud)

    def pulse_reset(self) -> bool:
        return self._inner.pulse_reset()

    def close(self) -> None:
        self._inner.close()

    def _take(self, part: bytes) -> None:
        """Take a delimiter, or bytes without one: docs/protocol.md section 1."""
        if part == b"\0":
            if self._state is _State.FRAME:
                self._arrived += self._tell(bytes(self._held))
                self._held.clear()
            self._arrived += part
            self._state = _State.START
            return
        if self._state is _State.START:
            self._state = _State.FRAME if part[0] == 1 else _State.TEXT
        if self._state is _State.TEXT:
            self._arrived += part
            return
        self._held += part
        if len(self._held) > LARGEST_BODY_BYTES:
            self._arrived += self._held
            self._held.clear()
            self._state = _State.TEXT

    def _tell(self, body: bytes) -> bytes:
        """Return the coded body of a frame as the liar tells it."""
        frame = decode_frame(body)
        if frame is None or frame.type != FrameType.RESULT:
            return body
        output_bytes = result_output_bytes(frame.payload)
        batch = parse_result(frame.payload, output_bytes) if output_bytes else None
        if batch is None:
            return body
        told = [self._tell_result(result) for result in batch.results]
        if told == batch.results:
            return body
        return encode_frame(frame.type, frame.seq, result_payload(replace(batch, results=told)))[1:-1]

    def _tell_result(self, result: VectorResult) -> VectorResult:
        dice = random.Random(f"{self._seed} {result.index} {result.input_crc32}")
        if result.status != 0 or dice.random() >= self._rate:
            return result
        bit = dice.randrange(8 * len(result.output))
        output = bytearray(result.output)
        output[bit // 8] ^= 1 << bit % 8
        return replace(result, output=bytes(output))
