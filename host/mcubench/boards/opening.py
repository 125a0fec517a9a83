"""Opening what an address names, and opening it again: under another name, or as a new process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mcubench.boards.child import ChildBoard
from mcubench.boards.resolve import BoardAddress
from mcubench.errors import LinkError, RigError
from mcubench.link import (
    DEFAULT_BAUD,
    FaultyCable,
    Link,
    PortPlace,
    Transcript,
    attached_ports,
    find_port,
    remember_port,
)
from mcubench.link.link import NO_SUCH_PORT

__all__ = ["OpenBoard", "open_board"]

Wrap = Callable[[Link], Link]


class OpenBoard:
    """An open link, and the program behind it if the board is one; the cable in between stays the same for good.

    `baud` is the rate that the board boots with. `wrap` is done to every link before the cable.
    """

    def __init__(self, address: BoardAddress, baud: int, transcript: Transcript | None, wrap: Wrap) -> None:
        self.address = address
        self._baud = address.baud or baud
        self._transcript = transcript
        self._wrap = wrap
        self._cable = FaultyCable(address.line_faults)
        self._ended = False
        self.child = self._start() if address.command else None
        try:
            self._place = self._find_place()
            self.link = self._open()
        except BaseException:
            self._end_child()
            raise
        self.is_open = True

    @property
    def ended(self) -> bool:
        """Whether somebody wants an end of it: nothing is to be opened or started any more."""
        return self._ended

    @property
    def timing_model(self) -> str | None:
        """The version of the cycle costs of a virtual board, None of any other."""
        return self.child.timing_model if self.child else self.address.timing_model

    @property
    def has_died(self) -> bool:
        """Whether the board is a program that has ended."""
        return self.child is not None and not self.child.running

    def let_go(self) -> None:
        """Close the link: what is behind it is not known to be the board, and nothing may be written to it."""
        self.is_open = False
        self.link.close()

    def reopen(self) -> Link:
        """Close the link if it is open, and open it again at the first rate; LinkError if the port is not there."""
        self.let_go()
        self.link = self._open()
        self.is_open = True
        return self.link

    def restart(self) -> Link:
        """End the program that is the board, start it anew, and open the link to it."""
        self.let_go()
        if self.child:
            self.child.kill()  # it may be one that does not end when asked
        self._end_child()
        self.child = self._start()
        if self._ended:  # meanwhile, by another thread
            self.child.kill()
        self._place = self._find_place()
        self.link = self._open()
        self.is_open = True
        return self.link

    def pulse_reset(self) -> bool:
        """Pull the board's reset line for a moment; return False if it has none that we reach."""
        return self.child.pulse_reset() if self.child else self.link.pulse_reset()

    def end(self) -> None:
        """End a board that is a program at once, for good, whoever waits for it; does nothing to a real one."""
        self._ended = True
        if self.child:
            self.child.kill()

    def close(self) -> None:
        """Close the link, and end the program."""
        self.link.close()
        self._end_child()

    def _start(self) -> ChildBoard:
        assert self.address.command is not None
        return ChildBoard(self.address.name, self.address.command, self.address.has_reset_pin)

    def _end_child(self) -> None:
        if self.child:
            self.child.close()

    def _find_place(self) -> PortPlace:
        if self.child:
            return remember_port(self.child.port, ())
        assert self.address.port is not None
        return remember_port(self.address.port, attached_ports())

    def _open(self) -> Link:
        if self._ended:
            raise RigError(f"{self.address.name}: it was ended")
        port = find_port(self._place, attached_ports() if self._place.device else ())
        if port is None:
            raise LinkError(self._place.name, NO_SUCH_PORT)

        def open_plain() -> Link:
            return self._wrap(Link(port, self._baud, self._transcript))

        return self._cable.open(port, open_plain) if self.address.line_faults else open_plain()


def _as_it_is(link: Link) -> Link:
    return link


@contextmanager
def open_board(
    address: BoardAddress, baud: int = DEFAULT_BAUD, transcript: Transcript | None = None, wrap: Wrap = _as_it_is
) -> Iterator[OpenBoard]:
    """Open the link to a board; start the board before, and end it after, if it is a program."""
    opened = OpenBoard(address, baud, transcript, wrap)
    try:
        yield opened
    finally:
        opened.close()
