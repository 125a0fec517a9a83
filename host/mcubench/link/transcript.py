"""The last bytes that went over a link, with times, for the report of what went wrong."""

from __future__ import annotations

import time
from collections import deque

__all__ = ["Transcript"]

# Enough to see the last few commands and answers; a flood of frames must not fill the memory of a long sweep.
KEPT_CHUNKS = 40
SHOWN_BYTES = 96


class Transcript:
    """Keep the last chunks sent (`>`) and received (`<`), each with seconds since the first of all."""

    def __init__(self) -> None:
        self._start_s = time.monotonic()
        self._chunks: deque[tuple[float, str, bytes]] = deque(maxlen=KEPT_CHUNKS)

    def add(self, direction: str, data: bytes) -> None:
        """Note `data`, sent if `direction` is `>`, received if it is `<`."""
        self._chunks.append((time.monotonic() - self._start_s, direction, data))

    def __str__(self) -> str:
        return "\n".join(
            f"{at_s:10.6f} {direction} {len(data):5d} bytes {_shown(data)}" for at_s, direction, data in self._chunks
        )


def _shown(data: bytes) -> str:
    return repr(data[:SHOWN_BYTES])[1:] + ("..." if len(data) > SHOWN_BYTES else "")
