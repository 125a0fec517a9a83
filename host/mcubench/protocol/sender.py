"""Sending the vector stream: what goes out next, what is on its way, and what was lost."""

from __future__ import annotations

import math
import time

from mcubench.protocol.answers import BoardInfo
from mcubench.protocol.channel import Channel
from mcubench.protocol.frames import Ack, FrameType, data_payload
from mcubench.protocol.ledger import ResultLedger
from mcubench.protocol.patience import Patience
from mcubench.protocol.ranges import Ranges
from mcubench.protocol.source import VectorSource
from mcubench.protocol.window import Flight, SentFrame, largest_piece

__all__ = ["Sender"]

# Of what was sent beyond the board's hold, more than this share must not be dropped there because of faults before it.
MOST_DROPPED_SHARE = 0.02


class Sender:
    """`begin` with a part of the stream, `send_next` while that sends something, and `take` what the board says.

    A line keeps the order of what it does not lose. So when the board has seen a frame, those before it are lost unless
    the board has what was in them; no clock is needed to know. They are sent again first, alone (docs/protocol.md
    section 3).
    """

    def __init__(self, info: BoardInfo, source: VectorSource, ledger: ResultLedger, patience: Patience) -> None:
        self.retransmits = 0
        self.expected = 0  # what the board lacks begins here
        self.first_missing = 0  # offset of the first vector whose result may still come
        self._window_bytes = info.window_bytes
        self._grain_bytes = info.grain_bytes
        self._hold_bytes = info.hold_bytes
        self._largest_piece = largest_piece(info.frame_bytes, info.window_bytes, info.grain_bytes)
        self._source = source
        self._ledger = ledger
        self._patience = patience
        self._kept_bytes = math.inf  # vector bytes of all results that the board keeps, as far as is known
        self._furthest = 0  # everything below was sent at least once

    def begin(self, channel: Channel, start: int, stop: int) -> None:
        """Send from `start` to `stop` over a channel on which nothing is on its way; SEEK is the first to ask."""
        self._channel = channel
        self._line = channel.to_board
        self._flight = Flight(self._window_bytes)
        self._lost = Ranges()
        self._unsure: list[SentFrame] = []  # DATA that was seen, and may or may not have been taken
        self._number = channel.next_frame_seq
        self._last_poll: SentFrame | None = None
        self.expected = self.first_missing = self._next = start
        self._stop = stop
        self._choose_piece()

    def send_next(self) -> bool:
        """Send the next DATA, or POLL if that says what to send; return False if no DATA was sent."""
        if any(frame is not self._flight.last_seen for frame in self._unsure):
            self._poll_once()  # the ACK that told of a loss was lost; the board may still be at the last frame itself
        start = self._next_start()
        if start >= self._stop:
            return False
        if start >= self._furthest_wise:
            self._poll_if_silent()
            return False
        stop = self._piece_stop(start)
        if not self._flight.has_room_for_data(stop - start):
            return False
        self._send_data(start, stop)
        return True

    def ask(self, kind: FrameType, payload: bytes = b"") -> SentFrame | None:
        """Send POLL, AGAIN or SEEK; return None if there are too many frames on their way."""
        if not self._flight.has_room_for_question:
            return None
        frame = self._send(kind, payload, self._next, self._next)
        if kind is FrameType.POLL:
            self._last_poll = frame
        return frame

    def take(self, seen: int, expected: int, ack: Ack | None = None) -> bool:
        """Note where the board stands, by an ACK or else a RESULT; return whether it has gone on."""
        frames = self._flight.see(seen)
        if frames:
            self._patience.answered(time.monotonic() - frames[-1].at_s)
        self._unsure += [frame for frame in frames if frame.stop > frame.start]
        if not self.expected <= expected <= self._next:
            return False  # an old one, or one of another stream
        went_on = expected > self.expected
        self.expected = expected
        self._lost.drop_below(expected)
        if self._unsure:
            self._sort_out(ack)
            self._choose_piece()
        return went_on

    def note_kept_results(self, vector_bytes: int) -> None:
        """Note that a missing result is not kept any more, and that the board keeps those of so many bytes of vectors.

        From now on no more are sent before the first missing result has come.
        """
        self._kept_bytes = vector_bytes if vector_bytes > 0 else math.inf

    def is_under_way(self, frame: SentFrame | None) -> bool:
        """Tell whether a frame may still be on its way."""
        return self._flight.holds(frame)

    @property
    def flight_bytes(self) -> int:
        """Bytes on the wire that the board has not seen yet, so far as is known."""
        return self._flight.wire_bytes

    @property
    def last_seen(self) -> SentFrame | None:
        """The last frame that the board has seen, so far as is known."""
        return self._flight.last_seen

    def _next_start(self) -> int:
        return self._lost.first[0] if self._lost else self._next

    def _piece_stop(self, start: int) -> int:
        """Return where the piece that begins at `start` ends: on a grain, before what the board can no longer hold."""
        stop = start + self._piece_bytes
        if self._hold_bytes:
            aligned = stop - stop % self._grain_bytes
            stop = aligned if aligned > start else stop
        if self._is_lossy:
            stop = min(stop, self._hold_stop)
        return min(stop, self._lost.first[1] if self._lost else self._stop)

    @property
    def _furthest_wise(self) -> float:
        """Where to stop until the board has said more.

        What it cannot hold is dropped if anything before it is lost, and a lost result is gone if it cannot keep it.
        """
        kept_stop = self.first_missing + self._kept_bytes
        if self._is_lossy:
            return min(self._hold_stop, kept_stop)
        if self._line.is_known or not self._hold_bytes:
            return kept_stop
        # So much makes the board say where it stands.
        return min(kept_stop, max(self._hold_stop, self.expected + self._window_bytes // 2))

    @property
    def _is_lossy(self) -> bool:
        dropped = self._line.fault_rate * (self._window_bytes - self._hold_bytes)
        return self._hold_bytes > 0 and dropped > MOST_DROPPED_SHARE

    @property
    def _hold_stop(self) -> int:
        return self.expected - self.expected % self._grain_bytes + self._hold_bytes

    def _send_data(self, start: int, stop: int) -> None:
        data = self._source.read(start, stop)
        self._ledger.note_input(start, data)
        self.retransmits += start < self._furthest
        self._furthest = max(self._furthest, stop)
        self._lost.drop_below(stop)
        self._next = max(self._next, stop)
        self._send(FrameType.DATA, data_payload(start, data), start, stop)

    def _send(self, kind: FrameType, payload: bytes, start: int, stop: int) -> SentFrame:
        wire_bytes = self._channel.send_frame(kind, payload)
        frame = SentFrame(self._number, kind, start, stop, wire_bytes, time.monotonic())
        self._number += 1
        self._flight.add(frame)
        return frame

    def _poll_if_silent(self) -> None:
        """Ask where the board stands if it would not say so without more DATA."""
        if self._flight.wire_bytes < self._window_bytes // 2:
            self._poll_once()

    def _poll_once(self) -> None:
        if not self._flight.holds(self._last_poll):
            self.ask(FrameType.POLL)

    def _sort_out(self, ack: Ack | None) -> None:
        """Find out what became of the frames that were seen; only the hold map tells of those beyond `expected`."""
        unsure = []
        for frame in self._unsure:
            if frame.stop <= self.expected:
                self._line.note(frame.wire_bytes, False)
            elif ack is None:
                unsure.append(frame)
            else:
                self._note_missing(frame, ack.hold_map)
        self._unsure = unsure

    def _note_missing(self, frame: SentFrame, hold_map: bytes) -> None:
        """Note what the board lacks of a frame that it had no hole before, or is not at any more."""
        grain = self._grain_bytes
        first = self.expected // grain
        held = int.from_bytes(hold_map, "little")
        missing = 0
        start = max(frame.start, self.expected)
        for at in range(start // grain, -(-frame.stop // grain)):
            if not held >> (at - first) & 1:
                missing += 1
                self._lost.add(max(start, at * grain), min(frame.stop, (at + 1) * grain))
        # What the board had no room for says nothing about the line.
        if frame.start < max(self._hold_stop, self.expected + 1):
            grains = -(-frame.stop // grain) - start // grain
            self._line.note(frame.wire_bytes, start == frame.start and missing == grains)

    def _choose_piece(self) -> None:
        self._piece_bytes = self._line.best_piece(self._largest_piece, self._grain_bytes)
