"""Everything that can go wrong, as one small tree.

McubenchError
 +- InputError        what the user gave cannot be used          exit code 2
 |   +- UnreachableError  no board answers where the user named one
 |   +- NoImageError      no firmware image can hold these models
 +- CheckFailedError  the board answered, and the answer is bad  exit code 1
 |   +- WrongOutputError  outputs differ from the golden outputs
 |   +- ClockError        the CPU clock is not what the board believes
 +- RigError          the rig failed, nothing is known           exit code 3
     +- LinkError         the port is absent, busy or gone
     +- DeadlineError     no answer in time
     +- ProtocolError     answers that break the protocol
     +- BoardError        the board refused or failed a command
     +- RestartedError    the board started anew in the middle of something

Every message is one line: what was expected, what was seen, what to do. Facts are attributes too.
"""

from __future__ import annotations

__all__ = [
    "BoardError",
    "CheckFailedError",
    "ClockError",
    "DeadlineError",
    "InputError",
    "LinkError",
    "McubenchError",
    "NoImageError",
    "ProtocolError",
    "RestartedError",
    "RigError",
    "UnreachableError",
    "WrongOutputError",
]


class McubenchError(Exception):
    """Base of all errors that this package raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class InputError(McubenchError):
    """What the user gave (an argument, a file) cannot be used."""

    exit_code = 2


class UnreachableError(InputError):
    """No board answers where the user named one: the port is absent, busy or silent, or the program does not start."""


class NoImageError(InputError):
    """No firmware image can hold these models: they are too large for the board, or its engine cannot run one."""


class CheckFailedError(McubenchError):
    """The board works and its answer is not good enough."""

    exit_code = 1


class WrongOutputError(CheckFailedError):
    """Output tensors differ from the golden outputs."""


class ClockError(CheckFailedError):
    """The CPU clock, measured with the host's clock, is not what the board believes."""


class RigError(McubenchError):
    """The rig (port, cable, board, tool) failed, so nothing is known about the thing to measure."""

    exit_code = 3


class LinkError(RigError):
    """The port is absent, busy, or went away."""

    def __init__(self, port: str, message: str) -> None:
        super().__init__(f"{port}: {message}")
        self.port = port


class DeadlineError(RigError):
    """Something did not happen in time."""

    def __init__(self, port: str, doing: str, timeout_s: float, last_seen: str = "") -> None:
        seen = f"; last seen: {last_seen}" if last_seen else "; nothing was received"
        super().__init__(f"{port}: no answer within {round(timeout_s, 2):g} s while {doing}{seen}")
        self.port = port
        self.doing = doing
        self.timeout_s = timeout_s
        self.last_seen = last_seen


class ProtocolError(RigError):
    """The other side answers, but not in the protocol."""

    def __init__(self, port: str, message: str) -> None:
        super().__init__(f"{port}: {message}")
        self.port = port


class BoardError(RigError):
    """The board answered a command with `error <code> ...`."""

    def __init__(self, port: str, command: str, code: str, details: dict[str, str]) -> None:
        words = " ".join(f"{key}={value}" for key, value in details.items())
        super().__init__(f"{port}: the board answered '{command}' with error {code}{' ' + words if words else ''}")
        self.port = port
        self.command = command
        self.code = code
        self.details = details


class RestartedError(RigError):
    """The board answers, but it was reset since it was last heard: what was under way on it is void and to be repeated.

    `cause` is the board's own word for it; `fault` the words of its `fault` line, None if its firmware did not crash.
    """

    def __init__(self, port: str, doing: str, cause: str, fault: dict[str, str] | None = None) -> None:
        crashed = f"; its firmware crashed: {' '.join(f'{k}={v}' for k, v in fault.items())}" if fault else ""
        super().__init__(f"{port}: the board was reset (cause: {cause}) while {doing}{crashed}")
        self.port = port
        self.doing = doing
        self.cause = cause
        self.fault = fault
