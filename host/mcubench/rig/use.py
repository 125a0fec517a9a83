"""Using a board of a rig: nobody else has it meanwhile, and it is not known to be broken."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from mcubench.boards import BoardAddress
from mcubench.deadline import Deadline
from mcubench.errors import BlockedError, RigError, UnreachableError
from mcubench.probe import Probe
from mcubench.recovery import ResetDriver, Rung
from mcubench.rig.address import address_of, is_labgrid, probe_socket
from mcubench.rig.attachment import Attachment
from mcubench.rig.drivers import drivers_of
from mcubench.rig.entry import RigBoard
from mcubench.rig.latch import latched
from mcubench.rig.lock import hold

__all__ = ["use"]

log = logging.getLogger(__name__)

# A USB device is there again a second or two after its power.
PORT_TIMEOUT_S = 10.0
PORT_INTERVAL_S = 0.1


@contextmanager
def use(board: RigBoard, reason: str, even_latched: bool = False, may_switch: bool = True) -> Iterator[Attachment]:
    """Have a board alone, ready to be opened; everything is given back at the end.

    `reason` is what others read who want it too. Raises LockedError if somebody else has it, BlockedError if it was
    latched broken, RigError if its port is not there and its power does not bring it back: it was there once.
    With `even_latched` a latched board is used too. Only if it `may_switch`, power is switched where a port is absent.
    """
    with ExitStack() as stack:
        stack.enter_context(hold(board, reason))
        broken = latched(board)
        if broken and not even_latched:
            raise BlockedError(board.name, f"{broken.why} (since {broken.since})")
        try:
            attachment = _attach(board, stack, may_switch)
        except UnreachableError as exc:
            raise RigError(str(exc)) from exc
        yield attachment


def _attach(board: RigBoard, stack: ExitStack, may_switch: bool) -> Attachment:
    if is_labgrid(board):
        from mcubench.rig.labgrid import acquired  # labgrid is for those who have it

        return Attachment(board, *stack.enter_context(acquired(board)))
    drivers = drivers_of(board)
    try:
        address = address_of(board)
    except UnreachableError as exc:
        if not may_switch:
            raise
        address = _switch_on(board, drivers, exc)
    return Attachment(board, replace(address, timing_model=_timing_model(board)), drivers)


def _timing_model(board: RigBoard) -> str | None:
    """Return what the probe of a virtual board says of its cycle costs; nothing if it does not answer."""
    socket = probe_socket(board)
    with contextlib.suppress(RigError):
        return Probe(socket).status().timing_model if socket else None
    return None


def _switch_on(board: RigBoard, drivers: Sequence[ResetDriver], error: UnreachableError) -> BoardAddress:
    """Return where a board is whose port came back with its power."""
    tried = []
    for driver in drivers:
        if driver.rung in (Rung.POWER_CYCLE, Rung.BY_HAND):
            log.info("%s; trying: %s", error, driver.rung)
            try:
                driver.reset(board.serial or "", board.board)
                return _await_port(board)
            except (RigError, UnreachableError) as exc:
                tried.append(f"{driver.rung} ({str(exc).removeprefix(f'{board.name}: ')})")
    raise UnreachableError(f"{error}{'; tried in vain: ' if tried else ''}{', '.join(tried)}") from error


def _await_port(board: RigBoard) -> BoardAddress:
    deadline = Deadline.after(PORT_TIMEOUT_S)
    while True:
        try:
            return address_of(board)
        except UnreachableError as exc:
            if deadline.expired:
                raise RigError(f"the port was not there within {PORT_TIMEOUT_S:g} s") from exc
        time.sleep(PORT_INTERVAL_S)
