"""A board's text commands as methods: answers are checked, and asked for again when they are lost or damaged."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, DeadlineError, LinkError, ProtocolError, RestartedError, RigError
from mcubench.link import Link
from mcubench.protocol import answers
from mcubench.protocol.answers import Answer
from mcubench.protocol.channel import Channel
from mcubench.protocol.exchange import Exchange, Lost, Read
from mcubench.protocol.patience import Patience
from mcubench.protocol.rescue import Rescuer
from mcubench.protocol.text import encode_value

__all__ = ["PROTOCOL_VERSION", "Board"]

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
# For what computes, besides its time: longer than for what is answered at once, so that no byte of a question disturbs
# an inference of unknown length that is being timed.
WORK_PATIENCE_S = 1.0
# A virtual board may be slower than the chip it stands for.
SLOWNESS = 4
# A board that has to be brought back so often to answer one command will not answer it.
MOST_RESCUES = 3

# Marks are 1 to this; 0 is that of a board after its reset.
MOST_MARKS = 0xFFFF_FFFF

T = TypeVar("T")


class Board:
    """The commands of docs/protocol.md, section 2. Call `connect` first.

    Every method raises DeadlineError when no answer comes, ProtocolError when answers break the protocol, BoardError
    when the board answers with an error, LinkError when the port goes away, RestartedError if the board was reset since
    `connect`. A rescuer is asked for help before any of these but BoardError is raised.
    """

    def __init__(self, link: Link, rescuer: Rescuer | None = None) -> None:
        self.link = link
        self.channel = Channel(link)
        self.boot_baud = link.baud
        self._rescuer = rescuer
        self._recovering = False
        self.patience = Patience()
        self._information: answers.BoardInfo | None = None
        # A random start keeps late answers to an earlier host from being taken for ours.
        self._seq = secrets.randbelow(0x10000)
        self._mark = 0
        self._counted_from = (0, 0)  # errors and bytes

    @property
    def port(self) -> str:
        """The name of the port that the board is at."""
        return self.link.name

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

    def connect(self, timeout_s: float = HELLO_TIMEOUT_S) -> answers.BoardInfo:
        """Say hello, mark the board as ours, and return who it is; a rescuer gets the mark that it finds instead."""
        self._information = self._hello(timeout_s)
        if not self._recovering:
            self._set_mark()
        return self.information

    def recover(self, error: RigError, doing: str = "it was in use") -> None:
        """Have the board brought back after `error`; returns if it is still in the same boot, with all that was set.

        Raises RestartedError if it is not, `error` if there is nobody to help, RigError if nothing helped.
        """
        if self._rescuer is None or self._recovering:
            raise error
        for _ in range(MOST_RESCUES):
            self._recovering = True
            try:
                self._information = self._rescuer.rescue(self, error)
            finally:
                self._recovering = False
            try:
                return self._check_mark(doing)
            except (LinkError, DeadlineError, ProtocolError) as exc:
                error = exc  # lost again before it was marked
        raise error

    def info(self) -> answers.BoardInfo:
        """Return who the board is, with its stack's high-water mark so far."""
        self._information = self._ask("info", answers.read_info)
        self._check_mark("it was in use")
        return self._information

    def models(self) -> tuple[answers.ModelInfo, ...]:
        """Return the models in the board's image."""
        return self._ask("models", answers.read_models)

    def select(self, model: str, arena_bytes: int | None = None) -> answers.ModelInfo:
        """Prepare the engine for a model; the vector stream begins at offset 0 again.

        `arena_bytes` is the arena to try it with; None gives it all that the engine has.
        """
        arena = "" if arena_bytes is None else f" arena={arena_bytes}"
        # Work, as far as asking again goes: an engine may take its time.
        return self._ask(f"model {encode_value(model)}{arena}", answers.read_model, 0.0)

    def clocks(self) -> answers.ClockTable:
        """Return the board's clock settings."""
        return self._ask("clocks", answers.read_clocks)

    def set_clock(
        self, name: str, options: dict[str, bool] | None = None, overclock: bool = False
    ) -> answers.ClockState:
        """Apply a clock setting and return what the hardware's registers say then."""
        words = [f"{key}={value:d}" for key, value in (options or {}).items()] + ["overclock=1"] * overclock
        return self._ask(" ".join(["clock", encode_value(name), *words]), answers.read_clock_state)

    def tick(self) -> answers.Tick:
        """Return the cycle counter as it was when the command had arrived."""
        return self._ask("tick", answers.read_tick)

    def set_baud(self, baud: int) -> int:
        """Take both ends of the line to another rate, which it need not carry; return what the board's end really has.

        Raises BoardError if the board cannot have it, LinkError if the port cannot.
        """
        deadline = Deadline.after(COMMAND_TIMEOUT_S)
        while True:
            exchange = self._exchange(f"baud {baud}", lambda answer: answer.final.integer("baud"))
            exchange.ask(WAKE_UP)
            outcome = exchange.wait(self.patience.wait_s, deadline)
            self.link.set_baud(baud)
            if isinstance(outcome, Read):
                self._information = replace(self.information, baud=outcome.value)
                return outcome.value
            # The command or its answer was lost: the board is at one of the two rates.
            try:
                self._information = self._answer("info", answers.read_info, DEAF_S)
                return self._information.baud
            except DeadlineError as exc:
                self.fall_back()
                if deadline.expired:
                    raise exc

    def fall_back(self) -> None:
        """Bring both ends of the line back to the rate that the board boots with, whatever it understands now."""
        deadline = Deadline.after(HELLO_TIMEOUT_S)
        self._call_back(deadline)
        self._information = self._hello(deadline.left_s)
        self._check_mark("its line went to another rate")

    def count_errors_from_here(self) -> None:
        """Let `line_errors` begin at zero, with what the board said last of its own."""
        self._counted_from = self._counted()

    @property
    def line_errors(self) -> tuple[int, int]:
        """How many frames came damaged at either end since then, of how many bytes on the wire.

        Those at the board's end are those that it told of in its last answer to `info`.
        """
        errors, wire_bytes = (now - then for now, then in zip(self._counted(), self._counted_from, strict=True))
        return max(0, errors), wire_bytes

    def _counted(self) -> tuple[int, int]:
        channel = self.channel
        return channel.crc_errors + self.information.crc_errors, channel.tx_bytes + channel.rx_bytes

    def run(self, count: int, cold: bool = False, expected_s: float = 0.0) -> answers.InferenceRun:
        """Time `count` inferences of the last vector; `expected_s` is how long that should take altogether."""
        return self._ask(f"run {count}" + " cold=1" * cold, answers.read_run, expected_s)

    def layers(self, expected_s: float = 0.0) -> answers.LayerPass:
        """Run one inference with a counter read after every layer; `expected_s` is how long it should take."""
        return self._ask("layers", answers.read_layers, expected_s)

    def reset(self) -> answers.BoardInfo:
        """Let the board reset itself, and say hello again."""
        before = self._mark
        deadline = Deadline.after(COMMAND_TIMEOUT_S)
        info = None
        while info is None or info.mark == before:
            if deadline.expired:
                doing = "waiting for the board to reset itself"
                raise DeadlineError(self.port, doing, deadline.timeout_s, self.channel.last_seen)
            exchange = self._exchange("reset", _final_kind)
            exchange.ask()
            was_answered = isinstance(exchange.wait(self.patience.wait_s, deadline), Read)
            self._use_boot_rate()
            if was_answered:
                exchange.wait(self.patience.wait_s, deadline)  # for the boot line; the mark tells if that was lost
            info = self._hello(HELLO_TIMEOUT_S)
        self._information = info
        self._set_mark()
        return self.information

    def _ask(self, command: str, read: Callable[[Answer], T], work_s: float | None = None) -> T:
        """Ask until a whole answer comes; have the board brought back if none does. For `work_s` see `_answer`."""
        for _ in range(MOST_RESCUES):
            try:
                if self.link.baud != self.boot_baud and work_s is None:
                    return self._answer_at_raised_rate(command, read)
                return self._answer(command, read, COMMAND_TIMEOUT_S, work_s)
            except (LinkError, DeadlineError, ProtocolError, RestartedError) as exc:
                self.recover(exc, f"answering '{command}'")
        return self._answer(command, read, COMMAND_TIMEOUT_S, work_s)

    def _answer_at_raised_rate(self, command: str, read: Callable[[Answer], T]) -> T:
        """Ask, and look for the board at the rate that it boots with if it says nothing: there it is after a reset."""
        try:
            return self._answer(command, read, DEAF_S)
        except DeadlineError:
            self._information = self._hello(HELLO_TIMEOUT_S)
            self._check_mark(f"answering '{command}'")
            return self._answer(command, read, COMMAND_TIMEOUT_S)

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
        exchange.ask(WAKE_UP * is_hello)
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
            if outcome is Lost.SILENCE and work_s is not None:
                exchange.probe(WAKE_UP)
            else:
                exchange.ask(WAKE_UP)

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
        if not self.channel.rx_bytes:
            return DeadlineError(self.port, "saying hello to the board ('info')", timeout_s)
        return ProtocolError(
            self.port,
            f"no mcubench board answers there within {timeout_s:g} s, something else does"
            f" (last seen: {last_seen}); check port and baud rate, flash the firmware",
        )

    def _set_mark(self) -> None:
        """Give the board a number that it forgets when it is reset."""
        self._mark = 1 + secrets.randbelow(MOST_MARKS)
        self._answer(f"mark {self._mark}", _final_kind, COMMAND_TIMEOUT_S, is_hello=True)
        self._information = replace(self.information, mark=self._mark)

    def _check_mark(self, doing: str) -> None:
        """Raise RestartedError if the board that said who it is was reset since it was marked, and mark it anew."""
        info = self.information
        if info.mark != self._mark:
            self._set_mark()
            raise RestartedError(self.port, doing, info.boot_cause, info.fault_of_last_boot)


def _final_kind(answer: Answer) -> str:
    return answer.final.kind
