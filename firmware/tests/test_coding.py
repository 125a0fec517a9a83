"""CRC-32, COBS, frames and the splitter against their second implementation in wire_reference.py."""

from __future__ import annotations

import ctypes
import itertools
import zlib

import wire_reference as wire
from core_boards import FakeBoard
from hypothesis import given
from hypothesis import strategies as st

EVENTS = {1: "line", 2: "noise", 3: "too-long", 4: "frame", 5: "frame-too-long"}

# Bytes that matter to COBS, and long runs without a zero.
tensor_bytes = st.one_of(
    st.binary(max_size=700),
    st.lists(st.sampled_from([b"\x00", b"\x01", b"\xff", b"\x55" * 253, b"\x55" * 254]), max_size=8).map(b"".join),
)
# Pieces of which broken conversations are made.
line_noise = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"\x00", b"\x00\x01", b"\x01", b"\n", b"\r\n", b"\r", b"info\n", b"a" * 255, b"b" * 300, b"\x7f"]),
    st.sampled_from(
        [b"\x02" * (wire.BODY_BYTES_MAX - 2), b"\x02" * wire.BODY_BYTES_MAX, wire.frame(wire.POLL), wire.seek_frame(16)]
    ),
)


class CSplitter(ctypes.Structure):
    _fields_ = (
        ("state", ctypes.c_int),
        ("noise", ctypes.c_bool),
        ("carriage_return", ctypes.c_bool),
        ("too_long", ctypes.c_bool),
        ("size", ctypes.c_size_t),
        ("event_size", ctypes.c_size_t),
        ("data", ctypes.c_uint8 * ((wire.BODY_BYTES_MAX + 7) // 8 * 8)),
    )


def test_crc32_has_the_check_value_of_the_specification(loaded_board: FakeBoard) -> None:
    assert loaded_board.library.crc32(b"123456789", ctypes.c_size_t(9)) & 0xFFFFFFFF == 0xCBF43926


@given(st.binary(max_size=300), st.integers(0, 300))
def test_crc32_in_two_pieces_is_zlibs(loaded_board: FakeBoard, data: bytes, cut: int) -> None:
    update = loaded_board.library.crc32_update
    update.restype = ctypes.c_uint32
    state = ctypes.c_uint32(0xFFFFFFFF)
    for piece in (data[:cut], data[cut:]):
        state = ctypes.c_uint32(update(state, piece, ctypes.c_size_t(len(piece))))
    assert ~state.value & 0xFFFFFFFF == zlib.crc32(data)


@given(tensor_bytes, st.lists(st.integers(0, 700), max_size=3))
def test_cobs_encodes_pieces_like_the_whole(loaded_board: FakeBoard, data: bytes, cuts: list[int]) -> None:
    core = loaded_board.library
    core.cobs_encode_begin()
    edges = [0, *sorted(cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        core.cobs_encode(data[start:end], ctypes.c_size_t(len(data[start:end])))
    core.cobs_encode_end()
    buffer = ctypes.create_string_buffer(4000)
    size = core.fake_take(buffer, ctypes.c_size_t(4000))
    coded = buffer.raw[:size]
    assert coded == wire.cobs_encode(data)
    assert 0 not in coded
    assert wire.cobs_decode(coded) == data


def c_cobs_decode(board: FakeBoard, coded: bytes) -> bytes | None:
    buffer = ctypes.create_string_buffer(coded + b"\x55" * 300)  # what a decoder finds that goes past the end
    size = ctypes.c_size_t()
    good = board.library.cobs_decode(buffer, ctypes.c_size_t(len(coded)), ctypes.byref(size))
    return buffer.raw[: size.value] if good & 0xFF else None


@given(tensor_bytes)
def test_cobs_decodes_what_was_encoded(loaded_board: FakeBoard, data: bytes) -> None:
    assert c_cobs_decode(loaded_board, wire.cobs_encode(data)) == data


@given(st.binary(max_size=300))
def test_cobs_decodes_or_refuses_any_bytes_like_the_reference(loaded_board: FakeBoard, coded: bytes) -> None:
    try:
        expected: bytes | None = wire.cobs_decode(coded)
    except ValueError:
        expected = None
    assert c_cobs_decode(loaded_board, coded) == expected


def split(board: FakeBoard, data: bytes) -> list[wire.Event]:
    splitter = CSplitter()
    found = []
    for byte in data:
        kind = board.library.splitter_push(ctypes.byref(splitter), ctypes.c_uint8(byte))
        if kind != 0:
            with_data = kind in (1, 4)
            found.append(wire.Event(EVENTS[kind], bytes(splitter.data[: splitter.event_size]) if with_data else b""))
    return found


@given(st.lists(line_noise, max_size=12).map(b"".join))
def test_splitter_finds_what_the_table_says(loaded_board: FakeBoard, data: bytes) -> None:
    assert split(loaded_board, data) == list(wire.Splitter().feed(data))


def test_splitter_takes_the_largest_legal_body_and_no_more(loaded_board: FakeBoard) -> None:
    largest = wire.data_frame(0x0101010101010101, b"\x55" * wire.DATA_BYTES_MAX)
    assert len(largest) == 2 + wire.BODY_BYTES_MAX
    assert split(loaded_board, largest) == [wire.Event("frame", largest[1:-1])]
    assert split(loaded_board, largest[:-1] + b"\x55")[0] == wire.Event("frame-too-long")


@given(st.binary(min_size=1, max_size=40), st.integers(0, 60), st.integers(1, 255))
def test_a_frame_with_one_changed_byte_is_never_taken(
    loaded_board: FakeBoard, data: bytes, position: int, change: int
) -> None:
    body = bytearray(wire.data_frame(0, data)[1:-1])
    body[position % len(body)] ^= change
    decoded = ctypes.create_string_buffer(bytes(body), len(body))
    found = ctypes.create_string_buffer(64)
    assert loaded_board.library.frame_decode(decoded, ctypes.c_size_t(len(body)), found) & 0xFF == 0
