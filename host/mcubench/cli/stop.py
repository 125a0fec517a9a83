"""What ends a command: signals, and the end of the process that started it."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable

from mcubench.errors import InputError

__all__ = ["StopSignals", "interrupt_on_signals"]


def interrupt_on_signals() -> list[signal.Signals]:
    """Let SIGTERM and SIGHUP do what Ctrl-C does, and return a list that the ones which came are added to.

    CI systems end their jobs so, and closed terminals: locks and places are then given back, programs ended. A signal
    that is ignored, as by nohup, stays so.
    """
    came: list[signal.Signals] = []

    def on_signal(number: int, _frame: object) -> None:
        came.append(signal.Signals(number))
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, on_signal)
    return came


class StopSignals:
    """SIGTERM, SIGINT and the end of the process that started us, as one question."""

    def __init__(self, parent_pid: int | None) -> None:
        self._signalled = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup means it
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
