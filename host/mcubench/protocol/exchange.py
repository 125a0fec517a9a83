"""One command and its answer: what came back, or how it was lost."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from mcubench.deadline import Deadline
from mcubench.protocol.answers import Answer
from mcubench.protocol.channel import Channel
from mcubench.protocol.patience import Patience
from mcubench.protocol.splitter import TextLine
from mcubench.protocol.text import Line, add_trailer, parse_line, split_trailer

__all__ = ["Exchange", "Lost", "Read"]

FINAL_KINDS = ("ok", "error")
# Answered at once, and changes nothing. The board takes lines in their order: an answer to this says that what was
# asked before it is over.
PROBE = "tick"
# What is damaged is asked for again at once, but with more and more time in between: something else than a board may
# be talking there.
PAUSE_S = 0.005
LONGEST_PAUSE_S = 0.1
# More data lines than any answer has; whoever says more must not fill the memory.
MOST_LINES = 4096

T = TypeVar("T")


class Lost(enum.Enum):
    """Why there is no answer."""

    SILENCE = enum.auto()  # nothing that belongs to the command came in time
    BOOT = enum.auto()  # the board said that it started
    DAMAGED = enum.auto()  # the command or its answer was damaged or lost on the way, and nothing more will come


class _Line(enum.Enum):
    """What a line was that is neither an answer nor the loss of one."""

    OURS = enum.auto()
    FOREIGN = enum.auto()


@dataclass(frozen=True)
class Read(Generic[T]):
    """What a reader made of the answer."""

    value: T


@dataclass
class _Question:
    """The command as it was asked under one number, and what has come of its answer."""

    at_s: float
    data: list[Line] = field(default_factory=list)
    answered: bool = False


class Exchange(Generic[T]):
    """A command that may be asked several times, each under its own number; the first whole answer to any counts.

    `read` makes a value of an answer, ValueError if it is not complete. `number` returns the next sequence number.
    """

    def __init__(self, channel: Channel, command: str, read: Callable[[Answer], T], number: Callable[[], int]) -> None:
        self.attempts = 0
        self.trouble = ""  # what the last incomplete answer lacked
        self._channel = channel
        self._command = command
        self._read = read
        self._number = number
        self._questions: dict[int, _Question] = {}
        self._probes: set[int] = set()
        self._asked_at_s = 0.0

    def ask(self, deadline: Deadline, before: bytes = b"") -> None:
        """Send the command, after the bytes `before`."""
        seq = self._number()
        self._asked_at_s = time.monotonic()
        self._questions[seq] = _Question(self._asked_at_s)
        self._channel.send_bytes(before + add_trailer(self._command, seq).encode("ascii") + b"\n", deadline)
        self.attempts += 1

    def probe(self, deadline: Deadline, before: bytes = b"") -> None:
        """Ask whether the board is still at it, without asking it to do it once more."""
        seq = self._number()
        self._probes.add(seq)
        self._channel.send_bytes(before + add_trailer(PROBE, seq).encode("ascii") + b"\n", deadline)

    def wait(self, wait_s: float, deadline: Deadline, patience: Patience | None = None) -> Read[T] | Lost:
        """Return the answer, or why there is none, when nothing of it came for `wait_s` or the deadline is over.

        `patience` learns how long it took.
        """
        overdue = _soonest(wait_s, deadline)
        lost = Lost.SILENCE
        while (event := self._channel.receive(overdue)) is not None:
            if deadline.expired:
                break
            if not isinstance(event, TextLine):
                continue  # a frame that was still on its way
            outcome = self._take(event.text, patience)
            if isinstance(outcome, Read) or outcome is Lost.BOOT:
                return outcome
            if outcome is Lost.DAMAGED:
                lost = outcome
                pause_s = min(LONGEST_PAUSE_S, PAUSE_S * (self.attempts - 1))
                overdue = _soonest(self._asked_at_s + pause_s - time.monotonic(), deadline)
            elif outcome is _Line.OURS and lost is Lost.SILENCE:
                overdue = _soonest(wait_s, deadline)
        return lost

    def _take(self, text: str, patience: Patience | None) -> Read[T] | Lost | _Line:
        numbered = split_trailer(text)
        if numbered is None:
            line = parse_line(text)
            if line.kind == "boot" and "board" in line.words:  # not a line of info, cut short
                return Lost.BOOT
            return Lost.DAMAGED if line.kind in FINAL_KINDS else _Line.FOREIGN
        if numbered[1] in self._probes:
            return Lost.DAMAGED
        question = self._questions.get(numbered[1])
        if question is None:
            return _Line.FOREIGN
        if patience and not question.answered:
            patience.answered(time.monotonic() - question.at_s)
        question.answered = True
        line = parse_line(numbered[0])
        if line.kind not in FINAL_KINDS:
            question.data.append(line)
            if len(question.data) <= MOST_LINES:
                return _Line.OURS
            question.data.clear()
            self.trouble = f"an answer of more than {MOST_LINES} lines"
            return Lost.DAMAGED
        try:
            return Read(self._read(Answer(tuple(question.data), line)))
        except ValueError as exc:
            self.trouble = str(exc)
            return Lost.DAMAGED


def _soonest(wait_s: float, deadline: Deadline) -> Deadline:
    return Deadline.after(max(0.0, min(wait_s, deadline.left_s)))
