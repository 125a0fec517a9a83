"""A few vectors as often as it takes to make many."""

from __future__ import annotations

__all__ = ["RepeatedVectors"]


class RepeatedVectors:
    """A VectorSource of `count` vectors: those of `inputs`, from the first one on again after the last."""

    def __init__(self, inputs: bytes, input_bytes: int, count: int) -> None:
        # Twice, so that a piece that goes over the end is one slice.
        self._twice = inputs * 2
        self._period = len(inputs)
        self.size_bytes = count * input_bytes

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from offset `start` up to `stop`."""
        first, size = start % self._period, stop - start
        if first + size <= len(self._twice):
            return self._twice[first : first + size]
        repeats = -(-(first + size) // self._period)
        return (self._twice[: self._period] * repeats)[first : first + size]
