"""Vectors in, results out: acceptance, gaps, acknowledgements and batches, poll by poll."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import pytest
import wire_reference as wire
from core_boards import FakeBoard, Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

WINDOW = 7680
BIG_BYTES = 20000


def echo_output(vector: bytes) -> bytes:
    return bytes((vector[i] + 2 * vector[i + 4] + 1) % 256 for i in range(4))


def big_output(vector: bytes) -> bytes:
    return bytes(sum(vector[i::600]) % 256 for i in range(600))


def vector(number: int) -> bytes:
    return bytes((number * 7 + i * 3) % 200 for i in range(8))


def acks(messages: Sequence[Message]) -> list[wire.Ack]:
    return [wire.parse_ack(m.payload) for m in messages if isinstance(m, wire.Frame) and m.kind == wire.ACK]


def results(messages: Sequence[Message], output_bytes: int = 4) -> list[wire.Result]:
    return [
        wire.parse_result(m.payload, output_bytes)
        for m in messages
        if isinstance(m, wire.Frame) and m.kind == wire.RESULT
    ]


def items(messages: Sequence[Message], output_bytes: int = 4) -> list[wire.Item]:
    return [item for result in results(messages, output_bytes) for item in result.items]


def pieces(data: bytes, size: int, start: int = 0) -> list[bytes]:
    """Return DATA frames that carry `data` from `start` on in pieces of `size` bytes."""
    return [wire.data_frame(at, data[at : at + size]) for at in range(start, len(data), size)]


def test_a_result_says_what_was_computed_from_what(fake_board: FakeBoard) -> None:
    (result,) = results(fake_board.exchange(wire.data_frame(0, vector(1))))
    (item,) = result.items
    assert result.expected == 8
    assert (item.index, item.status) == (0, 0)
    assert item.input_crc == zlib.crc32(vector(1))
    assert item.output == echo_output(vector(1))


def test_cycles_of_a_result_have_the_overhead_subtracted(fake_board: FakeBoard) -> None:
    fake_board.cycles_per_reading = 25
    assert [item.cycles for item in items(fake_board.exchange(wire.data_frame(0, vector(1))))] == [15]


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 100, 800])
def test_frames_may_carry_pieces_of_any_size(fake_board: FakeBoard, size: int) -> None:
    data = b"".join(map(vector, range(100)))
    messages = [message for data_frame in pieces(data, size) for message in fake_board.exchange(data_frame)]
    assert [item.index for item in items(messages)] == list(range(100))
    assert [item.output for item in items(messages)] == [echo_output(vector(k)) for k in range(100)]
    assert results(messages)[-1].expected == len(data)


def test_largest_frame_is_taken_and_a_larger_one_is_not(fake_board: FakeBoard) -> None:
    data = b"".join(map(vector, range(wire.DATA_BYTES_MAX // 8 + 1)))
    assert len(items(fake_board.exchange(wire.data_frame(0, data[: wire.DATA_BYTES_MAX])))) == wire.DATA_BYTES_MAX // 8
    fake_board.ask("model echo")
    assert acks(fake_board.exchange(wire.data_frame(0, data[: wire.DATA_BYTES_MAX + 1]))) == [wire.Ack(0, wire.GAP)]


def test_results_come_in_full_frames(fake_board: FakeBoard) -> None:
    found = results(fake_board.exchange(wire.data_frame(0, b"".join(map(vector, range(256))))))
    assert [len(result.items) for result in found] == [39] * 6 + [22]  # 512 bytes of results of 13 bytes


def test_results_of_several_frames_share_one(fake_board: FakeBoard) -> None:
    found = results(fake_board.exchange(b"".join(pieces(b"".join(map(vector, range(10))), 8))))
    assert [len(result.items) for result in found] == [10]


def test_engine_error_is_the_status_and_later_vectors_go_on(fake_board: FakeBoard) -> None:
    failing = b"\xee" + bytes(7)
    bad, good = items(fake_board.exchange(wire.data_frame(0, failing + vector(2))))
    assert (bad.status, bad.output, bad.input_crc) == (-2, bytes(4), zlib.crc32(failing))
    assert (good.status, good.output) == (0, echo_output(vector(2)))


def test_frames_of_the_board_are_numbered(fake_board: FakeBoard) -> None:
    messages = fake_board.exchange(wire.frame(wire.POLL) * 300)
    numbers = [message.seq for message in messages if isinstance(message, wire.Frame)]
    assert numbers == [(numbers[0] + k) % 256 for k in range(300)]


# ---- the input of `run` ----


def input_crc(board: FakeBoard) -> int:
    board.cycles_per_reading = 17
    return int(wire.words(board.ask_final("run 1"))["input_crc32"], 16)


def test_run_uses_the_last_complete_vector(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(0, vector(1) + vector(2)))
    assert input_crc(fake_board) == zlib.crc32(vector(2))
    assert input_crc(fake_board) == zlib.crc32(vector(2))


def test_run_uses_zeros_while_a_vector_is_part_filled_and_does_not_harm_it(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(0, vector(1) + vector(2)[:3]))
    assert input_crc(fake_board) == zlib.crc32(bytes(8))
    assert items(fake_board.exchange(wire.data_frame(11, vector(2)[3:])))[0].output == echo_output(vector(2))


def test_run_uses_zeros_after_a_model_was_selected(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(0, vector(1)))
    fake_board.ask("model echo")
    assert input_crc(fake_board) == zlib.crc32(bytes(8))


# ---- gaps ----


def test_a_gap_is_told_once(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(0, vector(0)))
    assert acks(fake_board.exchange(wire.data_frame(16, vector(2)))) == [wire.Ack(8, wire.GAP)]
    assert fake_board.exchange(wire.data_frame(24, vector(3)) + wire.data_frame(0, vector(0))) == []
    assert acks(fake_board.exchange(wire.seek_frame(8))) == [wire.Ack(8, 0)]
    assert acks(fake_board.exchange(wire.data_frame(0, vector(0)))) == [wire.Ack(8, wire.GAP)]


def test_accepted_data_ends_a_gap_too(fake_board: FakeBoard) -> None:
    assert acks(fake_board.exchange(wire.data_frame(8, vector(1)))) == [wire.Ack(0, wire.GAP)]
    assert len(items(fake_board.exchange(wire.data_frame(0, vector(0))))) == 1
    assert acks(fake_board.exchange(wire.frame(wire.POLL))) == [wire.Ack(8, 0)]
    assert acks(fake_board.exchange(wire.data_frame(0, vector(0)))) == [wire.Ack(8, wire.GAP)]


def test_poll_repeats_the_gap_whose_ack_was_lost(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(8, vector(1)))
    assert acks(fake_board.exchange(wire.frame(wire.POLL) * 2)) == [wire.Ack(0, wire.GAP)] * 2


@pytest.mark.parametrize(
    "damaged",
    [
        wire.data_frame(0, vector(0)).replace(vector(0)[1:3], b"\x55\x66"),
        wire.data_frame(0, b""),
        wire.frame(wire.SEEK, bytes(7)),
        wire.frame(wire.SEEK, bytes(9)),
        wire.frame(wire.POLL, b"\x00"),
        b"\x00\x01\x00",
        b"\x00\x01\xff\x00",
        b"\x00\x01" + b"\x02" * 3000,
    ],
    ids=["crc", "no-data", "short-seek", "long-seek", "long-poll", "no-header", "no-cobs", "too-long"],
)
def test_a_damaged_frame_is_counted_and_a_gap(fake_board: FakeBoard, damaged: bytes) -> None:
    def crc_errors() -> int:
        return int(wire.words(fake_board.ask("info")[3])["crc_errors"])

    before = crc_errors()
    assert acks(fake_board.exchange(damaged)) == [wire.Ack(0, wire.GAP)]
    fake_board.exchange(b"\x00\x00\n")
    assert crc_errors() == before + 1


def test_unknown_types_are_ignored(fake_board: FakeBoard) -> None:
    assert fake_board.exchange(wire.frame(0x7F, b"new in version 2") + wire.frame(wire.ACK, bytes(9))) == []


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (
            wire.data_frame(0, vector(0))[1:],
            [wire.Ack(0, wire.GAP)],
        ),  # the opening delimiter is lost: noise, then START
        (wire.data_frame(0, vector(0))[:-1], []),  # the closing one is lost, and the next frame's opening one ends it
    ],
    ids=["opening", "closing"],
)
def test_lost_delimiters_cost_one_frame_at_most(fake_board: FakeBoard, stream: bytes, expected: list[wire.Ack]) -> None:
    messages = fake_board.exchange(stream + wire.data_frame(8, vector(1)))
    assert acks(messages) == expected
    assert len(items(messages)) == (0 if expected else 2)


def test_frames_may_share_a_delimiter(fake_board: FakeBoard) -> None:
    shared = b"".join(data_frame[:-1] for data_frame in pieces(b"".join(map(vector, range(5))), 8)) + b"\x00"
    assert len(items(fake_board.exchange(shared))) == 5


def test_text_between_frames(fake_board: FakeBoard) -> None:
    stream = wire.data_frame(0, vector(0)) + b"tick\n" + wire.data_frame(8, vector(1)) + b"models\n"
    kinds = [message.kind for message in fake_board.exchange(stream)]
    assert kinds == [wire.RESULT, "ok", wire.RESULT, *["model"] * 5, "ok"]


# ---- SEEK and models ----


def test_seek_asks_for_results_again(fake_board: FakeBoard) -> None:
    data = b"".join(map(vector, range(4)))
    fake_board.exchange(wire.data_frame(0, data))
    again = fake_board.exchange(wire.seek_frame(16) + wire.data_frame(16, data[16:]))
    assert acks(again) == [wire.Ack(16, 0)]
    assert [(item.index, item.output) for item in items(again)] == [(k, echo_output(vector(k))) for k in (2, 3)]


def test_seek_forgets_a_part_filled_vector(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(0, b"\x99" * 5))
    messages = fake_board.exchange(wire.seek_frame(0) + wire.data_frame(0, vector(3)))
    assert [item.input_crc for item in items(messages)] == [zlib.crc32(vector(3))]


@pytest.mark.parametrize("index", [2**32 - 1, 2**31 + 5])
def test_seek_far_away(fake_board: FakeBoard, index: int) -> None:
    messages = fake_board.exchange(wire.seek_frame(8 * index) + wire.data_frame(8 * index, vector(1)))
    assert acks(messages) == [wire.Ack(8 * index, 0)]
    assert [item.index for item in items(messages)] == [index]


@pytest.mark.parametrize("offset", [1, 7, 12, 8 * 2**32, 2**64 - 8, 2**64 - 1])
def test_seek_to_where_no_vector_begins_changes_nothing(fake_board: FakeBoard, offset: int) -> None:
    fake_board.exchange(wire.data_frame(0, vector(0)))
    assert acks(fake_board.exchange(wire.seek_frame(offset))) == [wire.Ack(8, wire.GAP)]
    assert len(items(fake_board.exchange(wire.data_frame(8, vector(1))))) == 1


def test_without_a_model_every_frame_is_refused(fake_board: FakeBoard) -> None:
    fake_board.ask("model broken")
    refusal = wire.Ack(0, wire.GAP | wire.NO_MODEL)
    assert acks(fake_board.exchange(wire.frame(wire.POLL))) == [wire.Ack(0, wire.NO_MODEL)]
    assert acks(fake_board.exchange(wire.data_frame(0, vector(0)) * 3)) == [refusal]
    assert acks(fake_board.exchange(wire.seek_frame(0))) == [refusal]


def test_a_new_model_starts_at_offset_zero(fake_board: FakeBoard) -> None:
    fake_board.exchange(wire.data_frame(0, vector(0) + vector(1)[:4]))
    fake_board.ask("model echo")
    assert acks(fake_board.exchange(wire.frame(wire.POLL))) == [wire.Ack(0, 0)]
    assert [item.index for item in items(fake_board.exchange(wire.data_frame(0, vector(2))))] == [0]


# ---- acknowledgements and large vectors ----


def test_a_large_vector_is_acknowledged_every_quarter_window(fake_board: FakeBoard) -> None:
    fake_board.ask("model big")
    data = bytes(k % 251 for k in range(2 * BIG_BYTES))
    unacknowledged = 0
    found: list[Message] = []
    for data_frame in pieces(data, 500):
        unacknowledged += len(data_frame)
        messages = fake_board.exchange(data_frame)
        found += messages
        if messages:
            unacknowledged = 0
        assert unacknowledged < WINDOW / 4
    wire_bytes = sum(map(len, pieces(data, 500)))
    assert len(acks(found)) <= wire_bytes / (WINDOW / 4)
    assert [item.output for item in items(found, 600)] == [big_output(data[:BIG_BYTES]), big_output(data[BIG_BYTES:])]


def test_small_vectors_are_acknowledged_every_half_window(fake_board: FakeBoard) -> None:
    """A host that never lets the line fall silent hears of results by half a window at the latest, not each time."""
    frames = pieces(bytes(8 * 100), 1)  # a full RESULT would take more wire bytes than half a window
    unacknowledged = 0
    found: list[Message] = []
    for data_frame in frames:
        unacknowledged += len(data_frame)
        messages = fake_board.handle(data_frame)
        found += messages
        if messages:
            unacknowledged = 0
        assert unacknowledged < WINDOW / 2
    assert len(found) == len(results(found)) == sum(map(len, frames)) // (WINDOW // 2)


def test_tiny_frames_without_a_complete_vector_are_acknowledged(fake_board: FakeBoard) -> None:
    """One byte per frame uses the window up long before a vector of 600 bytes is complete."""
    fake_board.ask("model big")
    messages = [m for data_frame in pieces(bytes(400), 1) for m in fake_board.exchange(data_frame)]
    assert [ack.flags for ack in acks(messages)] == [0] * len(acks(messages))
    assert len(acks(messages)) == sum(map(len, pieces(bytes(400), 1))) // (WINDOW // 4)


@pytest.mark.parametrize("first_byte", [0x11, 0x00])
def test_an_output_larger_than_the_queue_travels_alone(fake_board: FakeBoard, first_byte: int) -> None:
    fake_board.ask("model big")
    data = bytes([first_byte]) * BIG_BYTES
    messages = [message for data_frame in pieces(data, 2000) for message in fake_board.exchange(data_frame)]
    (result,) = results(messages, 600)
    assert result.expected == BIG_BYTES
    assert [(item.index, item.output) for item in result.items] == [(0, big_output(data))]


# ---- a host on a bad line always gets the right results ----


class Host:
    """The smallest host that follows the protocol: sends what is missing, goes back where the board says."""

    def __init__(self, board: FakeBoard, vectors: list[bytes]) -> None:
        self.board = board
        self.vectors = vectors
        self.found: dict[int, bytes] = {}

    def collect(self, messages: list[Message]) -> None:
        for item in items(messages):
            if item.index < len(self.vectors) and item.input_crc == zlib.crc32(self.vectors[item.index]):
                assert self.found.setdefault(item.index, item.output) == item.output

    def send_from(self, index: int, damage: bytes | None, at: int) -> None:
        stream = b"".join(pieces(b"".join(self.vectors), 20, 8 * index))
        if damage is not None:
            at %= len(stream)
            stream = stream[:at] + damage + stream[at + max(1, len(damage) // 2) :]
        for start in range(0, len(stream), 4000):
            self.collect(self.board.exchange(stream[start : start + 4000]))

    def missing(self) -> int | None:
        return next((k for k in range(len(self.vectors)) if k not in self.found), None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # every example selects the model anew
@given(
    st.lists(st.binary(min_size=8, max_size=8).filter(lambda v: v[0] not in (0xEE, 0xDD)), min_size=1, max_size=40),
    st.lists(st.tuples(st.one_of(st.binary(max_size=30), st.just(b"\x00")), st.integers(0, 5000)), max_size=4),
)
def test_damage_never_becomes_a_result(
    fake_board: FakeBoard, vectors: list[bytes], damages: list[tuple[bytes, int]]
) -> None:
    fake_board.exchange(b"\x00\x00\nmodel echo\n")
    host = Host(fake_board, vectors)
    for damage, at in damages:
        if (first := host.missing()) is not None:
            fake_board.exchange(b"\x00\x00\n" + wire.seek_frame(8 * first))
            host.send_from(first, damage, at)
    while (first := host.missing()) is not None:
        assert acks(fake_board.exchange(b"\x00\x00\n" + wire.seek_frame(8 * first)))[-1] == wire.Ack(8 * first, 0)
        host.send_from(first, None, 0)
    assert host.found == {k: echo_output(v) for k, v in enumerate(vectors)}
