"""Everything that can go wrong, as one small tree.

McubenchError
 +- InputError        what the user gave cannot be used          exit code 2
 |   +- UnreachableError  no board answers where the user named one
 |   +- NoImageError      no firmware image can hold these models
 |   +- RigFileError      a rig file with mistakes
 |   +- WrongImageError   a firmware image for another board
 +- CheckFailedError  the board answered, and the answer is bad  exit code 1
 |   +- WrongOutputError  outputs differ from the golden outputs
 |   +- ClockError        the CPU clock is not what the board believes
 +- RigError          the rig failed, nothing is known           exit code 3
     +- LinkError         the port is absent, busy or gone
     +- DeadlineError     no answer in time
     +- ProtocolError     answers that break the protocol
     +- BoardError        the board refused or failed a command
     +- RestartedError    the board started anew in the middle of something
     +- FlashError        firmware could not be loaded into the board
     +- LockedError       somebody else uses the board
     +- BlockedError      the board did not come back; nothing is tried with it any more
     +- StateError        the files of locks and latches cannot be used; says nothing of a board

Every message is one line: what was expected, what was seen, what to do; several things that are wrong are `lines`.
Facts are attributes too.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "BlockedError",
    "BoardError",
    "CheckFailedError",
    "ClockError",
    "DeadlineError",
    "FlashError",
    "InputError",
    "LinkError",
    "LockedError",
    "McubenchError",
    "NoImageError",
    "ProtocolError",
    "RestartedError",
    "RigError",
    "RigFileError",
    "StateError",
    "UnreachableError",
    "WrongImageError",
    "WrongOutputError",
]


class McubenchError(Exception):
    """Base of all errors that this package raises on purpose; `exit_code` is what the command line returns.

    `lines` has one for each of several things that are wrong, and `summary` says what they have in common.
    """

    exit_code = 1

    def __init__(self, summary: str, lines: Sequence[str] = ()) -> None:
        super().__init__(f"{summary}: {'; '.join(lines)}" if lines else summary)
        self.summary = summary
        self.lines = tuple(lines)


class InputError(McubenchError):
    """What the user gave (an argument, a file) cannot be used."""

    exit_code = 2


class UnreachableError(InputError):
    """No board answers where the user named one: the port is absent, busy or silent, or the program does not start."""


class NoImageError(InputError):
    """No firmware image can hold these models: they are too large for the board, or its engine cannot run one."""


class RigFileError(InputError):
    """A rig file with mistakes; `lines` has one for each, with its place and what to write instead."""

    def __init__(self, path: str, mistakes: Sequence[str]) -> None:
        super().__init__(f"{path}: {len(mistakes)} mistake{'s' * (len(mistakes) != 1)}", mistakes)
        self.path = path


class WrongImageError(InputError):
    """A firmware image says that it is for another board than the one it was to be loaded into."""


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


class FlashError(RigError):
    """Firmware could not be loaded into a board; `log` is the file with what the tool said."""

    def __init__(self, board: str, message: str, log: str | None = None) -> None:
        super().__init__(f"{board}: {message}{f' (all of it: {log})' if log else ''}")
        self.board = board
        self.log = log


class LockedError(RigError):
    """Somebody else uses the board; `holder` says who, why and since when."""

    def __init__(self, board: str, holder: str) -> None:
        super().__init__(f"{board}: in use by {holder}; wait, take another board, or see 'mcubench rig who'")
        self.board = board
        self.holder = holder


class BlockedError(RigError):
    """The board was lost and nothing brought it back, so that nothing more is tried with it until somebody looked."""

    def __init__(self, board: str, why: str) -> None:
        super().__init__(f"{board}: blocked, because it was latched broken: {why}; see 'mcubench rig check {board}'")
        self.board = board
        self.why = why


class StateError(RigError):
    """The files in which locks and latches are kept cannot be used; says nothing of a board."""
