"""A board that is a program on this machine: started, asked for its pty, and always ended."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from types import TracebackType

from mcubench.deadline import Deadline
from mcubench.errors import InputError, RigError, UnreachableError

__all__ = ["ChildBoard"]

# The first start on a machine compiles the virtual board's native hook.
START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 2.0
# What `mcubench virtual` takes as a pulse on the chip's reset pin.
RESET_SIGNAL = signal.SIGUSR1
# By convention of this package's own command line.
EXIT_BAD_INPUT = 2


class ChildBoard:
    """A running board program whose first line of output is `pty <path> [key=value ...]`.

    `port` is the path, `words` what follows; what the program writes to stderr is kept for error messages.
    `has_reset_pin`: it takes RESET_SIGNAL as a pulse on the board's reset pin.
    """

    def __init__(self, name: str, command: Sequence[str], has_reset_pin: bool = False) -> None:
        """Start `command`; raise UnreachableError if there is no such program.

        InputError if it refuses its arguments, RigError if it fails or says nothing.
        """
        self.name = name
        self._has_reset_pin = has_reset_pin
        if shutil.which(command[0]) is None:
            raise UnreachableError(f"board {name}: there is no program '{command[0]}' that could be started")
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            _tied_to_us(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            # Ctrl-C in the terminal is for the host, which ends its boards itself.
            start_new_session=True,
        )
        try:
            self.port, self.words = self._read_port()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return self._process.poll() is None

    def await_end(self, timeout_s: float) -> None:
        """Wait for the program's end, if it comes within so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)

    def pulse_reset(self) -> bool:
        """Pull the board's reset pin for a moment; return False if it has none."""
        if not self._has_reset_pin or not self.running:
            return False
        self._process.send_signal(RESET_SIGNAL)
        return True

    def last_words(self) -> str:
        """Return the last line that the program wrote to stderr; empty if there is none."""
        if self._stderr.closed:
            return ""
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        # The prefix is this package's own, where the program is `mcubench virtual`.
        return lines[-1].strip().removeprefix("mcubench: ") if lines else ""

    def kill(self) -> None:
        """End the program and its own children at once; its port then goes away for whoever uses it."""
        if self.running:  # not a number that is somebody else's by now
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session, so its children are in its group
        self._process.wait()

    def close(self) -> None:
        """End the program, if it still runs."""
        self._process.terminate()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._stderr.close()

    def __enter__(self) -> ChildBoard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def timing_model(self) -> str | None:
        """The version of the cycle costs of a virtual board, if it says so."""
        return self.words.get("timing_model")

    def _read_port(self) -> tuple[str, dict[str, str]]:
        words = self._read_line(Deadline.after(START_TIMEOUT_S)).split()
        if len(words) >= 2 and words[0] == "pty":
            return words[1], dict(word.split("=", 1) for word in words[2:] if "=" in word)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_TIMEOUT_S)
        last_words = self.last_words()
        if self._process.returncode == EXIT_BAD_INPUT:
            raise InputError(f"board {self.name}: {last_words}")
        seen = f"it ended with exit code {self._process.returncode}" if self._process.returncode is not None else "no"
        raise RigError(
            f"board {self.name}: expected 'pty <path>' within {START_TIMEOUT_S:g} s, {seen}"
            f"{'; it said: ' + last_words if last_words else ''}"
        )

    def _read_line(self, deadline: Deadline) -> str:
        """Return the first line of the program's output, or what there is of it at the end or at `deadline`."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        line = b""
        while b"\n" not in line and select.select([descriptor], [], [], deadline.left_s)[0]:
            chunk = os.read(descriptor, 4096)
            if not chunk:
                break
            line += chunk
        return line.decode(errors="replace").partition("\n")[0].strip()


# What the program is started by: it ends at once if the host had died before the kernel knew of the tie.
TIE_CHECK = '[ "$PPID" = "$1" ] || exit 1; shift; exec "$@"'


def _tied_to_us(command: Sequence[str]) -> list[str]:
    """Let the kernel end the program when this process dies, however it dies (Linux: PR_SET_PDEATHSIG).

    setpriv (util-linux) does it without code between fork and exec, which must not run in a program with threads.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(command)
    return [setpriv, "--pdeathsig", "KILL", "sh", "-c", TIE_CHECK, "sh", str(os.getpid()), *command]
