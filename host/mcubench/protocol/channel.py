"""Lines and frames over a link: counts bytes, drops what is damaged, remembers what came last for error messages."""

from __future__ import annotations

import secrets
from collections import deque

from mcubench.deadline import Deadline
from mcubench.link import Link
from mcubench.protocol.frames import Frame, decode_frame, encode_frame
from mcubench.protocol.line_quality import LineQuality
from mcubench.protocol.splitter import CodedFrame, Splitter, TextLine

__all__ = ["Channel"]

CHUNK_BYTES = 65536
# docs/protocol.md section 1: after this long a receiver inside a frame goes back to text. Only time spent waiting
# counts, so a host that was busy elsewhere does not take a frame apart that lies complete in the port's buffer.
SILENCE_S = 0.25
# The port takes bytes at its baud rate; a board that keeps it from doing so for this long hangs.
WRITE_TIMEOUT_S = 10.0
SHOWN_CHARACTERS = 80


class Channel:
    """The two kinds of things that travel on a link, whole and checked."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.tx_bytes = 0
        self.rx_bytes = 0
        self.crc_errors = 0
        self.to_board = LineQuality()  # what became of DATA, over all streams
        self._splitter = Splitter()
        self._events: deque[TextLine | Frame] = deque()
        # A random start keeps late answers to frames of an earlier host from being taken for ours.
        self._frame_seq = secrets.randbelow(0x100)
        self._silent_s = 0.0  # waited since the last bytes came
        self._last_chunk = b""
        self._last_line = ""

    @property
    def last_seen(self) -> str:
        """The last line that came, or the last bytes if there was none yet; empty if nothing came at all."""
        return self._last_line[:SHOWN_CHARACTERS] or (repr(self._last_chunk[-16:])[1:] if self._last_chunk else "")

    @property
    def next_frame_seq(self) -> int:
        """The sequence number of the frame that is sent next."""
        return self._frame_seq

    def send_text(self, line: str) -> int:
        """Send a line; return its bytes on the wire."""
        return self.send_bytes(line.encode("ascii") + b"\n")

    def send_frame(self, kind: int, payload: bytes) -> int:
        """Send a frame; return its bytes on the wire."""
        wire = encode_frame(kind, self._frame_seq, payload)
        self._frame_seq = (self._frame_seq + 1) & 0xFF
        return self.send_bytes(wire)

    def send_bytes(self, data: bytes, deadline: Deadline | None = None) -> int:
        """Send bytes as they are; return how many. DeadlineError if the port does not take them in time."""
        longest = Deadline.after(WRITE_TIMEOUT_S)
        self.link.write(data, deadline if deadline and deadline.at_s < longest.at_s else longest)
        self.tx_bytes += len(data)
        return len(data)

    def receive(self, deadline: Deadline) -> TextLine | Frame | None:
        """Return the next line or undamaged frame, or None at `deadline`. An expired deadline takes what is there."""
        while not self._events:
            wait_s = min(SILENCE_S - self._silent_s, deadline.left_s)
            chunk = self.link.read(CHUNK_BYTES, Deadline.after(wait_s))
            if chunk:
                self._take(chunk)
            else:
                self._note_silence(wait_s)
            if deadline.expired and not self._events:
                return None
        return self._events.popleft()

    def _note_silence(self, waited_s: float) -> None:
        self._silent_s += waited_s
        if self._silent_s >= SILENCE_S:
            self._splitter.silence()
            self._silent_s = 0.0

    def _take(self, chunk: bytes) -> None:
        self._silent_s = 0.0
        self.rx_bytes += len(chunk)
        self._last_chunk = chunk
        for event in self._splitter.feed(chunk):
            if isinstance(event, CodedFrame):
                frame = decode_frame(event.body)
                if frame:
                    self._events.append(frame)
                else:
                    self.crc_errors += 1
            else:
                self._last_line = event.text
                self._events.append(event)
