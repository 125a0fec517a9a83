"""Many boards in one process and one thread, each behind its own port, at almost no cost while nothing moves."""

from __future__ import annotations

import heapq
import select
import time
from collections.abc import Callable, Sequence

from mcubench.serve.paced import PacedBoard

__all__ = ["run_shelf"]

# So late is a stop noticed.
_LONGEST_WAIT_S = 0.25


def run_shelf(boards: Sequence[PacedBoard], stopped: Callable[[], bool]) -> None:
    """Serve all boards until `stopped`."""
    with select.epoll() as poller:
        for board in boards:
            # Edges, because a port that nobody has open says so all the time.
            poller.register(board.outside.fileno(), select.EPOLLIN | select.EPOLLET)
        _Shelf(boards, poller).run(stopped)


class _Shelf:
    def __init__(self, boards: Sequence[PacedBoard], poller: select.epoll) -> None:
        self._boards = boards
        self._poller = poller
        self._by_file = {board.outside.fileno(): index for index, board in enumerate(boards)}
        self._next_s: list[float | None] = [None] * len(boards)
        self._agenda: list[tuple[float, int]] = []  # with entries that hold no more; `_next_s` tells which do

    def run(self, stopped: Callable[[], bool]) -> None:
        for index in range(len(self._boards)):
            self._serve(index)
        while not stopped():
            # Because epoll counts in milliseconds, which is the time of a hundred bytes.
            select.select([self._poller.fileno()], [], [], self._wait_s())
            for index in [*(self._by_file[file] for file, _ in self._poller.poll(0)), *self._take_due()]:
                self._serve(index)

    def _wait_s(self) -> float:
        if not self._agenda:
            return _LONGEST_WAIT_S
        return min(max(0.0, self._agenda[0][0] - time.monotonic()), _LONGEST_WAIT_S)

    def _take_due(self) -> list[int]:
        due = []
        now_s = time.monotonic()
        while self._agenda and self._agenda[0][0] <= now_s:
            at_s, index = heapq.heappop(self._agenda)
            if self._next_s[index] == at_s:
                due.append(index)
        return due

    def _serve(self, index: int) -> None:
        next_s = self._boards[index].serve(time.monotonic())
        if next_s is not None and next_s != self._next_s[index]:
            heapq.heappush(self._agenda, (next_s, index))
        self._next_s[index] = next_s
