"""Doing something in a forked process first, because it may crash."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

__all__ = ["Rehearsal", "rehearse"]

TIMEOUT_S = 60
STDOUT, STDERR = 1, 2


@dataclass(frozen=True)
class Rehearsal:
    """Whether it went well, and what was printed meanwhile."""

    good: bool
    output: str


def rehearse(action: Callable[[], None]) -> Rehearsal:
    """Do `action` in a copy of this process, which may crash, print or hang as it likes."""
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if child == 0:
            _perform(action, output.fileno())
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return Rehearsal(status == 0, output.read().decode(errors="replace"))


def _perform(action: Callable[[], None], output: int) -> NoReturn:
    """End the process with what became of `action`, without running anything that belongs to its parent."""
    status = 1
    try:
        os.dup2(output, STDOUT)
        os.dup2(output, STDERR)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(TIMEOUT_S)
        action()
        status = 0
    except Exception as exc:
        os.write(STDERR, f"{exc}\n".encode())
    finally:
        os._exit(status)
