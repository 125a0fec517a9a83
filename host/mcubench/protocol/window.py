"""How much of the vector stream may be on its way: the host's side of the receive window."""

from __future__ import annotations

from collections import deque

from mcubench.protocol.frames import data_wire_limit

__all__ = ["SendWindow", "piece_bytes"]


def piece_bytes(frame_bytes: int, window_bytes: int) -> int:
    """Return how many vector bytes to put into a DATA frame so that two fit the window: one travels, one is handled.

    If the window does not hold two frames of any size, as many as fit in one.
    """
    piece = frame_bytes
    while piece > 1 and 2 * data_wire_limit(piece) > window_bytes:
        piece -= 1
    return piece


class SendWindow:
    """Wire bytes of DATA frames that the board has not acknowledged."""

    def __init__(self, window_bytes: int) -> None:
        self._window_bytes = window_bytes
        self._frames: deque[tuple[int, int]] = deque()
        self._outstanding_bytes = 0

    def has_room_for(self, data_bytes: int) -> bool:
        """Tell whether a DATA frame with `data_bytes` may be sent. One frame alone always may."""
        return not self._frames or self._outstanding_bytes + data_wire_limit(data_bytes) <= self._window_bytes

    def sent(self, end_offset: int, wire_bytes: int) -> None:
        """Note a frame that ends at `end_offset` of the vector stream."""
        self._frames.append((end_offset, wire_bytes))
        self._outstanding_bytes += wire_bytes

    def acknowledged(self, expected_offset: int) -> None:
        """Note that the board has taken everything before `expected_offset`."""
        while self._frames and self._frames[0][0] <= expected_offset:
            self._outstanding_bytes -= self._frames.popleft()[1]

    def clear(self) -> None:
        """Note that nothing is on its way any more."""
        self._frames.clear()
        self._outstanding_bytes = 0
