"""What ends a board program: signals, and the end of the process that started it."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable

from mcubench.errors import InputError

__all__ = ["StopSignals"]


class StopSignals:
    """SIGTERM, SIGINT and the end of the process that started us, as one question."""

    def __init__(self, parent_pid: int | None) -> None:
        self._signalled = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self._parent_gone = _watch_process(parent_pid) if parent_pid is not None else lambda: False

    def stopped(self) -> bool:
        """Tell whether it is time to end."""
        return self._signalled or self._parent_gone()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._signalled = True


def _watch_process(pid: int) -> Callable[[], bool]:
    """Return a function that tells whether the process has ended; a descriptor cannot be fooled by a reused number."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError as exc:
        raise InputError(f"--parent-pid {pid}: no such process ({exc.strerror})") from exc
    return lambda: bool(select.select([descriptor], [], [], 0)[0])
