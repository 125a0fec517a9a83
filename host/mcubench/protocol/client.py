"""A board's text commands as methods: answers are checked, and asked for again when they are lost or damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError, ProtocolError, RestartedError, RigError
from mcubench.link import Link
from mcubench.protocol import answers
from mcubench.protocol.answers import Answer
from mcubench.protocol.conversation import (
    COMMAND_TIMEOUT_S,
    DEAF_S,
    HELLO_TIMEOUT_S,
    PROTOCOL_VERSION,
    WAKE_UP,
    Conversation,
    final_kind,
)
from mcubench.protocol.exchange import Read
from mcubench.protocol.rescue import Rescuer
from mcubench.protocol.text import encode_value

__all__ = ["HELLO_TIMEOUT_S", "PROTOCOL_VERSION", "WAKE_UP", "Board"]

# A board that has to be brought back so often to answer one command will not answer it.
MOST_RESCUES = 3

T = TypeVar("T")


class Board(Conversation):
    """The commands of docs/protocol.md, section 2. Call `connect` first.

    Every method raises DeadlineError when no answer comes, ProtocolError when answers break the protocol, BoardError
    when the board answers with an error, LinkError when the port goes away, RestartedError if the board was reset since
    `connect`. A rescuer is asked for help before any of these but BoardError is raised.
    """

    def __init__(self, link: Link, rescuer: Rescuer | None = None) -> None:
        super().__init__(link)
        self._rescuer = rescuer
        self._recovering = False
        self.work_s: float | None = None  # of what the board was given when it was lost
        self._counted_from = (0, 0)  # errors and bytes

    def connect(self, timeout_s: float = HELLO_TIMEOUT_S) -> answers.BoardInfo:
        """Say hello, mark the board as ours, and return who it is; a rescuer gets the mark that it finds instead."""
        info = self._hello(timeout_s)
        if not self._recovering:  # else it may be another board
            self._information = info
            self._set_mark()
            return self.information
        return info

    def recover(self, error: RigError, doing: str = "it was in use", work_s: float | None = None) -> None:
        """Have the board brought back after `error`; returns if it is still in the same boot, with all that was set.

        `work_s` is about how long the board may be at what it was given, 0 if that is not known, None if it was given
        nothing. Raises RestartedError if it is not, `error` if there is nobody to help, RigError if nothing helped.
        """
        if self._rescuer is None or self._recovering:
            raise error
        self.work_s = work_s
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
            exchange.ask(deadline, WAKE_UP)
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
        """Run an inference with a counter read after every layer; `expected_s` is how long an inference should take."""
        return self._ask("layers", answers.read_layers, 2 * expected_s)

    def reset(self) -> answers.BoardInfo:
        """Let the board reset itself, and say hello again."""
        before = self._mark
        deadline = Deadline.after(COMMAND_TIMEOUT_S)
        info = None
        while info is None or info.mark == before:
            if deadline.expired:
                doing = "waiting for the board to reset itself"
                raise DeadlineError(self.port, doing, deadline.timeout_s, self.channel.last_seen)
            exchange = self._exchange("reset", final_kind)
            exchange.ask(deadline)
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
                self.recover(exc, f"answering '{command}'", work_s)
        return self._answer(command, read, COMMAND_TIMEOUT_S, work_s)
