"""A board that says what a string of bytes tells it to, with right CRCs where that opens a door.

Its time is made up. Nothing here waits: the clock goes on when the host waits for what does not come.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError
from mcubench.link import Link
from mcubench.protocol.frames import (
    Ack,
    FrameType,
    Results,
    VectorResult,
    ack_payload,
    decode_frame,
    encode_frame,
    result_payload,
)
from mcubench.protocol.splitter import CodedFrame, Splitter, TextLine
from mcubench.protocol.text import add_trailer, split_trailer

__all__ = ["INPUT_BYTES", "OUTPUT_BYTES", "Clock", "HostileBoard", "Script"]

INPUT_BYTES, OUTPUT_BYTES = 8, 4
INFO = """\
board name=hostile core=none uid=00 port_version=3 counts_time=1
build id=00 toolchain=none flags=
engine name=none version=1 kernels=none
link window={window} frame={frame} hold={hold} grain={grain} baud=1000000{baud_max} noise=0 crc_errors=0 overruns=0
memory
boot count=1 cause=power-on mark={mark}
ok protocol=2"""
# Lines, and pieces of lines, that lead somewhere.
LINES = [
    "ok", "error", "error crc", "error engine status=-1", "ok protocol=2", "ok count=1 selected=none", "ok n=3 model=m",
    "ok n=1 model=a cold=0 overhead_cycles=1 input_crc32=00000000 output_crc32=ffffffff stable=1", "memory",
    "cycles first=0 values=1", "cycles first=0 values=1,2,3", "cycles first=9999999999999999999 values=,,",
    "boot board=x protocol=2 count=2 cause=fault", "boot count=1 cause=x mark=1", "fault boot=1 kind=hard pc=00000000",
    "layer index=0 op=ADD cycles=1", "ok layers=1 window_cycles=1 sum_cycles=1 output_crc32=0", "ok baud=2000000",
    "model index=0 name=a sha256=00 input_bytes=1 input_type=int8 output_bytes=1 output_type=int8 layers=1",
    "clock name=a hz=1 overclock=0", "option name=x", "ok cycles=4294967295 hz=1", "ok cycles=1 hz=0", "ok name=a hz=2",
    "ok mark=0",
]  # fmt: skip


class Clock:
    """Time that goes on only when somebody waits."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        self.now_s += 1e-6  # so that whoever looks at the clock all the time gets somewhere
        return self.now_s

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let this be the clock of the process."""
        real, time.monotonic = time.monotonic, self.monotonic
        try:
            yield
        finally:
            time.monotonic = real


class Script:
    """The bytes that decide; zeros when there are none left, and `over` says so."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def over(self) -> bool:
        return self._at >= len(self._data)

    def take(self, count: int = 1) -> bytes:
        data = self._data[self._at : self._at + count]
        self._at += count
        return data.ljust(count, b"\0")

    def number(self, below: int = 256) -> int:
        return int.from_bytes(self.take(1 if below <= 256 else 2), "little") % below


class HostileBoard(Link):
    """A link to it. When the script is over it falls silent, or the port goes away."""

    def __init__(self, script: Script, clock: Clock) -> None:
        self.name = "hostile"
        self.transcript = None
        self._script = script
        self.clock = clock
        flags = script.number()
        self.has_rate = bool(flags & 1)
        self.is_polite = bool(flags & 2)  # says who it is when asked
        self._ends_gone = bool(flags & 4)
        self._link = {
            "window": (7680, 100, 1, 65536)[flags >> 3 & 3], "frame": (2560, 1)[flags >> 5 & 1],
            "hold": (4096, 0)[flags >> 6 & 1], "grain": (64, 7)[flags >> 6 & 1],
            "baud_max": " baud_max=4000000" * (flags >> 7 & 1),
        }  # fmt: skip
        self._baud = 1_000_000
        self._splitter = Splitter()
        self._outbox = bytearray()
        self._command_seq = self._frame_seq = self._mark = 0

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Say something, or let time pass."""
        if not self._outbox and not self._script.over:
            self._outbox += self._say()
        if not self._outbox:
            if self._script.over and self._ends_gone:
                raise LinkError(self.name, "the port went away")
            self.clock.now_s = max(self.clock.now_s, deadline.at_s)
        data = bytes(self._outbox[:max_bytes])
        del self._outbox[:max_bytes]
        return data

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Note how the host numbers what it asks; a polite board answers some of it."""
        if self._script.over and len(data) > 4096:
            raise DeadlineError(self.name, "writing", deadline.timeout_s, "the port takes no more")
        for event in self._splitter.feed(data):
            if isinstance(event, TextLine):
                self._hear(event)
            elif isinstance(event, CodedFrame) and (frame := decode_frame(event.body)):
                self._frame_seq = frame.seq
                if frame.type == FrameType.ECHO and self._script.number(4):
                    self._outbox += encode_frame(FrameType.ECHOED, 0, frame.payload)

    @property
    def baud(self) -> int:
        return self._baud

    def set_baud(self, baud: int) -> None:
        self._baud = baud

    def pulse_reset(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def _hear(self, line: TextLine) -> None:
        text, self._command_seq = split_trailer(line.text) or ("", 0)
        verb, *words = text.split() or [""]
        if verb == "mark":
            self._mark = int(words[0])
        if self.is_polite and verb in ("info", "mark"):
            answer = INFO.format(mark=self._mark, **self._link) if verb == "info" else f"ok mark={self._mark}"
            self._outbox += b"".join(map(self._line, answer.split("\n")))

    def _line(self, text: str) -> bytes:
        return add_trailer(text, self._command_seq).encode() + b"\n"

    def _say(self) -> bytes:
        script = self._script
        choice = script.number(10)
        if choice == 0:
            return script.take(script.number())
        if choice == 1:
            return self._line(LINES[script.number(len(LINES))])
        if choice == 2:
            text = LINES[script.number(len(LINES))] + " " + _printable(script.take(script.number(40)))
            return self._line(text)
        if choice == 3:
            return LINES[script.number(len(LINES))].encode() + b"\n"
        if choice == 4:
            return encode_frame(script.number(), script.number(), script.take(script.number()))
        if choice in (5, 6):
            return self._ack()
        if choice in (7, 8):
            return self._results()
        self.clock.now_s += script.number() / 64
        return b""

    def _ack(self) -> bytes:
        script = self._script
        expected, oldest = self._offset(), script.number(64)
        flags = script.number()
        ack = Ack(expected, oldest, self._seen(), flags == 1, flags == 2, script.take(script.number(40)))
        return encode_frame(FrameType.ACK, 0, ack_payload(ack))

    def _results(self) -> bytes:
        script = self._script
        first, count, kind = script.number(50), 1 + script.number(6), script.number(8)
        results = []
        for index in range(first, first + count):
            data = vectors()[INPUT_BYTES * index : INPUT_BYTES * (index + 1)]
            crc32 = zlib.crc32(data) ^ (kind == 1)
            output = script.take(OUTPUT_BYTES) if kind == 2 else data[:OUTPUT_BYTES].ljust(OUTPUT_BYTES, b"\0")
            results.append(VectorResult(index, -(kind == 3), kind != 4, crc32, output))
        return encode_frame(FrameType.RESULT, 0, result_payload(Results(self._offset(), self._seen(), results)))

    def _offset(self) -> int:
        """Return where it stands: somewhere in the stream, or anywhere at all."""
        number = self._script.number(1 << 16)
        return number % 400 if number < 60_000 else number << 48

    def _seen(self) -> int:
        """Return what it has seen: mostly the last frame, or one before it."""
        back = self._script.number()
        return (self._frame_seq - (0 if back < 128 else back)) & 0xFF


def vectors() -> bytes:
    """Return what the host streams: 40 vectors."""
    return bytes(range(256)) + bytes(64)


def _printable(data: bytes) -> str:
    return "".join(chr(0x20 + byte % 95) for byte in data)
