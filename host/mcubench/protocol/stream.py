"""Vectors to the board and results back, docs/protocol.md section 3: windowed, and complete whatever the line loses."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, ProtocolError, RestartedError, RigError
from mcubench.protocol.answers import ModelInfo
from mcubench.protocol.claims import Claims
from mcubench.protocol.client import Board
from mcubench.protocol.frames import Ack, Frame, FrameType, VectorResult, offset_payload, parse_ack, parse_result
from mcubench.protocol.ledger import ResultLedger
from mcubench.protocol.patience import Patience
from mcubench.protocol.rate import BYTES_PER_ERROR, MEMORY_BYTES, lower_baud
from mcubench.protocol.sender import Sender
from mcubench.protocol.source import BytesSource, VectorSource

__all__ = ["Traffic", "VectorStream"]

BITS_PER_BYTE = 10
# A stream in which nothing moves for this long, and the time of twenty inferences, is dead.
STALL_TIMEOUT_S = 15.0
STALL_INFERENCES = 20
# What a board says when it starts; a line of `info` begins with the same word.
BOOT_LINE = "boot board="
# To send so much once more takes less time than another SEEK and the wait for its answer.
JOINED_BYTES = 1024
# A board that was asked so often and said nothing may have been reset, and be at the rate that it boots with.
MOST_SILENCES = 4
# Rounds over the same vectors that bring no new result.
MOST_FRUITLESS_ROUNDS = 8
# A board that had to be brought back so often since the last new result will give none.
MOST_FRUITLESS_RESCUES = 3


@dataclass(frozen=True)
class Traffic:
    """What a stream cost. Payload is inputs plus outputs; wire bytes are all that moved, delimiters and all."""

    payload_bytes: int
    wire_tx_bytes: int
    wire_rx_bytes: int
    retransmits: int


class VectorStream:
    """Iterate over it to send all vectors and get each one's result exactly once, in any order.

    `vectors` are the inputs one after the other. The model must be selected. `expected_s` is about how long one
    inference takes. When rig or line fail the board is asked to recover, and the stream goes on; what Board.recover
    raises is raised here. WrongOutputError if the board gives two different results for one vector.
    """

    def __init__(self, board: Board, model: ModelInfo, vectors: bytes | VectorSource, expected_s: float = 0.0) -> None:
        source = BytesSource(vectors) if isinstance(vectors, bytes) else vectors
        self._count, rest = divmod(source.size_bytes, model.input_bytes)
        if rest or not self._count:
            raise ValueError(f"{source.size_bytes} bytes are no whole number of vectors of {model.input_bytes} bytes")
        self._board = board
        self._model = model
        self._expected_s = expected_s
        self._stall_timeout_s = STALL_TIMEOUT_S + STALL_INFERENCES * expected_s
        self._patience = Patience(expected_s, board.patience)
        self._ledger = ResultLedger(board.port, self._count, model.input_bytes)
        self._sender = Sender(board.information, source, self._ledger, self._patience)
        self._joined = JOINED_BYTES // model.input_bytes
        self._fresh: deque[VectorResult] = deque()
        self._tx_start, self._rx_start = board.channel.tx_bytes, board.channel.rx_bytes
        self._is_too_fast = False
        self._look_at, self._losses_before = board.channel.tx_bytes + MEMORY_BYTES, board.channel.crc_errors

    @property
    def traffic(self) -> Traffic:
        """What the stream cost so far."""
        return Traffic(
            payload_bytes=self._ledger.results * (self._model.input_bytes + self._model.output_bytes),
            wire_tx_bytes=self._board.channel.tx_bytes - self._tx_start,
            wire_rx_bytes=self._board.channel.rx_bytes - self._rx_start,
            retransmits=self._sender.retransmits,
        )

    def __iter__(self) -> Iterator[VectorResult]:
        rounds = rescues = results = 0
        while (vectors := self._ledger.first_gap(self._joined)) is not None:
            if self._ledger.results > results:
                rounds = rescues = 0
            results = self._ledger.results
            if rounds == MOST_FRUITLESS_ROUNDS:
                raise ProtocolError(
                    self._board.port,
                    f"vector {vectors.start} was sent {rounds} times and no result came that fits its input",
                )
            try:
                yield from self._stream_round(vectors)
                rounds += 1
                if self._is_too_fast:
                    self._board.info()  # which tells what the board found damaged
                    lower_baud(self._board)
            except RestartedError:
                raise
            except RigError as exc:
                if rescues == MOST_FRUITLESS_RESCUES:
                    raise
                rescues += 1
                self._board.recover(exc, self._doing, self._expected_s)
            yield from self._take_fresh()

    def _stream_round(self, vectors: range) -> Iterator[VectorResult]:
        """Send vectors that lie next to each other; end when the results have come that will come."""
        self._note_progress()
        self._claims = Claims(self._ledger, self._sender, vectors, self._model.input_bytes)
        start, stop = (index * self._model.input_bytes for index in (vectors.start, vectors.stop))
        self._sender.begin(self._board.channel, start, stop)
        self._seek(start)
        while self._claims.open and not self._look_at_losses():
            sent = self._sender.send_next()
            self._claims.make()
            frame = self._receive(wait=not sent)
            if frame:
                self._take(frame)
                yield from self._take_fresh()
            elif not sent:
                self._sender.ask(FrameType.POLL)

    def _look_at_losses(self) -> bool:
        """Return whether the line's rate was raised and it now loses too much; looks once in a while only."""
        channel = self._board.channel
        self._is_too_fast = False
        if channel.tx_bytes >= self._look_at and self._board.link.baud > self._board.boot_baud:
            losses = channel.crc_errors + self._sender.retransmits
            self._is_too_fast = (losses - self._losses_before) * BYTES_PER_ERROR > MEMORY_BYTES
            self._look_at, self._losses_before = channel.tx_bytes + MEMORY_BYTES, losses
        return self._is_too_fast

    def _seek(self, offset: int) -> None:
        """Make the board expect `offset` next."""
        asked = set()
        while True:
            if sent := self._sender.ask(FrameType.SEEK, offset_payload(offset)):
                asked.add(sent.number & 0xFF)
            while frame := self._receive():
                ack = self._take(frame)
                if ack and ack.seen in asked and ack.refused:
                    raise ProtocolError(self._board.port, f"the board refused to go to offset {offset}")
                if ack and ack.seen in asked and ack.expected == offset:
                    return

    def _take_fresh(self) -> Iterator[VectorResult]:
        while self._fresh:
            yield self._fresh.popleft()
            self._note_progress()  # the time that the caller took is not the board's

    def _receive(self, wait: bool = True) -> Frame | None:
        """Return the next frame; None if there is none, for unusually long if `wait`."""
        if self._stall.expired:
            raise DeadlineError(self._board.port, self._doing, self._stall.timeout_s, self._board.channel.last_seen)
        usual_s = self._patience.wait_s + self._line_s
        deadline = Deadline.after(min(usual_s, self._stall.left_s) if wait else 0.0)
        # Lines that come without end are no reason to stay.
        while (event := self._board.channel.receive(deadline)) is not None and not self._stall.expired:
            if isinstance(event, Frame):
                self._patience.heard()
                return event
            if event.text.startswith(BOOT_LINE):
                self._board.info()  # which raises RestartedError if the line was no old one
        if wait:
            self._patience.silent()
            if self._patience.silences >= MOST_SILENCES:
                self._board.find_at_boot_rate(self._doing)
        return None

    @property
    def _line_s(self) -> float:
        """How long the line takes for what is on its way: on a slow one that alone is no silence."""
        has_rate = self._board.information.baud_max is not None
        return self._sender.flight_bytes * BITS_PER_BYTE / self._board.link.baud if has_rate else 0.0

    def _take(self, frame: Frame) -> Ack | None:
        """Note what a frame says; return it if it is an ACK."""
        if frame.type == FrameType.ACK and (ack := parse_ack(frame.payload)):
            if ack.no_model:
                self._board.info()  # which raises RestartedError if it was reset
                raise ProtocolError(self._board.port, f"the board has no model selected any more while {self._doing}")
            if self._sender.take(ack.seen, ack.expected, ack):
                self._note_progress()
            self._claims.take_ack(ack)
            return ack
        if frame.type == FrameType.RESULT and (batch := parse_result(frame.payload, self._model.output_bytes)):
            if self._sender.take(batch.seen, batch.expected):
                self._note_progress()
            self._claims.take_results(batch)
            for result in batch.results:
                if self._ledger.accept(result):
                    self._fresh.append(result)
                    self._note_progress()
        return None

    def _note_progress(self) -> None:
        self._stall = Deadline.after(self._stall_timeout_s)

    @property
    def _doing(self) -> str:
        return f"streaming {self._count} vectors to {self._model.name} ({self._ledger.results} results so far)"
