"""A board's text commands as methods: answers are checked, and asked for again when they are lost or damaged."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, DeadlineError, ProtocolError, RigError
from mcubench.link import Link
from mcubench.protocol import answers
from mcubench.protocol.answers import Answer
from mcubench.protocol.channel import Channel
from mcubench.protocol.exchange import Lost, exchange
from mcubench.protocol.text import encode_value

__all__ = ["PROTOCOL_VERSION", "Board"]

PROTOCOL_VERSION = 1
# Whatever state the board's receiver was in, this leaves it with an empty line (docs/protocol.md section 1).
WAKE_UP = b"\0\0\n"
# A board that has just been reset or a virtual one that has just been started may need a moment.
HELLO_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 15.0
# How long to wait before a command is repeated; doubled each time, so that a slow board is not asked faster than it
# can answer.
FIRST_PATIENCE_S = 1.0
# A line that damages this many answers in a row is not usable.
MOST_ATTEMPTS = 12
HELLO = "info"
# Commands after which, or before which, a reset is no surprise.
MAY_BOOT = (HELLO, "reset")

T = TypeVar("T")


class Board:
    """The commands of docs/protocol.md, section 2. Call `connect` first.

    Every method raises DeadlineError when no answer comes, ProtocolError when answers break the protocol or the board
    resets itself meanwhile, BoardError when the board answers with an error, LinkError when the port goes away.
    """

    def __init__(self, link: Link) -> None:
        self.port = link.name
        self.channel = Channel(link)
        # A random start keeps late answers to an earlier host from being taken for ours.
        self._seq = secrets.randbelow(0x10000)

    def connect(self, timeout_s: float = HELLO_TIMEOUT_S) -> answers.BoardInfo:
        """Say hello and return who the board is."""
        try:
            info = self._ask(HELLO, answers.read_info, timeout_s)
        except DeadlineError as exc:
            raise self._no_hello(exc) from exc
        if info.protocol != PROTOCOL_VERSION:
            raise ProtocolError(
                self.port,
                f"the board speaks protocol {info.protocol}, this host {PROTOCOL_VERSION}; update the older one",
            )
        return info

    def info(self) -> answers.BoardInfo:
        """Return who the board is, with its stack's high-water mark so far."""
        return self._ask("info", answers.read_info)

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
        # Four times, because a virtual board may be slower than the chip it stands for.
        patience_s = FIRST_PATIENCE_S + 4 * expected_s
        command = f"run {count}" + " cold=1" * cold
        return self._ask(command, answers.read_run, COMMAND_TIMEOUT_S + 4 * patience_s, patience_s)

    def layers(self, expected_s: float = 0.0) -> answers.LayerPass:
        """Run one inference with a counter read after every layer; `expected_s` is how long it should take."""
        patience_s = FIRST_PATIENCE_S + 4 * expected_s
        return self._ask("layers", answers.read_layers, COMMAND_TIMEOUT_S + 4 * patience_s, patience_s)

    def reset(self) -> answers.BoardInfo:
        """Let the board reset itself, and say hello again."""
        self._ask("reset", lambda answer: answer.final.kind)
        return self.connect()

    def _ask(
        self,
        command: str,
        read: Callable[[Answer], T],
        timeout_s: float = COMMAND_TIMEOUT_S,
        patience_s: float = FIRST_PATIENCE_S,
    ) -> T:
        """Send a command until a whole answer comes."""
        deadline = Deadline.after(timeout_s)
        trouble = ""
        for _ in range(MOST_ATTEMPTS):
            if command == HELLO:
                self.channel.send_bytes(WAKE_UP)
            self._seq = (self._seq + 1) & 0xFFFF
            outcome = exchange(self.channel, command, self._seq, Deadline.after(min(patience_s, deadline.left_s)))
            if isinstance(outcome, Answer):
                try:
                    return self._read(command, outcome, read)
                except ValueError as exc:
                    trouble = str(exc)
            elif outcome is Lost.SILENCE:
                patience_s *= 2
            elif outcome is Lost.BOOT and command not in MAY_BOOT:
                raise ProtocolError(self.port, f"the board reset itself while answering '{command}'")
            if deadline.expired:
                doing = f"waiting for the answer to '{command}'"
                raise DeadlineError(self.port, doing, timeout_s, trouble or self.channel.last_seen)
        seen = trouble or f"last seen: {self.channel.last_seen}"
        raise ProtocolError(self.port, f"{MOST_ATTEMPTS} answers in a row to '{command}' were no good ({seen})")

    def _read(self, command: str, answer: Answer, read: Callable[[Answer], T]) -> T:
        if answer.final.kind == "error":
            code = answer.final.values[0] if answer.final.values else "unknown"
            raise BoardError(self.port, command, code, answer.final.words)
        return read(answer)

    def _no_hello(self, exc: DeadlineError) -> RigError:
        if not self.channel.rx_bytes:
            return DeadlineError(self.port, "saying hello to the board ('info')", exc.timeout_s)
        return ProtocolError(
            self.port,
            f"no mcubench board answers there within {exc.timeout_s:g} s, something else does"
            f" (last seen: {exc.last_seen}); check port and baud rate, flash the firmware",
        )
