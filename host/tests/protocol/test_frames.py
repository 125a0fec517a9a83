from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.protocol.frames import (
    LARGEST_BODY_BYTES,
    Ack,
    Frame,
    Results,
    VectorResult,
    ack_payload,
    data_payload,
    data_wire_limit,
    decode_frame,
    encode_frame,
    parse_ack,
    parse_result,
    result_payload,
)

payloads = st.binary(max_size=3000) | st.integers(0, 3000).map(bytes)


def test_a_frame_byte_by_byte() -> None:
    body = bytes([0x00, 0x03, 0x07, 0x00, 0x00])
    crc = zlib.crc32(body).to_bytes(4, "little")
    assert 0 not in crc
    # Two zeros of the length follow each other: code 1 stands for the second alone.
    assert encode_frame(3, 7, b"") == b"\0\x01\x03\x03\x07\x01\x05" + crc + b"\0"


@given(st.integers(0, 255), st.integers(0, 1000), payloads)
def test_a_frame_survives_the_wire(kind: int, seq: int, payload: bytes) -> None:
    wire = encode_frame(kind, seq, payload)
    assert wire[0] == wire[-1] == 0
    assert wire[1] == 1
    assert b"\0" not in wire[1:-1]
    assert len(wire[1:-1]) <= LARGEST_BODY_BYTES
    assert decode_frame(wire[1:-1]) == Frame(kind, seq & 0xFF, payload)


@given(payloads, st.data())
def test_a_changed_byte_is_noticed(payload: bytes, data: st.DataObject) -> None:
    body = bytearray(encode_frame(1, 0, payload)[1:-1])
    position = data.draw(st.integers(0, len(body) - 1))
    body[position] ^= data.draw(st.integers(1, 255))
    assert decode_frame(bytes(body)) is None


@given(st.binary(max_size=200))
def test_garbage_is_no_frame(body: bytes) -> None:
    assert decode_frame(body) is None


@given(st.binary(min_size=1, max_size=3000))
def test_a_data_frame_stays_below_its_limit(data: bytes) -> None:
    assert len(encode_frame(1, 0, data_payload(2**40, data))) <= data_wire_limit(len(data))


@pytest.mark.parametrize(
    "ack",
    [
        Ack(0, 0, 0),
        Ack(2**63, 2**32 - 1, 255, refused=True),
        Ack(784, 1, 7, no_model=True),
        Ack(1, 2, 3, hold_map=b"\0\x81"),
    ],
)
def test_ack_payload_is_read_back(ack: Ack) -> None:
    assert parse_ack(ack_payload(ack)) == ack
    assert parse_ack(ack_payload(ack)[:13]) is None


def test_a_hold_map_ends_with_its_last_grain() -> None:
    assert ack_payload(Ack(0, 0, 0, hold_map=b"\1\0\0")) == bytes(14) + b"\1"


@given(st.integers(1, 40), st.integers(0, 100), st.integers(0, 2**64 - 1), st.integers(0, 255))
def test_result_payload_is_read_back(output_bytes: int, first: int, expected: int, seen: int) -> None:
    items = [VectorResult(first + number, -number, 10**9, 2**32 - 1, bytes(output_bytes)) for number in range(5)]
    payload = result_payload(Results(expected, seen, items))
    assert parse_result(payload, output_bytes) == Results(expected, seen, items)
    assert parse_result(payload[:-1], output_bytes) is None
    assert parse_result(payload, output_bytes + 1) is None
