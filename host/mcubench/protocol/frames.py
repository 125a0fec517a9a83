"""Binary frames, section 3 of docs/protocol.md: coding, decoding and the payloads of each type."""

from __future__ import annotations

import enum
import struct
import zlib
from dataclasses import dataclass

from mcubench.protocol.cobs import cobs_decode, cobs_encode, cobs_length_limit

__all__ = [
    "DATA_OVERHEAD_BYTES",
    "LARGEST_BODY_BYTES",
    "Ack",
    "Frame",
    "FrameType",
    "VectorResult",
    "ack_payload",
    "data_payload",
    "data_wire_limit",
    "decode_frame",
    "encode_frame",
    "offset_payload",
    "parse_ack",
    "parse_result",
    "result_payload",
]

_HEADER = struct.Struct("<BBBH")  # marker, type, seq, length
_CRC = struct.Struct("<I")
_OFFSET = struct.Struct("<Q")
_ACK = struct.Struct("<QB")
_RESULT = struct.Struct("<QIB")
_RESULT_ITEM = struct.Struct("<bII")
_GAP, _NO_MODEL = 1, 2

# Marker, type, seq, length, offset and CRC around the bytes of a DATA frame.
DATA_OVERHEAD_BYTES = _HEADER.size + _OFFSET.size + _CRC.size
# The length field has 16 bits.
LARGEST_BODY_BYTES = cobs_length_limit(_HEADER.size + 0xFFFF + _CRC.size)


class FrameType(enum.IntEnum):
    """Types of frames; those from the board have bit 7 set."""

    DATA = 0x01
    SEEK = 0x02
    POLL = 0x03
    ACK = 0x81
    RESULT = 0x82


@dataclass(frozen=True)
class Frame:
    """A frame whose length and CRC were right."""

    type: int
    seq: int
    payload: bytes


@dataclass(frozen=True)
class Ack:
    """Offset of the byte that the board expects next, and why if it is not the one that came."""

    expected: int
    gap: bool
    no_model: bool


@dataclass(frozen=True)
class VectorResult:
    """What the board made of one vector: `status` 0 or the engine's negative error, raw output tensor bytes."""

    index: int
    status: int
    cycles: int
    input_crc32: int
    output: bytes


def encode_frame(kind: int, seq: int, payload: bytes) -> bytes:
    """Return a frame as it goes over the wire, with both delimiters."""
    body = _HEADER.pack(0, kind, seq & 0xFF, len(payload)) + payload
    return b"\0" + cobs_encode(body + _CRC.pack(zlib.crc32(body))) + b"\0"


def decode_frame(coded: bytes) -> Frame | None:
    """Return the frame between two delimiters, or None if code, length or CRC are wrong."""
    body = cobs_decode(coded)
    if body is None or len(body) < _HEADER.size + _CRC.size:
        return None
    marker, kind, seq, length = _HEADER.unpack_from(body)
    if marker != 0 or len(body) != _HEADER.size + length + _CRC.size:
        return None
    if zlib.crc32(body[: -_CRC.size]) != _CRC.unpack(body[-_CRC.size :])[0]:
        return None
    return Frame(kind, seq, body[_HEADER.size : -_CRC.size])


def data_payload(offset: int, data: bytes) -> bytes:
    """Return the payload of DATA: `data` is the part of the vector stream that begins at `offset`."""
    return _OFFSET.pack(offset) + data


def offset_payload(offset: int) -> bytes:
    """Return the payload of SEEK."""
    return _OFFSET.pack(offset)


def data_wire_limit(data_bytes: int) -> int:
    """Return the most bytes that a DATA frame with `data_bytes` bytes can take on the wire."""
    return cobs_length_limit(DATA_OVERHEAD_BYTES + data_bytes) + 2


def ack_payload(ack: Ack) -> bytes:
    """Return the payload of ACK."""
    return _ACK.pack(ack.expected, ack.gap * _GAP | ack.no_model * _NO_MODEL)


def parse_ack(payload: bytes) -> Ack | None:
    """Return what an ACK says, or None if its payload has the wrong length."""
    if len(payload) != _ACK.size:
        return None
    expected, flags = _ACK.unpack(payload)
    return Ack(expected, bool(flags & _GAP), bool(flags & _NO_MODEL))


def result_payload(expected: int, results: list[VectorResult]) -> bytes:
    """Return the payload of RESULT for results of consecutive vectors."""
    head = _RESULT.pack(expected, results[0].index, len(results))
    return head + b"".join(
        _RESULT_ITEM.pack(result.status, result.cycles, result.input_crc32) + result.output for result in results
    )


def parse_result(payload: bytes, output_bytes: int) -> tuple[int, list[VectorResult]] | None:
    """Return the expected offset and the results of a RESULT, or None if its length does not fit `output_bytes`."""
    if len(payload) < _RESULT.size:
        return None
    expected, first, count = _RESULT.unpack_from(payload)
    item_bytes = _RESULT_ITEM.size + output_bytes
    if len(payload) != _RESULT.size + count * item_bytes:
        return None
    results = []
    for number in range(count):
        at = _RESULT.size + number * item_bytes
        status, cycles, crc = _RESULT_ITEM.unpack_from(payload, at)
        results.append(
            VectorResult(first + number, status, cycles, crc, payload[at + _RESULT_ITEM.size : at + item_bytes])
        )
    return expected, results
