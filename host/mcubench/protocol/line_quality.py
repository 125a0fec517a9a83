"""How often a line loses frames, and how large frames on it should therefore be."""

from __future__ import annotations

import math

__all__ = ["LineQuality"]

# How many wire bytes back the line is remembered: enough to know a bad line, and to forget a bad moment soon.
MEMORY_BYTES = 65536
# What a DATA frame costs on the wire besides its vector bytes.
OVERHEAD_BYTES = 20
# With more damage than this the estimate says nothing any more.
MOST_LOST_SHARE = 0.9
# A line of which less was seen than this share of the memory may be bad.
KNOWN_SHARE = 0.6
# Fewer lost frames than this, the older ones counted less, are forgotten.
FEWEST_LOST = 0.05


class LineQuality:
    """Tell it what became of DATA frames."""

    def __init__(self) -> None:
        self._frames = 0.0
        self._wire_bytes = 0.0
        self._lost = 0.0

    def note(self, wire_bytes: int, lost: bool) -> None:
        """Note that a frame of so many bytes came through, or was lost."""
        faded = math.exp(-wire_bytes / MEMORY_BYTES)
        self._frames = self._frames * faded + 1
        self._wire_bytes = self._wire_bytes * faded + wire_bytes
        self._lost = self._lost * faded + lost

    @property
    def is_known(self) -> bool:
        """Whether enough was seen of the line to say how good it is."""
        return self._wire_bytes > KNOWN_SHARE * MEMORY_BYTES

    @property
    def fault_rate(self) -> float:
        """Faults per byte on the wire; a frame is lost by one or more of them."""
        if self._lost < FEWEST_LOST:
            return 0.0
        share = min(self._lost / self._frames, MOST_LOST_SHARE)
        return -math.log(1 - share) * self._frames / self._wire_bytes

    def best_piece(self, largest: int, grain_bytes: int) -> int:
        """Return how many vector bytes in a frame bring most of them over per byte sent: whole grains, up to `largest`.

        A frame of s vector bytes and h others survives faults of rate p with probability exp(-p(s + h)); the share of
        the wire that is then vector bytes, s / (s + h) * exp(-p(s + h)), is largest where s(s + h) = h / p.
        """
        if not (rate := self.fault_rate):
            return largest
        best = (math.sqrt(OVERHEAD_BYTES**2 + 4 * OVERHEAD_BYTES / rate) - OVERHEAD_BYTES) / 2
        return min(largest, max(1, round(best / grain_bytes)) * grain_bytes)
