"""A pty whose far end the test plays."""

from __future__ import annotations

import os
import tty

__all__ = ["Pty"]


class Pty:
    """`name` is what the host opens, `master` the descriptor of the far end."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.name = os.ttyname(self._slave)

    def unplug(self) -> None:
        for descriptor in (self.master, self._slave):
            os.close(descriptor)
        self.master = self._slave = -1
