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
    "Results",
    "VectorResult",
    "ack_payload",
    "again_payload",
    "data_payload",
    "data_wire_limit",
    "decode_frame",
    "encode_frame",
    "offset_payload",
    "parse_ack",
    "parse_result",
    "result_output_bytes",
    "result_payload",
]

_HEADER = struct.Struct("<BBBH")  # marker, type, seq, length
_CRC = struct.Struct("<I")
_OFFSET = struct.Struct("<Q")
_INDEX = struct.Struct("<I")
_ACK = struct.Struct("<QIBB")  # expected, oldest, seen, flags; the hold map follows
_RESULT = struct.Struct("<QBIB")  # expected, seen, index of the first vector, count; the items follow
_RESULT_ITEM = struct.Struct("<bII")
_REFUSED, _NO_MODEL = 1, 2

# Marker, type, seq, length, offset and CRC around the bytes of a DATA frame.
DATA_OVERHEAD_BYTES = _HEADER.size + _OFFSET.size + _CRC.size
# The length field has 16 bits.
LARGEST_BODY_BYTES = cobs_length_limit(_HEADER.size + 0xFFFF + _CRC.size)


class FrameType(enum.IntEnum):
    """Types of frames; those from the board have bit 7 set."""

    DATA = 0x01
    SEEK = 0x02
    POLL = 0x03
    AGAIN = 0x04
    ECHO = 0x05
    ACK = 0x81
    RESULT = 0x82
    ECHOED = 0x85


@dataclass(frozen=True)
class Frame:
    """A frame whose length and CRC were right."""

    type: int
    seq: int
    payload: bytes


@dataclass(frozen=True)
class Ack:
    """Where the board stands.

    `expected` is the offset of the first byte that it lacks, `oldest` the index of the oldest result that AGAIN brings,
    `seen` the sequence number of the last intact frame that it took. Bit i of `hold_map`, lowest first, says that it
    holds the i-th grain counted from the one in which `expected` lies.
    """

    expected: int
    oldest: int
    seen: int
    refused: bool = False
    no_model: bool = False
    hold_map: bytes = b""


@dataclass(frozen=True)
class VectorResult:
    """What the board made of one vector: `status` 0 or the engine's negative error, raw output tensor bytes."""

    index: int
    status: int
    cycles: int
    input_crc32: int
    output: bytes


@dataclass(frozen=True)
class Results:
    """What a RESULT frame says: results of consecutive vectors, and as in ACK where the board stands."""

    expected: int
    seen: int
    results: list[VectorResult]


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


def again_payload(index: int) -> bytes:
    """Return the payload of AGAIN."""
    return _INDEX.pack(index)


def data_wire_limit(data_bytes: int) -> int:
    """Return the most bytes that a DATA frame with `data_bytes` bytes can take on the wire."""
    return cobs_length_limit(DATA_OVERHEAD_BYTES + data_bytes) + 2


def ack_payload(ack: Ack) -> bytes:
    """Return the payload of ACK."""
    flags = ack.refused * _REFUSED | ack.no_model * _NO_MODEL
    return _ACK.pack(ack.expected, ack.oldest, ack.seen, flags) + ack.hold_map.rstrip(b"\0")


def parse_ack(payload: bytes) -> Ack | None:
    """Return what an ACK says, or None if its payload is too short."""
    if len(payload) < _ACK.size:
        return None
    expected, oldest, seen, flags = _ACK.unpack_from(payload)
    return Ack(expected, oldest, seen, bool(flags & _REFUSED), bool(flags & _NO_MODEL), payload[_ACK.size :])


def result_payload(batch: Results) -> bytes:
    """Return the payload of RESULT."""
    head = _RESULT.pack(batch.expected, batch.seen, batch.results[0].index, len(batch.results))
    return head + b"".join(
        _RESULT_ITEM.pack(result.status, result.cycles, result.input_crc32) + result.output for result in batch.results
    )


def result_output_bytes(payload: bytes) -> int | None:
    """Return how large each output tensor in a RESULT is, for who does not know the model; None if it is malformed."""
    if len(payload) < _RESULT.size:
        return None
    count = _RESULT.unpack_from(payload)[-1]
    size, rest = divmod(len(payload) - _RESULT.size, count) if count else (0, 0)
    return size - _RESULT_ITEM.size if size > _RESULT_ITEM.size and not rest else None


def parse_result(payload: bytes, output_bytes: int) -> Results | None:
    """Return what a RESULT says, or None if its length does not fit `output_bytes`."""
    if len(payload) < _RESULT.size:
        return None
    expected, seen, first, count = _RESULT.unpack_from(payload)
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
    return Results(expected, seen, results)
