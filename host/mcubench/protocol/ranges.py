"""A set of ranges of offsets."""

from __future__ import annotations

__all__ = ["Ranges"]


class Ranges:
    """Ranges that neither overlap nor touch, in order."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def __bool__(self) -> bool:
        return bool(self._ranges)

    @property
    def first(self) -> tuple[int, int]:
        """Start and stop of the first range."""
        return self._ranges[0]

    def add(self, start: int, stop: int) -> None:
        """Add a range; those that it overlaps or touches become one with it."""
        apart = []
        for each in self._ranges:
            if each[1] < start or each[0] > stop:
                apart.append(each)
            else:
                start, stop = min(start, each[0]), max(stop, each[1])
        self._ranges = sorted([*apart, (start, stop)])

    def drop_below(self, offset: int) -> None:
        """Take away all that lies below `offset`."""
        self._ranges = [(max(start, offset), stop) for start, stop in self._ranges if stop > offset]
