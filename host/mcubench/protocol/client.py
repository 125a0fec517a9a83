"""A board's text commands as methods: answers are checked, and asked for again when they are lost or damaged."""

from __future__ import annotations

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
        self._rescuer = rescuer
        self._recovering = False
        self._patience = Patience()
        self._information: answers.BoardInfo | None = None
        # A random start keeps late answers to an earlier host from being taken for ours.
        self._seq = secrets.randbelow(0x10000)
        self._mark = 0

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
        """Go on over another link; bytes are counted on."""
        before = self.channel
        self.link = link
        self.channel = Channel(link)
        self.channel.tx_bytes, self.channel.rx_bytes = before.tx_bytes, before.rx_bytes
        self.channel.crc_errors = before.crc_errors

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
        self._recovering = True
        try:
            self._information = self._rescuer.rescue(self, error)
        finally:
            self._recovering = False
        self._check_mark(doing)

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
        return self._ask(f"model {encode_value(model)}{arena}", answers.read_model)

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
            if isinstance(exchange.wait(self._patience.wait_s, deadline), Read):
                exchange.wait(self._patience.wait_s, deadline)  # for the boot line; the mark tells if that was lost
            info = self._hello(HELLO_TIMEOUT_S)
        self._information = info
        self._set_mark()
        return self.information

    def _ask(self, command: str, read: Callable[[Answer], T], work_s: float | None = None) -> T:
        """Ask until a whole answer comes; have the board brought back if none does. For `work_s` see `_answer`."""
        for _ in range(MOST_RESCUES):
            try:
                return self._answer(command, read, COMMAND_TIMEOUT_S, work_s)
            except (LinkError, DeadlineError, ProtocolError, RestartedError) as exc:
                self.recover(exc, f"answering '{command}'")
        return self._answer(command, read, COMMAND_TIMEOUT_S, work_s)

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
        quiet_s = self._patience.wait_s if work_s is None else WORK_PATIENCE_S + SLOWNESS * work_s
        deadline = Deadline.after(timeout_s + SLOWNESS * quiet_s * (work_s is not None))
        # How long a hello takes says more about how long the board takes to start than about the line.
        patience = self._patience if work_s is None and not is_hello else None
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
        try:
            return self._answer("info", self._read_hello, timeout_s, is_hello=True)
        except DeadlineError as exc:
            raise self._no_hello(exc) from exc

    def _read_hello(self, answer: Answer) -> answers.BoardInfo:
        version = answer.final.integer("protocol")
        if version != PROTOCOL_VERSION:
            raise ProtocolError(
                self.port, f"the board speaks protocol {version}, this host {PROTOCOL_VERSION}; update the older one"
            )
        return answers.read_info(answer)

    def _no_hello(self, exc: DeadlineError) -> RigError:
        if not self.channel.rx_bytes:
            return DeadlineError(self.port, "saying hello to the board ('info')", exc.timeout_s)
        return ProtocolError(
            self.port,
            f"no mcubench board answers there within {exc.timeout_s:g} s, something else does"
            f" (last seen: {exc.last_seen}); check port and baud rate, flash the firmware",
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
