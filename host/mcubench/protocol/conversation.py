"""A link to a board on which questions are answered in the end, at whatever rate it is and after whatever reset."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, DeadlineError, ProtocolError, RestartedError, RigError
from mcubench.link import Link
from mcubench.protocol import answers
from mcubench.protocol.answers import Answer
from mcubench.protocol.channel import Channel
from mcubench.protocol.exchange import Exchange, Lost, Read
from mcubench.protocol.patience import Patience

__all__ = [
    "COMMAND_TIMEOUT_S",
    "DEAF_S",
    "HELLO_TIMEOUT_S",
    "PROTOCOL_VERSION",
    "WAKE_UP",
    "Conversation",
    "final_kind",
]

PROTOCOL_VERSION = 2
# Whatever state the board's receiver was in, this leaves it with an empty line (docs/protocol.md section 1).
WAKE_UP = b"\0\0\n"
# A board that has just been reset or a virtual one that has just been started may need a moment.
HELLO_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 15.0
# A board that says nothing for so long may be at another rate than the line. After 32768 bytes that it does not
# understand it goes back to the rate that it boots with; a few more, should some not look like a byte to it.
DEAF_S = 1.5
NONSENSE = b"\n" * 36864
# How long to look at that rate for one that may only be computing at the other; what it says meanwhile is lost.
LOOK_S = 0.5
# For what computes, besides its time: longer than for what is answered at once, so that no byte of a question disturbs
# an inference of unknown length that is being timed.
WORK_PATIENCE_S = 1.0
# A virtual board may be slower than the chip it stands for.
SLOWNESS = 4
# Marks are 1 to this; 0 is that of a board after its reset.
MOST_MARKS = 0xFFFF_FFFF

T = TypeVar("T")


class Conversation:
    """What Board's commands are made of: one that is connected has been marked, so that a reset shows."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.channel = Channel(link)
        self.boot_baud = link.baud
        self.patience = Patience()
        self._information: answers.BoardInfo | None = None
        # A random start keeps late answers to an earlier host from being taken for ours.
        self._seq = secrets.randbelow(0x10000)
        self._mark = 0

    @property
    def port(self) -> str:
        """The name of the port that the board is at."""
        return self.link.name

    @property
    def mark(self) -> int:
        """The number that was last left on the board, 0 before the first."""
        return self._mark

    @property
    def information(self) -> answers.BoardInfo:
        """Who the board is, as it last said; ProtocolError before it said so."""
        if self._information is None:
            raise ProtocolError(self.port, "nobody has said hello to the board yet")
        return self._information

    def use_link(self, link: Link) -> None:
        """Go on over another link, open at the rate that the board boots with; bytes are counted on."""
        before = self.channel
        self.link = link
        self.boot_baud = link.baud
        self.channel = Channel(link)
        self.channel.tx_bytes, self.channel.rx_bytes = before.tx_bytes, before.rx_bytes
        self.channel.crc_errors = before.crc_errors
        self.channel.to_board = before.to_board

    def _answer(
        self,
        command: str,
        read: Callable[[Answer], T],
        timeout_s: float,
        work_s: float | None = None,
        is_hello: bool = False,
    ) -> T:
        """Ask until a whole answer comes.

        `work_s` is about how long the board is at it; None if it answers at once, and may be asked once more at once.
        A board that starts anew at hello is no surprise.
        """
        quiet_s = self.patience.wait_s if work_s is None else WORK_PATIENCE_S + SLOWNESS * work_s
        deadline = Deadline.after(timeout_s + SLOWNESS * quiet_s * (work_s is not None))
        # How long a hello takes says more about how long the board takes to start than about the line.
        patience = self.patience if work_s is None and not is_hello else None
        exchange = self._exchange(command, read)
        silences = 0
        exchange.ask(deadline, WAKE_UP * is_hello)
        while True:
            outcome = exchange.wait(quiet_s, deadline, patience)
            if isinstance(outcome, Read):
                return outcome.value
            if outcome is Lost.BOOT and not is_hello:
                self._information = self._hello(HELLO_TIMEOUT_S)
                self._check_mark(f"answering '{command}'")
            if deadline.expired:
                doing = f"waiting for the answer to '{command}'"
                raise DeadlineError(self.port, doing, timeout_s, exchange.trouble or self.channel.last_seen)
            if outcome is Lost.SILENCE:
                quiet_s *= 2
                silences += 1
            if outcome is not Lost.SILENCE or work_s is None:
                exchange.ask(deadline, WAKE_UP)
                continue
            if silences > 1:
                self.find_at_boot_rate(f"answering '{command}'")
            exchange.probe(deadline, WAKE_UP)

    def _answer_at_raised_rate(self, command: str, read: Callable[[Answer], T]) -> T:
        """Ask, and look for the board at the rate that it boots with if it says nothing: there it is after a reset."""
        try:
            return self._answer(command, read, DEAF_S)
        except DeadlineError:
            if not self.find_at_boot_rate(f"answering '{command}'"):
                self._information = self._hello(HELLO_TIMEOUT_S)
                self._check_mark(f"answering '{command}'")
            return self._answer(command, read, COMMAND_TIMEOUT_S)

    def find_at_boot_rate(self, doing: str) -> bool:
        """Look for a silent board at the rate that it boots with, and stay there if it is there; return whether it is.

        A board that computes at the line's rate loses nothing by it. Raises RestartedError if it was reset since it was
        marked.
        """
        rate = self.link.baud
        if rate == self.boot_baud:
            return False
        self.link.set_baud(self.boot_baud)
        try:
            self._information = self._answer("info", self._read_hello, max(LOOK_S, self.patience.wait_s), is_hello=True)
        except (DeadlineError, ProtocolError):
            self.link.set_baud(rate)
            return False
        self._check_mark(doing)
        return True

    def _exchange(self, command: str, read: Callable[[Answer], T]) -> Exchange[T]:
        return Exchange(self.channel, command, lambda answer: self._read(command, answer, read), self._next_seq)

    def _next_seq(self) -> int:
        self._seq = (self._seq + 1) & 0xFFFF
        return self._seq

    def _read(self, command: str, answer: Answer, read: Callable[[Answer], T]) -> T:
        if answer.final.kind == "error":
            code = answer.final.values[0] if answer.final.values else "unknown"
            raise BoardError(self.port, command, code, answer.final.words)
        return read(answer)

    def _hello(self, timeout_s: float) -> answers.BoardInfo:
        """Say hello at the rate of the line, and in the end at the one that the board boots with."""
        deadline = Deadline.after(timeout_s)
        while True:
            left_s = min(DEAF_S, deadline.left_s) if self._may_be_deaf else deadline.left_s
            try:
                return self._answer("info", self._read_hello, left_s, is_hello=True)
            except DeadlineError as exc:
                if not deadline.expired:
                    self._call_back(deadline)
                if deadline.expired:
                    raise self._no_hello(timeout_s, exc.last_seen) from exc

    def _read_hello(self, answer: Answer) -> answers.BoardInfo:
        version = answer.final.integer("protocol")
        if version != PROTOCOL_VERSION:
            raise ProtocolError(
                self.port, f"the board speaks protocol {version}, this host {PROTOCOL_VERSION}; update the older one"
            )
        return answers.read_info(answer)

    @property
    def _may_be_deaf(self) -> bool:
        """Whether the board may be at another rate than the line: an earlier host, or we, may have raised it."""
        return self.link.has_rate and (self._information is None or self._information.baud_max is not None)

    def _call_back(self, deadline: Deadline) -> None:
        """Make a board that does not understand us go back to the rate that it boots with."""
        self._use_boot_rate()
        with contextlib.suppress(DeadlineError):  # nobody takes them: nobody is there
            self.link.write(NONSENSE, deadline)
            self.channel.tx_bytes += len(NONSENSE)

    def _use_boot_rate(self) -> None:
        if self.link.baud != self.boot_baud:
            self.link.set_baud(self.boot_baud)

    def _no_hello(self, timeout_s: float, last_seen: str) -> RigError:
        if not self.channel.rx_bytes or self._information is not None:  # what came before came from it
            return DeadlineError(self.port, "saying hello to the board ('info')", timeout_s, last_seen)
        return ProtocolError(
            self.port,
            f"no mcubench board answers there within {round(timeout_s, 2):g} s, something else does"
            f" (last seen: {last_seen}); check port and baud rate, flash the firmware",
        )

    def _set_mark(self) -> None:
        """Give the board a number that it forgets when it is reset."""
        self._mark = 1 + secrets.randbelow(MOST_MARKS)
        self._answer(f"mark {self._mark}", final_kind, COMMAND_TIMEOUT_S, is_hello=True)
        self._information = replace(self.information, mark=self._mark)

    def _check_mark(self, doing: str) -> None:
        """Raise RestartedError if the board that said who it is was reset since it was marked, and mark it anew."""
        info = self.information
        if info.mark != self._mark:
            self._set_mark()
            raise RestartedError(self.port, doing, info.boot_cause, info.fault_of_last_boot)


def final_kind(answer: Answer) -> str:
    """Return the first word of the final line: read so, an answer says no more than that it came."""
    return answer.final.kind
