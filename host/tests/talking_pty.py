"""A port on which somebody says the same again and again, whatever he is asked."""

from __future__ import annotations

import contextlib
import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["talking_pty"]


@contextmanager
def talking_pty(says: bytes) -> Iterator[str]:
    """Yield the path of a pty that says `says` fifty times a second; nothing if it is empty."""
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    done = threading.Event()

    def talk() -> None:
        while not done.wait(0.02):
            with contextlib.suppress(BlockingIOError):
                os.write(master, says)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield os.ttyname(slave)
    finally:
        done.set()
        thread.join()
        os.close(master)
        os.close(slave)
