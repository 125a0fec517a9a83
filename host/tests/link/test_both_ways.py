"""A board that takes nothing until somebody takes what it sends must not keep a host from writing."""

from __future__ import annotations

import os
import threading
import tty

from mcubench.deadline import Deadline
from mcubench.link import Link

MUCH = 100_000  # more than a pty holds


def test_what_comes_while_the_port_takes_nothing_is_kept() -> None:
    board, host = os.openpty()
    tty.setraw(host)
    sent, taken = os.urandom(MUCH), bytearray()

    def talk_then_listen() -> None:
        rest = sent
        while rest:
            rest = rest[os.write(board, rest) :]
        while len(taken) < MUCH:
            taken.extend(os.read(board, 65536))

    thread = threading.Thread(target=talk_then_listen, daemon=True)
    with Link(os.ttyname(host)) as link:
        thread.start()
        written = os.urandom(MUCH)
        link.write(written, Deadline.after(10.0))
        received = bytearray()
        while len(received) < MUCH:
            received += link.read(1000, Deadline.after(10.0))
        thread.join(10.0)
    os.close(board)
    os.close(host)
    assert bytes(received) == sent
    assert bytes(taken) == written
