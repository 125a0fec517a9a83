"""Vectors in, results out: docs/protocol.md, section 3, seen from a board."""

from __future__ import annotations

import struct
from collections.abc import Callable

from mcubench.protocol.frames import (
    Ack,
    Frame,
    FrameType,
    VectorResult,
    ack_payload,
    decode_frame,
    encode_frame,
    result_payload,
)
from mcubench.serve.counter import has_passed, read_counter, time_invoke
from mcubench.serve.engine import EngineError
from mcubench.serve.session import Session
from mcubench.serve.splitter import FRAME_BYTES

__all__ = ["WINDOW_BYTES", "BoardStream"]

# As on the native board. A pty loses nothing however much is sent: its writer waits.
WINDOW_BYTES = 7680
RESULT_WAIT_S = 0.1
# Results travel together up to so many bytes; each takes nine besides its output.
QUEUE_BYTES = 512
ITEM_BYTES = 9
MOST_VECTORS = 1 << 32
_OFFSET = struct.Struct("<Q")
# Around the coded body.
DELIMITER_BYTES = 2


class BoardStream:
    """Give it a session with `select`, then coded frame bodies; it sends ACK and RESULT frames."""

    def __init__(self, send: Callable[[bytes], None], overhead_cycles: int) -> None:
        self.crc_errors = 0
        self._send = send
        self._overhead_cycles = overhead_cycles
        self._session: Session | None = None
        self._frame_seq = 0
        self._queue: list[VectorResult] = []
        self._queue_bytes = 0
        self._queue_since = 0
        self.select(None)

    def select(self, session: Session | None) -> None:
        """Begin at offset 0 of another vector stream, or of none."""
        self._session = session
        self._expected = 0
        self._index = 0  # of the vector that arrives or is run
        self._unacked_bytes = 0  # wire bytes of DATA that were accepted and not yet acknowledged
        self._gap = False

    def handle_body(self, coded: bytes) -> None:
        """Handle what came between two delimiters."""
        frame = decode_frame(coded)
        if frame is None or not _length_is_legal(frame):
            self.drop_body()
        elif frame.type == FrameType.DATA:
            self._handle_data(frame, len(coded) + DELIMITER_BYTES)
        elif frame.type == FrameType.SEEK:
            self._handle_seek(_OFFSET.unpack(frame.payload)[0])
        elif frame.type == FrameType.POLL:
            self.flush()
            self._send_ack()

    def drop_body(self) -> None:
        """Count and report a frame that was damaged."""
        self.crc_errors += 1
        self._report_gap()

    def poll(self) -> None:
        """Send the results that have waited too long."""
        if self._queue and has_passed(self._queue_since, RESULT_WAIT_S):
            self.flush()

    def flush(self) -> None:
        """Send the results that wait."""
        if self._queue:
            self._send_frame(FrameType.RESULT, result_payload(self._expected, self._queue))
            self._queue.clear()
            self._queue_bytes = 0
            self._unacked_bytes = 0

    def _handle_data(self, frame: Frame, wire_bytes: int) -> None:
        session = self._session
        (offset,) = _OFFSET.unpack_from(frame.payload)
        data = frame.payload[_OFFSET.size :]
        if session is None or offset != self._expected:
            self._report_gap()
            return
        self._gap = False
        self._expected += len(data)
        self._unacked_bytes += wire_bytes
        while data:
            data = data[session.fill(data) :]
            if session.is_complete:
                self._run_vector(session)
        self._acknowledge_progress(session)

    def _run_vector(self, session: Session) -> None:
        """Queue the result of the vector that is complete; after an engine error the output is zeros."""
        input_crc32 = session.load()
        status, cycles, output = 0, 0, bytes(session.network.output_bytes)
        try:
            cycles = time_invoke(session.model, self._overhead_cycles)
            output = session.model.output()
        except EngineError as exc:
            status = exc.status
        self._queue_result(VectorResult(self._index, status, cycles, input_crc32, output))
        self._index = (self._index + 1) % MOST_VECTORS
        self.poll()

    def _queue_result(self, result: VectorResult) -> None:
        item_bytes = ITEM_BYTES + len(result.output)
        if self._queue_bytes + item_bytes > QUEUE_BYTES:
            self.flush()
        if not self._queue:
            self._queue_since = read_counter()
        self._queue.append(result)
        self._queue_bytes += item_bytes
        if item_bytes > QUEUE_BYTES:
            self.flush()

    def _acknowledge_progress(self, session: Session) -> None:
        """Let the host go on before its window is used up: by a result, or by a large vector's progress."""
        quarter = WINDOW_BYTES // 4
        large = session.network.input_bytes > quarter
        if self._unacked_bytes < (quarter if large else 2 * quarter):
            return
        if self._queue:
            self.flush()
        else:
            self._send_ack()

    def _handle_seek(self, offset: int) -> None:
        """Go to another vector; a SEEK that cannot be is answered with the gap flag and changes nothing."""
        self.flush()
        session = self._session
        size = session.network.input_bytes if session else 1
        self._gap = session is None or offset % size != 0 or offset // size >= MOST_VECTORS
        if session and not self._gap:
            session.forget_part()
            self._expected = offset
            self._index = offset // size
        self._send_ack()

    def _report_gap(self) -> None:
        """Say once that DATA was lost; a second report for the same offset would make the host go back twice."""
        if not self._gap:
            self._gap = True
            self._send_ack()

    def _send_ack(self) -> None:
        self._send_frame(FrameType.ACK, ack_payload(Ack(self._expected, self._gap, self._session is None)))
        self._unacked_bytes = 0

    def _send_frame(self, kind: FrameType, payload: bytes) -> None:
        self._send(encode_frame(kind, self._frame_seq, payload))
        self._frame_seq = (self._frame_seq + 1) & 0xFF


def _length_is_legal(frame: Frame) -> bool:
    """Tell whether the payload has a length that its type allows; unknown types may have any."""
    size = len(frame.payload)
    if frame.type == FrameType.DATA:
        return _OFFSET.size < size <= _OFFSET.size + FRAME_BYTES
    if frame.type == FrameType.SEEK:
        return size == _OFFSET.size
    return frame.type != FrameType.POLL or size == 0
