"""Points that one board has to itself, or that several equal ones share: each is handed to whoever is free."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable

from mcubench.measure.plan import Point

__all__ = ["PointPool"]

# A point at which so many boards were lost is not handed to another one: it may be the point that they do not survive.
MOST_BOARDS_LOST = 2


class PointPool:
    """Points still to be measured, for workers of any thread.

    Who takes a point either tells that it is `done`, or gives it back because its board is lost. If several boards
    share the pool (`is_shared`), one that finds nothing to take waits until no other can give anything back.
    """

    def __init__(self, points: Iterable[Point] = (), is_shared: bool = False) -> None:
        self._waiting = deque(points)
        self._is_shared = is_shared
        self._under_way = 0
        self._lost_at: Counter[int] = Counter()  # by the identity of the point
        self._changed = threading.Condition()

    def __len__(self) -> int:
        """Return how many points wait to be taken."""
        return len(self._waiting)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do, and nothing can come back."""
        with self._changed:
            return not self._waiting and not self._under_way

    def take(self) -> Point | None:
        """Return the next point, or None if there is none any more.

        Waiting ends when those under way are done or given back, and these have deadlines of their own.
        """
        with self._changed:
            while self._is_shared and not self._waiting and self._under_way:
                self._changed.wait()
            if not self._waiting:
                return None
            self._under_way += 1
            return self._waiting.popleft()

    def done(self) -> None:
        """Tell that a point which was taken is measured."""
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def give_back(self, point: Point) -> None:
        """Let another board measure a point, unless boards are lost at it again and again."""
        with self._changed:
            self._under_way -= 1
            self._lost_at[id(point)] += 1
            if self._is_shared and self._lost_at[id(point)] < MOST_BOARDS_LOST:
                self._waiting.appendleft(point)
            self._changed.notify_all()

    def close(self) -> None:
        """Hand out no more points."""
        with self._changed:
            self._waiting.clear()
            self._is_shared = False
            self._changed.notify_all()
