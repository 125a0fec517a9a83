"""Visiting many boards at the same time, in a way that Ctrl-C ends at once with every lock given back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TypeVar

from mcubench.deadline import Deadline
from mcubench.errors import LinkError
from mcubench.link import Link

__all__ = ["OpenLinks", "visit_all"]

MOST_AT_ONCE = 32
# How long those may take that are asking when all is ended: they wait for an answer for a fraction of that.
LEAVE_S = 2.0

Item = TypeVar("Item")
Result = TypeVar("Result")


class OpenLinks:
    """The links that are open in several threads, so that another one can end all that is done with them."""

    def __init__(self) -> None:
        self.ended = False
        self._links: set[Link] = set()
        self._lock = threading.Lock()

    @contextmanager
    def having(self, link: Link) -> Iterator[None]:
        """Let `link` be closed by `end`; LinkError if that was called already."""
        with self._lock:
            if self.ended:
                raise LinkError(link.name, "interrupted")
            self._links.add(link)
        try:
            yield
        finally:
            with self._lock:
                self._links.discard(link)

    def end(self) -> None:
        """Close all links: who uses one gets a LinkError within the time that he waits for an answer."""
        with self._lock:
            self.ended = True
            for link in self._links:
                link.close()


def visit_all(items: Sequence[Item], visit: Callable[[Item, OpenLinks], Result]) -> list[Result]:
    """Return what `visit` does for each item, many at the same time, in their order.

    An exception in this thread, such as Ctrl-C, ends all visits, whose links are to be kept in the OpenLinks. Their
    threads are daemons: one that does not end keeps nobody waiting.
    """
    links = OpenLinks()
    todo: SimpleQueue[tuple[Item, Future[Result]]] = SimpleQueue()
    futures: list[Future[Result]] = [Future() for _ in items]
    for each in zip(items, futures, strict=True):
        todo.put(each)

    def work() -> None:
        while not links.ended:
            try:
                item, future = todo.get_nowait()
            except Empty:
                return
            try:
                future.set_result(visit(item, links))
            except BaseException as exc:  # it is raised where the result is asked for
                future.set_exception(exc)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(MOST_AT_ONCE, len(items)))]
    try:
        for thread in threads:
            thread.start()
        return [future.result() for future in futures]
    except BaseException:
        links.end()
        deadline = Deadline.after(LEAVE_S)
        for thread in threads:
            if thread.ident is not None:
                thread.join(deadline.left_s)
        raise
