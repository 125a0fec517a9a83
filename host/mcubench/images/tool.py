"""Running tools: with a deadline, their output kept in a file, and one build of a kind at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mcubench.deadline import Deadline
from mcubench.errors import InputError, RigError

__all__ = ["ToolTimeoutError", "held", "run_tool"]

POLL_S = 0.1
# What ends a tool at its deadline where we were killed before it: later than we would have.
GRACE_S = 2.0


class ToolTimeoutError(RigError):
    """A tool had not ended at its deadline, and was ended with all that it had started."""


@contextmanager
def held(path: Path, deadline: Deadline) -> Iterator[int]:
    """Hold the lock file at `path`, which only one process has; yield its descriptor. RigError at the deadline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        while not _taken(lock.fileno()):
            if deadline.expired:
                raise RigError(f"{path}: another build has held this lock for {deadline.timeout_s:.0f} s; end it")
            time.sleep(POLL_S)
        yield lock.fileno()


def run_tool(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    deadline: Deadline,
    lock: int | None = None,
) -> int:
    """Run `command` in `folder` and return its exit code; what it prints is added to `log`.

    It keeps the lock for as long as it runs, also if we are killed meanwhile, and the deadline holds then too: what
    was begun, such as an upload, comes to its end or is ended. Raises InputError if there is no such program,
    ToolTimeoutError at the deadline.
    """
    if shutil.which(command[0]) is None:
        raise InputError(f"'{command[0]}' does not run (there is no such program); run 'make setup'")
    with log.open("a", encoding="utf-8") as output:
        try:
            process = subprocess.Popen(
                [*_guard(deadline.left_s), *command],
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=() if lock is None else (lock,),
                start_new_session=True,  # a group of its own, which can be ended as a whole
            )
        except OSError as exc:
            raise InputError(f"'{command[0]}' does not run ({exc.strerror}); run 'make setup'") from exc
        try:
            return process.wait(deadline.left_s)
        except subprocess.TimeoutExpired:
            raise ToolTimeoutError(
                f"'{command[0]}' took more than {deadline.timeout_s:g} s and was ended; see {log}"
            ) from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _guard(left_s: float) -> list[str]:
    """Return what the tool is started by: coreutils' timeout, where there is one."""
    timeout = shutil.which("timeout")
    return [timeout, "--signal=KILL", f"{left_s + GRACE_S:.1f}"] if timeout else []


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
