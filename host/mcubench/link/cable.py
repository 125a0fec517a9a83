"""A link that misbehaves on purpose in front of one that does not."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link.faults import LineFault
from mcubench.link.link import NO_SUCH_PORT, Link
from mcubench.link.oneway import OneWay

__all__ = ["FaultyCable"]


class FaultyCable:
    """A cable with faults. It outlives the links over it: its bytes are counted on when the port is opened again."""

    def __init__(self, faults: Sequence[LineFault]) -> None:
        self.to_board = OneWay(faults, "board")
        self.to_host = OneWay(faults, "host")
        self.timed_pulls = [fault for fault in faults if fault.values.get("every_s")]
        self._back_at_s = -math.inf

    def open(self, port: str, open_link: Callable[[], Link]) -> Link:
        """Return a link over this cable to what `open_link` opens; LinkError that names `port` while it is pulled."""
        if time.monotonic() < self._back_at_s:
            raise LinkError(port, NO_SUCH_PORT)
        return _FaultyLink(open_link(), self)

    def pull(self, fault: LineFault) -> None:
        """Pull the cable for as long as `fault` says; what was on it is lost."""
        self._back_at_s = time.monotonic() + (fault.values["away_s"] or 0.0)
        self.to_board.pulled()
        self.to_host.pulled()


class _FaultyLink(Link):
    """Another link with a faulty cable in between; the transcript shows the board's end of it."""

    def __init__(self, inner: Link, cable: FaultyCable) -> None:
        self.name = inner.name
        self.transcript = inner.transcript
        self.has_rate = inner.has_rate
        self._inner = inner
        self._cable = cable
        self._coming: Iterator[bytes | LineFault] = iter(())
        self._arrived = bytearray()
        self._host_stalled_until_s = self._board_stalled_until_s = -math.inf
        self._pulled = False
        pulls = [(time.monotonic() + (fault.values["every_s"] or 0.0), fault) for fault in cable.timed_pulls]
        self._next_pull = min(pulls, key=lambda pull: pull[0], default=None)

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Return what has come over the cable, as Link does."""
        looked = False
        while not self._arrived:
            if not self._wait_until(self._host_stalled_until_s, deadline):
                return b""
            piece = next(self._coming, None)
            if isinstance(piece, bytes):
                self._arrived += piece
            elif piece is not None:
                self._host_stalled_until_s = self._suffer(piece)
            elif looked and deadline.expired:
                return b""
            else:
                wait = Deadline(deadline.timeout_s, min(deadline.at_s, self._pull_at_s))
                self._coming = self._cable.to_host.feed(self._inner.read(max_bytes, wait))
                looked = True
        data = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Put `data` into the cable, as Link does; a stall makes the port take no more."""
        pieces = self._cable.to_board.feed(data)
        while True:
            if not self._wait_until(self._board_stalled_until_s, deadline):
                doing = f"writing {len(data)} bytes"
                raise DeadlineError(self.name, doing, deadline.timeout_s, "the port takes no more")
            piece = next(pieces, None)
            if piece is None:
                return
            if isinstance(piece, bytes):
                self._inner.write(piece, deadline)
            else:
                self._board_stalled_until_s = self._suffer(piece)

    @property
    def baud(self) -> int:
        return self._inner.baud

    def set_baud(self, baud: int) -> None:
        self._inner.set_baud(baud)

    def pulse_reset(self) -> bool:
        """Do it as Link does; nothing gets there behind a pulled cable."""
        if self._pulled:
            raise self._gone()
        return self._inner.pulse_reset()

    def close(self) -> None:
        self._inner.close()

    @property
    def _pull_at_s(self) -> float:
        return self._next_pull[0] if self._next_pull else math.inf

    def _suffer(self, fault: LineFault) -> float:
        """Pull the cable, or return until when (on the monotonic clock) nothing passes."""
        if fault.name == "disconnect":
            self._pull(fault)
        return time.monotonic() + (fault.values["for_s"] or 0.0)

    def _wait_until(self, at_s: float, deadline: Deadline) -> bool:
        """Wait for the end of a stall; return False if `deadline` comes first. The cable may be pulled meanwhile."""
        while True:
            now_s = time.monotonic()
            if self._pulled:
                raise self._gone()
            if self._next_pull and now_s >= self._pull_at_s:
                self._pull(self._next_pull[1])
            if now_s >= at_s:
                return True
            if now_s >= deadline.at_s:
                return False
            time.sleep(min(at_s, deadline.at_s, self._pull_at_s) - now_s)

    def _pull(self, fault: LineFault) -> NoReturn:
        self._pulled = True
        self._arrived.clear()
        self._cable.pull(fault)
        self._inner.close()
        raise self._gone()
