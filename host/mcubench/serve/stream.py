"""Vectors in, results out: docs/protocol.md, section 3, seen from a board."""

from __future__ import annotations

import struct
from collections.abc import Callable

from mcubench.protocol.frames import (
    Ack,
    Frame,
    FrameType,
    Results,
    VectorResult,
    ack_payload,
    decode_frame,
    encode_frame,
    result_payload,
)
from mcubench.serve.counter import has_passed, read_counter
from mcubench.serve.engine import EngineError
from mcubench.serve.hold import Hold
from mcubench.serve.platform import Platform
from mcubench.serve.results import MOST_VECTORS, ResultStore
from mcubench.serve.session import Session
from mcubench.serve.splitter import FRAME_BYTES

__all__ = ["WINDOW_BYTES", "BoardStream"]

# As on the native board. A pty loses nothing however much is sent: its writer waits.
WINDOW_BYTES = 32256
QUARTER_BYTES = WINDOW_BYTES // 4
RESULT_WAIT_S = 0.5
_OFFSET = struct.Struct("<Q")
_INDEX = struct.Struct("<I")
# Around the coded body.
DELIMITER_BYTES = 2
LENGTHS = {FrameType.SEEK.value: _OFFSET.size, FrameType.POLL.value: 0, FrameType.AGAIN.value: _INDEX.size}
QUESTIONS = (FrameType.SEEK, FrameType.POLL, FrameType.AGAIN)


class BoardStream:
    """Give it a session with `select`, then coded frame bodies; it sends ACK, RESULT and ECHO frames."""

    def __init__(self, send: Callable[[bytes], None], platform: Platform, overhead_cycles: int) -> None:
        self.crc_errors = 0
        self._send = send
        self._platform = platform
        self._overhead_cycles = overhead_cycles
        self._frame_seq = 0
        self._seen = 0
        self._hold = Hold()
        self._waiting_since = 0
        self.select(None)

    def select(self, session: Session | None) -> None:
        """Begin at offset 0 of another vector stream, or of none."""
        self._session = session
        self._untold_bytes = 0  # wire bytes of intact DATA that no ACK or RESULT has told of
        self._results = ResultStore()
        self._begin_at(0, 0)

    def handle_body(self, coded: bytes) -> None:
        """Handle what came between two delimiters."""
        frame = decode_frame(coded)
        if frame is None or not _length_is_legal(frame):
            self.drop_body()
            return
        frames_were_lost = frame.seq != (self._seen + 1) & 0xFF
        self._seen = frame.seq
        if frame.type in QUESTIONS:
            self._answer(frame)
            return
        if frame.type == FrameType.DATA:
            self._untold_bytes += len(coded) + DELIMITER_BYTES
            self._handle_data(frame.payload)
        elif frame.type == FrameType.ECHO:
            self._send_frame(FrameType.ECHOED, frame.payload)
        if frames_were_lost:
            self._send_ack()
        else:
            self._tell_progress()

    def drop_body(self) -> None:
        """Count a frame that was damaged."""
        self.crc_errors += 1

    def poll(self) -> None:
        """Send the results that have waited too long."""
        if self._results.waiting and has_passed(self._waiting_since, RESULT_WAIT_S):
            self.flush()

    def flush(self) -> None:
        """Send the results that wait."""
        while self._results.waiting:
            batch = Results(self._expected, self._seen, self._results.take())
            self._send_frame(FrameType.RESULT, result_payload(batch))
            self._untold_bytes = 0

    def _begin_at(self, offset: int, index: int) -> None:
        """Begin anew at a vector."""
        self._expected = offset
        self._index = index  # of the vector that arrives or is run
        self._hold.clear()
        self._results.restart(index)

    def _handle_data(self, payload: bytes) -> None:
        (offset,) = _OFFSET.unpack_from(payload)
        data = payload[_OFFSET.size :]
        session = self._session
        if session is None:
            return
        if offset > self._expected:
            self._hold.put(self._expected, offset, data)
            return
        data = data[self._expected - offset :]
        while data:
            self._take_in(session, data)
            data = self._hold.at(self._expected)

    def _take_in(self, session: Session, data: bytes) -> None:
        """Take what comes at the expected offset."""
        self._expected += len(data)
        self._hold.advance(self._expected)
        while data:
            data = data[session.fill(data) :]
            if session.is_complete:
                if self._vectors_are_large and self._untold_bytes > 0:
                    self._send_ack()  # while it is run the next one arrives, which takes the whole window
                self._run_vector(session)

    def _run_vector(self, session: Session) -> None:
        """Queue the result of the vector that is complete; after an engine error the output is zeros."""
        input_crc32 = session.load()
        status, cycles, output = 0, 0, bytes(session.network.output_bytes)
        try:
            cycles = self._platform.time_invoke(session.model, self._overhead_cycles)
            output = session.model.output()
        except EngineError as exc:
            status = exc.status
        self._results.add(VectorResult(self._index, status, cycles, input_crc32, output))
        self._index = (self._index + 1) % MOST_VECTORS
        if self._results.waiting == 1:
            self._waiting_since = read_counter()
        if self._results.batch_is_full:
            self.flush()
        self.poll()

    def _tell_progress(self) -> None:
        """Let the host go on before its window is used up: by a result, or by a large vector's progress."""
        if self._untold_bytes < (QUARTER_BYTES if self._vectors_are_large else 2 * QUARTER_BYTES):
            return
        if self._results.waiting:
            self.flush()
        else:
            self._send_ack()

    @property
    def _vectors_are_large(self) -> bool:
        return self._session is not None and self._session.network.input_bytes > QUARTER_BYTES

    def _answer(self, frame: Frame) -> None:
        """Answer what asks for an ACK, after the results that wait."""
        if frame.type == FrameType.AGAIN:
            self._results.again(*_INDEX.unpack(frame.payload))
        self.flush()
        refused = frame.type == FrameType.SEEK and not self._seek(*_OFFSET.unpack(frame.payload))
        self._send_ack(refused)

    def _seek(self, offset: int) -> bool:
        """Go to another vector; one that cannot be changes nothing, and the answer is False."""
        session = self._session
        if session is None:
            return False
        index, rest = divmod(offset, session.network.input_bytes)
        if rest or index >= MOST_VECTORS:
            return False
        session.forget_part()
        self._begin_at(offset, index)
        return True

    def _send_ack(self, refused: bool = False) -> None:
        hold_map = self._hold.map(self._expected)
        ack = Ack(self._expected, self._results.oldest, self._seen, refused, self._session is None, hold_map)
        self._send_frame(FrameType.ACK, ack_payload(ack))
        self._untold_bytes = 0

    def _send_frame(self, kind: FrameType, payload: bytes) -> None:
        self._send(encode_frame(kind, self._frame_seq, payload))
        self._frame_seq = (self._frame_seq + 1) & 0xFF


def _length_is_legal(frame: Frame) -> bool:
    """Tell whether the payload has a length that its type allows; unknown types may have any."""
    size = len(frame.payload)
    if frame.type == FrameType.DATA:
        return _OFFSET.size < size <= _OFFSET.size + FRAME_BYTES
    if frame.type == FrameType.ECHO:
        return 0 < size <= FRAME_BYTES
    return LENGTHS.get(frame.type, size) == size
