"""What a board keeps of vectors that came before the bytes in front of them: docs/protocol.md, section 3."""

from __future__ import annotations

__all__ = ["GRAIN_BYTES", "HOLD_BYTES", "Hold"]

# As in the firmware.
HOLD_BYTES = 8192
GRAIN_BYTES = 64


class Hold:
    """Whole grains of the vector stream, each at most once."""

    def __init__(self) -> None:
        self._grains: dict[int, bytes] = {}

    def clear(self) -> None:
        """Forget all."""
        self._grains.clear()

    def put(self, expected: int, offset: int, data: bytes) -> None:
        """Keep the whole grains in `data`, which lies at `offset`, that are near enough to `expected`."""
        first = expected // GRAIN_BYTES
        start = -(-offset // GRAIN_BYTES)
        stop = min((offset + len(data)) // GRAIN_BYTES, first + HOLD_BYTES // GRAIN_BYTES)
        for grain in range(start, stop):
            at = grain * GRAIN_BYTES - offset
            self._grains[grain] = data[at : at + GRAIN_BYTES]

    def advance(self, expected: int) -> None:
        """Forget the grains that lie below `expected`."""
        for grain in [each for each in self._grains if each < expected // GRAIN_BYTES]:
            del self._grains[grain]

    def at(self, expected: int) -> bytes:
        """Return what is held at `expected`, to the end of its grain."""
        grain, passed = divmod(expected, GRAIN_BYTES)
        return self._grains.get(grain, b"")[passed:]

    def map(self, expected: int) -> bytes:
        """Return the hold map of an ACK."""
        first = expected // GRAIN_BYTES
        bits = sum(1 << (grain - first) for grain in self._grains)
        return bits.to_bytes(HOLD_BYTES // GRAIN_BYTES // 8, "little").rstrip(b"\0")
