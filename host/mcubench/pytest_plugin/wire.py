"""Lines and frames to and from a board, as they are: for tests of the protocol itself, below its client."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from mcubench.deadline import Deadline
from mcubench.errors import CheckFailedError
from mcubench.protocol import VectorResult
from mcubench.protocol.channel import Channel
from mcubench.protocol.frames import (
    Ack,
    Frame,
    FrameType,
    again_payload,
    data_payload,
    encode_frame,
    offset_payload,
    parse_ack,
    parse_result,
)
from mcubench.protocol.splitter import TextLine
from mcubench.protocol.text import Line, parse_line

__all__ = ["Reply", "Wire"]

ANSWER_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Reply:
    """All lines of one answer, as received; the last one is final."""

    lines: tuple[str, ...]

    @property
    def final(self) -> Line:
        """The final line, `ok ...` or `error ...`; a trailer would be among its values."""
        return parse_line(self.lines[-1])

    def data(self, kind: str) -> list[Line]:
        """Return the data lines of one kind, in order."""
        return [line for line in map(parse_line, self.lines[:-1]) if line.kind == kind]


class Wire:
    """The line of a board that is known to answer, so silence and surprises are its failures: CheckFailedError.

    Silence means ten seconds, times `timeout_multiplier`.
    """

    def __init__(self, channel: Channel, timeout_multiplier: float = 1.0) -> None:
        self._channel = channel
        self._timeout_s = ANSWER_TIMEOUT_S * timeout_multiplier
        self._seq = 0

    @property
    def last_seq(self) -> int:
        """The sequence number of the last frame that was made."""
        return self._seq

    def settle(self) -> None:
        """Let answers go by that the client had given up: of a slow board it asks twice, and both are answered.

        A board answers in order, so all of them have come when it names a word that only this question has.
        """
        word = f"settle-{secrets.token_hex(4)}"
        self.send(f"{word}\n".encode())
        while not isinstance(event := self._next("waiting for late answers"), TextLine) or word not in event.text:
            pass

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._channel.send_bytes(data)

    def frame(self, kind: FrameType, payload: bytes) -> bytes:
        """Return the next frame, with both delimiters, without sending it."""
        self._seq = (self._seq + 1) & 0xFF
        return encode_frame(kind, self._seq, payload)

    def data(self, offset: int, data: bytes) -> bytes:
        """Return a DATA frame without sending it."""
        return self.frame(FrameType.DATA, data_payload(offset, data))

    def seek(self, offset: int) -> Ack:
        """Send SEEK and return the ACK it gets."""
        self.send(self.frame(FrameType.SEEK, offset_payload(offset)))
        return self.next_ack()

    def poll(self) -> Ack:
        """Send POLL and return the ACK it gets."""
        self.send(self.frame(FrameType.POLL, b""))
        return self.next_ack()

    def again(self, index: int) -> None:
        """Send AGAIN: the results that the board keeps come, from this vector's on, and then an ACK."""
        self.send(self.frame(FrameType.AGAIN, again_payload(index)))

    def echo(self, data: bytes) -> bytes:
        """Send ECHO and return the payload of the echo."""
        self.send(self.frame(FrameType.ECHO, data))
        frame = self._next_frame("waiting for an echo")
        if frame.type != FrameType.ECHOED:
            raise CheckFailedError(f"expected an echo, got {frame}")
        return frame.payload

    def ask(self, line: str) -> Reply:
        """Send a command line as a person would and return its whole answer; frames meanwhile are an error."""
        return self.send_and_reply(line.encode("ascii") + b"\n", f"'{line}'")

    def send_and_reply(self, data: bytes, doing: str) -> Reply:
        """Send bytes and return the lines that come, up to the first final one."""
        self.send(data)
        lines = []
        while True:
            lines.append(self.next_line(doing))
            if lines[-1].split(" ", 1)[0] in ("ok", "error"):
                return Reply(tuple(lines))

    def next_line(self, doing: str = "waiting for a line") -> str:
        """Return the next thing that comes, which must be a text line."""
        event = self._next(doing)
        if not isinstance(event, TextLine):
            raise CheckFailedError(f"expected a text line while {doing}, got {event}")
        return event.text

    def next_ack(self) -> Ack:
        """Return the next thing that comes, which must be an ACK."""
        frame = self._next_frame("waiting for an ACK")
        ack = parse_ack(frame.payload) if frame.type == FrameType.ACK else None
        if ack is None:
            raise CheckFailedError(f"expected an ACK, got {frame}")
        return ack

    def next_results(self, count: int, output_bytes: int) -> list[VectorResult]:
        """Return `count` results from as many RESULT frames as they come in; an ACK may come between."""
        results: list[VectorResult] = []
        while len(results) < count:
            frame = self._next_frame(f"waiting for result {len(results) + 1} of {count}")
            if frame.type == FrameType.ACK:
                continue
            parsed = parse_result(frame.payload, output_bytes) if frame.type == FrameType.RESULT else None
            if parsed is None:
                raise CheckFailedError(f"expected a RESULT, got {frame}")
            results += parsed.results
        return results

    def _next_frame(self, doing: str) -> Frame:
        event = self._next(doing)
        if not isinstance(event, Frame):
            raise CheckFailedError(f"expected a frame while {doing}, got the line '{event.text}'")
        return event

    def _next(self, doing: str) -> TextLine | Frame:
        event = self._channel.receive(Deadline.after(self._timeout_s))
        if event is None:
            last_seen = self._channel.last_seen or "nothing"
            raise CheckFailedError(f"nothing came within {self._timeout_s:g} s while {doing}; last seen: {last_seen}")
        return event
