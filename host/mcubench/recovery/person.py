"""A person at the terminal who takes the power from a board and gives it back."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import threading
from collections.abc import Iterator

from mcubench.deadline import Deadline
from mcubench.errors import RigError
from mcubench.recovery.rung import Rung

__all__ = ["Person"]

# Who is there has done it by then; whoever is not does not keep the other boards waiting all night.
PERSON_TIMEOUT_S = 120.0
TERMINAL = "/dev/tty"

# One question at a time: boards are lost in several threads.
_asking = threading.Lock()


class Person:
    """Whoever sits at the terminal that this program was started in. `name` is what the rig file calls the board."""

    rung = Rung.BY_HAND

    def __init__(self, name: str) -> None:
        self._name = name

    def reset(self, port: str, board: str) -> None:
        """Ask, and wait for Enter; RigError if there is no terminal, or nobody presses it in time."""
        deadline = Deadline.after(PERSON_TIMEOUT_S)
        # That of the process, not stdin or stdout: these may be files while somebody sits there.
        with _terminal() as terminal:
            if not _asking.acquire(timeout=deadline.left_s):
                raise RigError("another board's power cycle has been asked for all the time")
            try:
                self._ask(terminal, port, board, deadline)
            finally:
                _asking.release()

    def _ask(self, terminal: int, port: str, board: str, deadline: Deadline) -> None:
        kind = f"{board} " if board else ""
        question = (
            f"mcubench: {self._name} ({kind}at {port}) does not answer. Take its power away and give it back, then"
            f" press Enter, within {deadline.left_s:.0f} s"
        )
        termios.tcflush(terminal, termios.TCIFLUSH)  # Enter pressed before is no answer
        if sys.stderr.isatty():  # where a progress display makes room for it
            print(question, file=sys.stderr, flush=True)
        else:
            os.write(terminal, f"{question}\n".encode())
        if not select.select([terminal], [], [], deadline.left_s)[0]:
            raise RigError(f"nobody pressed Enter within {PERSON_TIMEOUT_S:g} s")
        if not os.read(terminal, 4096):
            raise RigError("the terminal was closed before anybody pressed Enter")


@contextlib.contextmanager
def _terminal() -> Iterator[int]:
    try:
        terminal = os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as exc:
        raise RigError("nobody can be asked: this program was not started in a terminal") from exc
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            # Reading would stop this process until somebody brings it to the foreground.
            raise RigError("nobody can be asked: this program runs in the background of its terminal")
        yield terminal
    except (OSError, termios.error) as exc:
        raise RigError(f"the terminal went away ({exc})") from exc
    finally:
        os.close(terminal)
