"""Sessions that are ended from outside give their boards back: SIGTERM, and the death of who hands out the tests."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

__all__ = ["die_with_parent", "interrupt_on_sigterm"]

PR_SET_PDEATHSIG = 1  # linux/prctl.h
# Who started this process, as long as he lives: the plugin is loaded when it begins.
PARENT_ID = os.getppid()


def interrupt_on_sigterm(before: Callable[[], None] = lambda: None) -> None:
    """Let SIGTERM, by which CI systems end jobs, do what Ctrl-C does: boards are given back, the JUnit file is written.

    `before` is called first. Who has done something else about SIGTERM keeps that.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        del number, frame
        # Often it comes twice, to the process and to its group; the second must not interrupt what the first began.
        # Not SIG_IGN, which programs that are started meanwhile would inherit.
        signal.signal(signal.SIGTERM, lambda *_: None)
        before()
        raise KeyboardInterrupt

    is_ours = threading.current_thread() is threading.main_thread()
    if is_ours and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, interrupt)


def die_with_parent() -> None:
    """Ask the kernel for SIGTERM when the process that started this one dies, however it dies; on Linux only.

    pytest-xdist's own way takes a worker more than five seconds, and a new session meets boards that are in use.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != PARENT_ID:  # it died before the kernel knew
        os.kill(os.getpid(), signal.SIGTERM)
