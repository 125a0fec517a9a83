"""The user's command that takes the power from a board and gives it back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile

from mcubench.errors import RigError

__all__ = ["PowerSwitch"]

# A hub that switches its ports, a relay or a debug probe needs seconds.
SWITCH_TIMEOUT_S = 60.0


class PowerSwitch:
    """`command` is a line for the shell; $MCUBENCH_PORT is the board's port there, $MCUBENCH_BOARD its name."""

    def __init__(self, command: str) -> None:
        self._command = command

    def cycle(self, port: str, board: str) -> None:
        """Run the command; RigError with its last words if it fails, or takes longer than a minute."""
        environment = os.environ | {"MCUBENCH_PORT": port, "MCUBENCH_BOARD": board}
        # A file, because whatever the command leaves running would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                ["sh", "-c", self._command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait(SWITCH_TIMEOUT_S)
            except subprocess.TimeoutExpired as exc:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise RigError(f"'{self._command}' had not ended after {SWITCH_TIMEOUT_S:g} s") from exc
            if code != 0:
                output.seek(0)
                lines = output.read().decode(errors="replace").strip().splitlines()
                said = f"; it said: {lines[-1].strip()}" if lines else ""
                raise RigError(f"'{self._command}' ended with exit code {code}{said}")
