"""Running a program that resets a board or switches its power, with a deadline and its last words."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcubench.errors import RigError

__all__ = ["find_program", "run_program"]

# A hub that switches its ports, a relay or a debug probe needs seconds.
PROGRAM_TIMEOUT_S = 60.0
# Some end with a hint to their help, after the line that says what is wrong.
LAST_LINES = 2


def find_program(name: str, *folders: Path) -> str:
    """Return the path of a program: the one on the path, else the one in a folder that need not be there."""
    found = shutil.which(name) or next(filter(None, (shutil.which(name, path=str(each)) for each in folders)), None)
    return found or name


def run_program(command: Sequence[str], name: str, how_to_get: str, environment: Mapping[str, str] = {}) -> None:
    """Run `command`, called `name` in messages, with this added to the environment.

    RigError with its last words if it fails or takes longer than a minute; with `how_to_get` if there is none.
    """
    # A file, because whatever the command leaves running would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                env=os.environ | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as exc:
            raise RigError(f"'{command[0]}' cannot be started ({exc.strerror}); {how_to_get}") from exc
        try:
            code = process.wait(PROGRAM_TIMEOUT_S)
        except subprocess.TimeoutExpired as exc:
            raise RigError(f"'{name}' had not ended after {PROGRAM_TIMEOUT_S:g} s") from exc
        finally:
            if process.returncode is None:  # too late, or we are to end ourselves
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if code != 0:
            output.seek(0)
            lines = output.read().decode(errors="replace").split("\n")
            said = "; ".join([line.strip() for line in lines if line.strip()][-LAST_LINES:])
            said = f"; it said: {said}" if said else ""
            raise RigError(f"'{name}' ended with exit code {code}{said}")
