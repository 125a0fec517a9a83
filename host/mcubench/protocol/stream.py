"""Vectors to the board and results back, docs/protocol.md section 3: windowed, and complete whatever the line loses."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, ProtocolError
from mcubench.protocol.answers import BoardInfo, ModelInfo
from mcubench.protocol.channel import Channel
from mcubench.protocol.frames import (
    Ack,
    Frame,
    FrameType,
    VectorResult,
    data_payload,
    offset_payload,
    parse_ack,
    parse_result,
)
from mcubench.protocol.ledger import ResultLedger
from mcubench.protocol.window import SendWindow, piece_bytes

__all__ = ["Traffic", "VectorStream"]

# Silence after which the board is asked for its offset, on top of the time of four inferences; doubled while it lasts.
# A premature question costs a few bytes.
FIRST_PATIENCE_S = 1.0
# A stream in which nothing moves for this long, and the time of twenty inferences, is dead.
STALL_TIMEOUT_S = 15.0
# A damaged frame makes the pieces smaller by half, down to this; every acknowledgement lets them grow again.
SMALLEST_PIECE_BYTES = 64
# Rounds over the same vectors that bring no new result; each asks for half as many, because short frames get through.
MOST_FRUITLESS_ROUNDS = 8


@dataclass(frozen=True)
class Traffic:
    """What a stream cost. Payload is inputs plus outputs; wire bytes are all that moved, delimiters and all."""

    payload_bytes: int
    wire_tx_bytes: int
    wire_rx_bytes: int
    retransmits: int


class VectorStream:
    """Iterate over it to send all vectors and get each one's result exactly once, in any order.

    `payload` holds the inputs one after the other. The model must be selected. `expected_s` is about how long one
    inference takes. Raises DeadlineError, ProtocolError and LinkError as Board does, and WrongOutputError if the board
    gives two different results for one vector.
    """

    def __init__(
        self, channel: Channel, info: BoardInfo, model: ModelInfo, payload: bytes, expected_s: float = 0.0
    ) -> None:
        if not payload or len(payload) % model.input_bytes:
            raise ValueError(f"{len(payload)} bytes are no whole number of vectors of {model.input_bytes} bytes")
        self._channel = channel
        self._port = channel.link.name
        self._model = model
        self._payload = payload
        self._first_patience_s = FIRST_PATIENCE_S + 4 * expected_s
        self._stall_timeout_s = STALL_TIMEOUT_S + 20 * expected_s
        self._largest_piece_bytes = piece_bytes(info.frame_bytes, info.window_bytes)
        self._piece_bytes = self._largest_piece_bytes
        self._window = SendWindow(info.window_bytes)
        self._ledger = ResultLedger(self._port, payload, model.input_bytes)
        self._fresh: deque[VectorResult] = deque()
        self._next = 0  # offset of the next DATA
        self._furthest_sent = 0
        self._furthest_taken = 0
        self._last_index = -1  # of the results of this round; they come in order
        self._poll_offset: int | None = None  # of the next DATA when the last POLL was sent
        self._doubt: int | None = None  # an expected offset that shows a loss, if the next ACK says the same
        self._results = 0
        self._retransmits = 0
        self._tx_start, self._rx_start = channel.tx_bytes, channel.rx_bytes
        self._note_progress()

    @property
    def traffic(self) -> Traffic:
        """What the stream cost so far."""
        return Traffic(
            payload_bytes=self._results * (self._model.input_bytes + self._model.output_bytes),
            wire_tx_bytes=self._channel.tx_bytes - self._tx_start,
            wire_rx_bytes=self._channel.rx_bytes - self._rx_start,
            retransmits=self._retransmits,
        )

    def __iter__(self) -> Iterator[VectorResult]:
        self._note_progress()
        fruitless_rounds = 0
        while (vectors := self._ledger.first_gap()) is not None:
            before = self._results
            yield from self._stream_round(vectors[: max(1, len(vectors) >> fruitless_rounds)])
            fruitless_rounds = 0 if self._results > before else fruitless_rounds + 1
            if fruitless_rounds == MOST_FRUITLESS_ROUNDS:
                raise ProtocolError(
                    self._port,
                    f"vector {vectors.start} was sent {fruitless_rounds} times and no result came that fits its input",
                )

    def _stream_round(self, vectors: range) -> Iterator[VectorResult]:
        """Send vectors that lie next to each other; end when all have results, or those missing are lost."""
        stop = vectors.stop * self._model.input_bytes
        self._last_index = -1
        self._seek(vectors.start * self._model.input_bytes)
        while not self._ledger.has_all(vectors) and self._last_index != vectors.stop - 1:
            self._fill_window(stop)
            frame = self._receive_frame(self._next_patience())
            if frame is None:
                self._poll()
            elif (ack := self._take(frame)) and ack.gap:
                self._go_back(ack.expected)
            elif ack and self._poll_offset is not None:
                if ack.expected == stop:
                    break  # results go out before the answer to a POLL, so those missing were lost
                self._look_for_loss(ack.expected, self._poll_offset)
            yield from self._take_fresh()
        yield from self._take_fresh()

    def _take_fresh(self) -> Iterator[VectorResult]:
        while self._fresh:
            yield self._fresh.popleft()

    def _fill_window(self, stop: int) -> None:
        """Send as much as the window takes, up to offset `stop`."""
        while self._next < stop:
            data = self._payload[self._next : min(self._next + self._piece_bytes, stop)]
            if not self._window.has_room_for(len(data)):
                return
            self._retransmits += self._next < self._furthest_sent
            wire_bytes = self._channel.send_frame(FrameType.DATA, data_payload(self._next, data))
            self._next += len(data)
            self._furthest_sent = max(self._furthest_sent, self._next)
            self._window.sent(self._next, wire_bytes)

    def _seek(self, offset: int) -> None:
        """Make the board expect `offset` next; then nothing is on its way any more."""
        while True:
            self._channel.send_frame(FrameType.SEEK, offset_payload(offset))
            deadline = self._next_patience()
            while (frame := self._receive_frame(deadline)) is not None:
                ack = self._take(frame)
                if ack and not ack.gap and ack.expected == offset:
                    self._next = offset
                    self._poll_offset = self._doubt = None
                    self._patience_s = self._first_patience_s
                    self._window.clear()
                    return

    def _poll(self) -> None:
        """Ask where the board stands."""
        self._poll_offset = self._next
        self._channel.send_frame(FrameType.POLL, b"")

    def _look_for_loss(self, expected: int, poll_offset: int) -> None:
        """Go back if the board answered a POLL without having all DATA that was sent before it."""
        if expected >= poll_offset:
            return
        # An ACK of progress that was sent before the POLL came looks the same. Two of those are never equal.
        if expected == self._doubt:
            self._go_back(expected)
        else:
            self._doubt = expected

    def _go_back(self, offset: int) -> None:
        """Send again from the vector that `offset` lies in, in smaller pieces, because smaller ones get through."""
        self._piece_bytes = max(min(SMALLEST_PIECE_BYTES, self._largest_piece_bytes), self._piece_bytes // 2)
        self._seek(offset - offset % self._model.input_bytes)

    def _receive_frame(self, deadline: Deadline) -> Frame | None:
        if self._stall.expired:
            raise DeadlineError(self._port, self._doing, self._stall.timeout_s, self._channel.last_seen)
        while (event := self._channel.receive(deadline)) is not None:
            if isinstance(event, Frame):
                return event
            if event.text.startswith("boot "):
                raise ProtocolError(self._port, f"the board reset itself while {self._doing}")
        self._patience_s *= 2
        return None

    def _take(self, frame: Frame) -> Ack | None:
        """Note what a frame says; return it if it is an ACK."""
        if frame.type == FrameType.ACK and (ack := parse_ack(frame.payload)):
            if ack.no_model:
                raise ProtocolError(self._port, f"the board has no model selected any more while {self._doing}")
            self._acknowledge(ack.expected)
            return ack
        if frame.type == FrameType.RESULT and (parsed := parse_result(frame.payload, self._model.output_bytes)):
            expected, results = parsed
            self._acknowledge(expected)
            for result in results:
                self._last_index = result.index
                if self._ledger.accept(result):
                    self._results += 1
                    self._fresh.append(result)
                    self._note_progress()
        return None

    def _acknowledge(self, expected: int) -> None:
        self._window.acknowledged(expected)
        if expected > self._furthest_taken:
            self._furthest_taken = expected
            self._piece_bytes = min(self._largest_piece_bytes, self._piece_bytes * 5 // 4)
            self._note_progress()

    def _note_progress(self) -> None:
        self._doubt = None
        self._stall = Deadline.after(self._stall_timeout_s)
        self._patience_s = self._first_patience_s

    def _next_patience(self) -> Deadline:
        return Deadline.after(min(self._patience_s, self._stall.left_s))

    @property
    def _doing(self) -> str:
        count = len(self._payload) // self._model.input_bytes
        return f"streaming {count} vectors to {self._model.name} ({self._results} results so far)"
