"""What is on its way to the board: the host's side of the receive window."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from mcubench.protocol.frames import FrameType, data_wire_limit

__all__ = ["Flight", "SentFrame", "largest_piece"]

# docs/protocol.md section 3: of more frames `seen`, which has eight bits, would be ambiguous.
MOST_FRAMES = 127
# What DATA leaves of the window to POLL and AGAIN, which must go out however full it is.
RESERVED_FRAMES = 8
RESERVED_BYTES = 128


@dataclass(frozen=True)
class SentFrame:
    """The `number`th frame, sent at `at_s` of the monotonic clock with the lowest eight bits of it as its `seq`.

    `start` and `stop` are offsets of the vector stream, equal if it is no DATA.
    """

    number: int
    kind: FrameType
    start: int
    stop: int
    wire_bytes: int
    at_s: float


def largest_piece(frame_bytes: int, window_bytes: int, grain_bytes: int) -> int:
    """Return how many vector bytes to put into a DATA frame at most, in whole grains if that is possible.

    Three fit the window: the board answers when it has taken half of it, which is two, and the third is then under way.
    """
    piece = frame_bytes
    while piece > 1 and 3 * data_wire_limit(piece) > window_bytes - RESERVED_BYTES:
        piece -= 1
    return piece - piece % grain_bytes or piece


class Flight:
    """The frames that were sent after the one that the board was last known to have seen."""

    def __init__(self, window_bytes: int) -> None:
        self.last_seen: SentFrame | None = None
        self._window_bytes = window_bytes
        self._frames: deque[SentFrame] = deque()
        self.wire_bytes = 0

    def has_room_for_data(self, data_bytes: int) -> bool:
        """Tell whether DATA with so many vector bytes may be sent. One frame alone always may."""
        wire_bytes = self.wire_bytes + data_wire_limit(data_bytes)
        fits = wire_bytes <= self._window_bytes - RESERVED_BYTES
        return not self._frames or (fits and len(self._frames) < MOST_FRAMES - RESERVED_FRAMES)

    @property
    def has_room_for_question(self) -> bool:
        """Whether POLL, AGAIN or SEEK may be sent."""
        return len(self._frames) < MOST_FRAMES

    def holds(self, frame: SentFrame | None) -> bool:
        """Tell whether a frame may still be on its way."""
        return frame is not None and bool(self._frames) and frame.number >= self._frames[0].number

    def add(self, frame: SentFrame) -> None:
        """Note a frame that was sent; their numbers follow one another."""
        self._frames.append(frame)
        self.wire_bytes += frame.wire_bytes

    def see(self, seq: int) -> list[SentFrame]:
        """Note the `seen` of the board; return the frames that are no longer on their way, whatever became of them."""
        count = (seq - self._frames[0].number & 0xFF) + 1 if self._frames else 0
        if not 0 < count <= len(self._frames):
            return []  # it had been told before
        seen = [self._frames.popleft() for _ in range(count)]
        self.wire_bytes -= sum(frame.wire_bytes for frame in seen)
        self.last_seen = seen[-1]
        return seen
