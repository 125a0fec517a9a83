"""The host of firmware/tests/lockstep: hex digits in commands that are each waited for, as the standard runner does it.

31 bytes to a command, as in benchmark/runner/device_under_test.py of github.com/mlcommons/tiny. That runner reads its
port byte by byte in a thread; this one takes what has come at once: ways of talking are compared, and not Python.
"""

from __future__ import annotations

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, ProtocolError
from mcubench.link import Link

__all__ = ["LockStepBoard"]

READY = b"m-ready\r\n"
BYTES_PER_COMMAND = 31
COMMAND_TIMEOUT_S = 30.0
CHUNK_BYTES = 65536


class LockStepBoard:
    """Commands to a board that runs firmware/tests/lockstep; counts the bytes on the wire."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.tx_bytes = 0
        self.rx_bytes = 0

    def connect(self) -> None:
        """Wait for an answer, whatever the board said when it started."""
        self.command("timestamp")
        self.link.read(CHUNK_BYTES, Deadline.after(0.2))

    def command(self, text: str) -> list[str]:
        """Send a command and return the lines of its answer, without the last, which says that it is ready."""
        line = text.encode() + b"%"
        self.link.write(line, Deadline.after(COMMAND_TIMEOUT_S))
        self.tx_bytes += len(line)
        deadline = Deadline.after(COMMAND_TIMEOUT_S)
        answer = b""
        while not answer.endswith(READY):
            chunk = self.link.read(CHUNK_BYTES, deadline)
            if not chunk:
                raise DeadlineError(self.link.name, f"waiting for the answer to '{text[:20]}'", COMMAND_TIMEOUT_S)
            answer += chunk
        self.rx_bytes += len(answer)
        lines = answer.decode("ascii", "replace").splitlines()[:-1]
        if any(line.startswith("e-[") for line in lines):
            raise ProtocolError(self.link.name, f"the board answered '{text[:20]}' with {lines}")
        return lines

    def infer(self, vector: bytes) -> list[float]:
        """Load a vector, run it once, and return its results."""
        self.command(f"db load {len(vector)}")
        for start in range(0, len(vector), BYTES_PER_COMMAND):
            self.command(f"db {vector[start : start + BYTES_PER_COMMAND].hex()}")
        lines = self.command("infer 1 0")
        values = next(line for line in lines if line.startswith("m-results-["))
        return [float(value) for value in values[len("m-results-[") : -1].split(",")]

    def microseconds(self) -> int:
        """Return the board's clock, which begins again after 2^32 cycles."""
        return int(self.command("timestamp")[0].removeprefix("m-lap-us-"))

    def set_baud(self, baud: int) -> None:
        """Change the rate of both ends."""
        self.command(f"baud {baud}")
        self.link.set_baud(baud)
