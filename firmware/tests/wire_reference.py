"""The line protocol written a second time, from docs/protocol.md alone: what the C code is compared with.

Kept apart from the host package on purpose, so that both ends cannot share a misunderstanding.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = [
    "ACK",
    "AGAIN",
    "BODY_BYTES_MAX",
    "DATA",
    "DATA_BYTES_MAX",
    "ECHO",
    "ECHOED",
    "NO_MODEL",
    "POLL",
    "REFUSED",
    "RESULT",
    "SEEK",
    "Ack",
    "Answer",
    "Event",
    "Frame",
    "Item",
    "Result",
    "Sender",
    "Splitter",
    "cobs_decode",
    "cobs_encode",
    "data_frame",
    "decode_body",
    "frame",
    "parse_ack",
    "parse_result",
    "seek_frame",
    "with_trailer",
    "words",
]

DATA, SEEK, POLL, AGAIN, ECHO, ACK, RESULT, ECHOED = 0x01, 0x02, 0x03, 0x04, 0x05, 0x81, 0x82, 0x85
REFUSED, NO_MODEL = 1, 2

LINE_BYTES_MAX = 255
DATA_BYTES_MAX = 2560  # `frame` of a board with room for it
BODY_BYTES_MAX = 2588  # 5 + 8 + 2560 + 4 bytes and eleven code bytes of COBS


def cobs_encode(data: bytes) -> bytes:
    """Return `data` without zero bytes, as in Cheshire and Baker (a full last block gets nothing after it)."""
    out = bytearray()
    for index, piece in enumerate(pieces := data.split(b"\x00")):
        while len(piece) >= 254:
            out += b"\xff" + piece[:254]
            piece = piece[254:]
            if not piece and index == len(pieces) - 1:
                return bytes(out)
        out += bytes([len(piece) + 1]) + piece
    return bytes(out)


def cobs_decode(coded: bytes) -> bytes:
    """Return what `coded` stands for; ValueError if it is no COBS code."""
    out = bytearray()
    while coded:
        code, coded = coded[0], coded[1:]
        piece, coded = coded[: code - 1], coded[code - 1 :] if code else b""
        if code == 0 or len(piece) != code - 1 or 0 in piece:
            raise ValueError(f"no COBS code at block {code}")
        out += piece
        if code != 0xFF and coded:
            out.append(0)
    return bytes(out)


def frame(kind: int, payload: bytes = b"", seq: int = 0) -> bytes:
    """Return one frame as it travels, delimiters included."""
    body = bytes([0, kind, seq]) + struct.pack("<H", len(payload)) + payload
    return b"\x00" + cobs_encode(body + struct.pack("<I", zlib.crc32(body))) + b"\x00"


def data_frame(offset: int, data: bytes) -> bytes:
    return frame(DATA, struct.pack("<Q", offset) + data)


def seek_frame(offset: int) -> bytes:
    return frame(SEEK, struct.pack("<Q", offset))


@dataclass
class Sender:
    """Numbers frames as a host does."""

    seq: int = 0  # of the next frame

    def frame(self, kind: int, payload: bytes = b"") -> bytes:
        made = frame(kind, payload, self.seq)
        self.seq = (self.seq + 1) % 256
        return made

    def data(self, offset: int, data: bytes) -> bytes:
        return self.frame(DATA, struct.pack("<Q", offset) + data)

    def pieces(self, data: bytes, size: int, start: int = 0) -> list[bytes]:
        """Return DATA frames that carry `data` from `start` on in pieces of `size` bytes."""
        return [self.data(at, data[at : at + size]) for at in range(start, len(data), size)]

    def seek(self, offset: int) -> bytes:
        return self.frame(SEEK, struct.pack("<Q", offset))

    def poll(self) -> bytes:
        return self.frame(POLL)

    def again(self, index: int) -> bytes:
        return self.frame(AGAIN, struct.pack("<I", index))

    def echo(self, data: bytes) -> bytes:
        return self.frame(ECHO, data)

    def lose(self, count: int = 1) -> None:
        """Count frames that do not arrive."""
        self.seq = (self.seq + count) % 256


@dataclass(frozen=True)
class Frame:
    kind: int
    seq: int
    payload: bytes


def decode_body(coded: bytes) -> Frame:
    """Return the frame in a coded body; ValueError if anything about it is wrong."""
    body = cobs_decode(coded)
    if len(body) < 9 or body[0] != 0:
        raise ValueError("too short, or no marker")
    (length,) = struct.unpack_from("<H", body, 3)
    (crc,) = struct.unpack_from("<I", body, len(body) - 4)
    if length != len(body) - 9 or crc != zlib.crc32(body[:-4]):
        raise ValueError("wrong length or CRC")
    return Frame(body[1], body[2], body[5:-4])


@dataclass(frozen=True)
class Ack:
    expected: int
    oldest: int
    seen: int
    flags: int = 0
    held: frozenset[int] = frozenset()  # grains beyond that of `expected`, counted from it


@dataclass(frozen=True)
class Item:
    index: int
    status: int
    cycles: int
    input_crc: int
    output: bytes


@dataclass(frozen=True)
class Result:
    expected: int
    seen: int
    items: tuple[Item, ...]


def parse_ack(payload: bytes) -> Ack:
    """Return what an ACK says; ValueError if its hold map ends in a zero byte, which is to be left out."""
    hold_map = payload[14:]
    if hold_map.endswith(b"\x00"):
        raise ValueError("zero bytes at the end of the hold map")
    held = frozenset(bit for bit in range(8 * len(hold_map)) if hold_map[bit // 8] >> bit % 8 & 1)
    return Ack(*struct.unpack_from("<QIBB", payload), held)


def parse_result(payload: bytes, output_bytes: int) -> Result:
    expected, seen, first, count = struct.unpack_from("<QBIB", payload)
    size = 9 + output_bytes
    if count == 0 or len(payload) != 14 + count * size:
        raise ValueError(f"{len(payload)} bytes cannot hold {count} results")
    items = []
    for k in range(count):
        at = 14 + k * size
        status, cycles, input_crc = struct.unpack_from("<bII", payload, at)
        items.append(Item(first + k, status, cycles, input_crc, payload[at + 9 : at + size]))
    return Result(expected, seen, tuple(items))


def with_trailer(text: str, seq: int) -> str:
    checked = f"{text} #{seq}"
    return f"{checked}:{zlib.crc32(checked.encode()):08x}"


@dataclass(frozen=True)
class Answer:
    """One answer line: its kind (`ok`, `error`, `cycles` ...), its words, and the seq of its trailer, if it had one."""

    text: str
    seq: int | None

    @classmethod
    def parse(cls, line: str) -> Answer:
        """Cut off and check the trailer; AssertionError if its CRC is wrong."""
        text, _, trailer = line.rpartition(" #")
        if not text:
            return cls(line, None)
        seq = int(trailer.partition(":")[0])
        assert line == with_trailer(text, seq), line
        return cls(text, seq)

    @property
    def kind(self) -> str:
        return self.text.split(" ")[0]


def words(answer: Answer) -> dict[str, str]:
    """Return the `key=value` words of an answer, decoded."""
    pairs = (word.partition("=") for word in answer.text.split(" ") if "=" in word)
    return {key: value.replace("%20", " ").replace("%25", "%") for key, _, value in pairs}


@dataclass(frozen=True)
class Event:
    """What a splitter found: "line", "noise", "too-long", "frame" or "frame-too-long"."""

    kind: str
    data: bytes = b""


@dataclass
class Splitter:
    """The three states of section 1, as the table there has them."""

    body_bytes_max: int = BODY_BYTES_MAX
    line_bytes_max: int | None = LINE_BYTES_MAX
    state: str = "TEXT"
    held: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> Iterator[Event]:
        for byte in data:
            yield from getattr(self, f"_in_{self.state.lower()}")(byte)

    def _go(self, state: str) -> None:
        self.state = state
        self.held.clear()

    def _in_text(self, byte: int) -> Iterator[Event]:
        if byte == 0:
            self._go("START")
        elif byte == ord("\n"):
            line = bytes(self.held).removesuffix(b"\r")
            self._go("TEXT")
            yield self._judge(line)
        else:
            self.held.append(byte)

    def _judge(self, line: bytes) -> Event:
        if any(not 0x20 <= byte <= 0x7E for byte in line):
            return Event("noise")
        if self.line_bytes_max is not None and len(line) > self.line_bytes_max:
            return Event("too-long")
        return Event("line", line)

    def _in_start(self, byte: int) -> Iterator[Event]:
        if byte == 1:
            self._go("FRAME")
            self.held.append(byte)
        elif byte != 0:
            self._go("TEXT")
            yield from self._in_text(byte)

    def _in_frame(self, byte: int) -> Iterator[Event]:
        if byte == 0:
            body = bytes(self.held)
            self._go("START")
            yield Event("frame", body)
        elif len(self.held) == self.body_bytes_max:
            self._go("TEXT")
            yield Event("frame-too-long")
        else:
            self.held.append(byte)
