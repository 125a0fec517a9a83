"""Vectors in, results out: acceptance, losses, acknowledgements and SEEK, poll by poll."""

from __future__ import annotations

import struct
import zlib

import pytest
import wire_reference as wire
from core_boards import FakeBoard, Message
from stream_messages import BIG_BYTES, WINDOW, acks, big_output, echo_output, items, results, vector
from wire_reference import Sender


def test_a_result_says_what_was_computed_from_what(fake_board: FakeBoard, sender: Sender) -> None:
    sender.lose(5)
    (result,) = results(fake_board.exchange(sender.data(0, vector(1))))
    (item,) = result.items
    assert (result.expected, result.seen) == (8, 5)
    assert (item.index, item.status) == (0, 0)
    assert item.input_crc == zlib.crc32(vector(1))
    assert item.output == echo_output(vector(1))


def test_cycles_of_a_result_have_the_overhead_subtracted(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.cycles_per_reading = 25
    assert [item.cycles for item in items(fake_board.exchange(sender.data(0, vector(1))))] == [15]


@pytest.mark.parametrize("size", [1, 3, 7, 8, 9, 100, 800])
def test_frames_may_carry_pieces_of_any_size(fake_board: FakeBoard, sender: Sender, size: int) -> None:
    data = b"".join(map(vector, range(100)))
    messages = [message for frame in sender.pieces(data, size) for message in fake_board.exchange(frame)]
    assert [item.index for item in items(messages)] == list(range(100))
    assert [item.output for item in items(messages)] == [echo_output(vector(k)) for k in range(100)]
    assert results(messages)[-1].expected == len(data)


def test_largest_frame_is_taken_and_a_larger_one_is_not(fake_board: FakeBoard, sender: Sender) -> None:
    data = b"".join(map(vector, range(wire.DATA_BYTES_MAX // 8 + 1)))
    assert len(items(fake_board.exchange(sender.data(0, data[: wire.DATA_BYTES_MAX])))) == wire.DATA_BYTES_MAX // 8
    fake_board.ask("model echo")
    assert fake_board.exchange(sender.data(0, data[: wire.DATA_BYTES_MAX + 1])) == []
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 2)]


def test_engine_error_is_the_status_and_later_vectors_go_on(fake_board: FakeBoard, sender: Sender) -> None:
    failing = b"\xee" + bytes(7)
    bad, good = items(fake_board.exchange(sender.data(0, failing + vector(2))))
    assert (bad.status, bad.output, bad.input_crc) == (-2, bytes(4), zlib.crc32(failing))
    assert (good.status, good.output) == (0, echo_output(vector(2)))


def test_frames_of_the_board_are_numbered(fake_board: FakeBoard, sender: Sender) -> None:
    messages = fake_board.exchange(b"".join(sender.poll() for _ in range(300)))
    numbers = [message.seq for message in messages if isinstance(message, wire.Frame)]
    assert numbers == [(numbers[0] + k) % 256 for k in range(300)]


# ---- the input of `run` ----


def input_crc(board: FakeBoard) -> int:
    board.cycles_per_reading = 17
    return int(wire.words(board.ask_final("run 1"))["input_crc32"], 16)


def test_run_uses_the_last_complete_vector(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, vector(1) + vector(2)))
    assert input_crc(fake_board) == zlib.crc32(vector(2))
    assert input_crc(fake_board) == zlib.crc32(vector(2))


def test_run_uses_zeros_while_a_vector_is_part_filled_and_does_not_harm_it(
    fake_board: FakeBoard, sender: Sender
) -> None:
    fake_board.exchange(sender.data(0, vector(1) + vector(2)[:3]))
    assert input_crc(fake_board) == zlib.crc32(bytes(8))
    assert items(fake_board.exchange(sender.data(11, vector(2)[3:])))[0].output == echo_output(vector(2))


def test_run_uses_zeros_after_a_model_was_selected(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, vector(1)))
    fake_board.ask("model echo")
    assert input_crc(fake_board) == zlib.crc32(bytes(8))


# ---- what was seen, and what was lost ----


def test_seen_is_the_last_intact_frame(fake_board: FakeBoard, sender: Sender) -> None:
    assert [ack.seen for ack in acks(fake_board.exchange(sender.poll() + sender.poll()))] == [0, 1]
    fake_board.exchange(sender.data(0, vector(0)) + sender.frame(0x7F, b"of a later version"))
    fake_board.exchange(b"\x00\x01 a frame that was damaged \x00")
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(8, 0, 4)]


def test_seen_counts_on_after_255(fake_board: FakeBoard, sender: Sender) -> None:
    assert [message for _ in range(300) for message in fake_board.handle(sender.frame(0x7F))] == []
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 300 % 256)]


@pytest.mark.parametrize("lost", [1, 2, 127, 255])
def test_a_frame_that_does_not_follow_is_acknowledged_at_once(fake_board: FakeBoard, sender: Sender, lost: int) -> None:
    """255 lost ones look like a frame that comes twice, and that is told too."""
    fake_board.exchange(sender.data(0, vector(0)))
    sender.lose(lost)
    assert acks(fake_board.handle(sender.data(8, vector(1)))) == [wire.Ack(16, 0, (1 + lost) % 256)]
    assert fake_board.handle(sender.data(16, vector(2))) == []


def test_a_loss_is_told_once_and_in_one_way(fake_board: FakeBoard, sender: Sender) -> None:
    for make in (sender.poll, lambda: sender.seek(0), lambda: sender.again(0)):
        sender.lose()
        assert len(acks(fake_board.exchange(make()))) == 1
    sender.lose()
    messages = fake_board.exchange(sender.echo(b"abc"))
    assert [message.kind for message in messages] == [wire.ECHOED, wire.ACK]
    sender.lose()
    assert [message.kind for message in fake_board.exchange(sender.frame(0x7F))] == [wire.ACK]


def test_commands_do_not_move_seen(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, vector(0)))
    fake_board.ask("model echo")
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 1)]


@pytest.mark.parametrize(
    "damaged",
    [
        wire.data_frame(0, vector(0)).replace(vector(0)[1:3], b"\x55\x66"),
        wire.data_frame(0, b""),
        wire.frame(wire.SEEK, bytes(7)),
        wire.frame(wire.SEEK, bytes(9)),
        wire.frame(wire.POLL, b"\x00"),
        wire.frame(wire.AGAIN, bytes(3)),
        wire.frame(wire.AGAIN, bytes(5)),
        wire.frame(wire.ECHO, b""),
        wire.frame(wire.ECHO, bytes(wire.DATA_BYTES_MAX + 1)),
        b"\x00\x01\x00",
        b"\x00\x01\xff\x00",
        b"\x00\x01" + b"\x02" * 3000,
    ],
    ids=[
        "crc", "no-data", "short-seek", "long-seek", "long-poll", "short-again", "long-again", "no-echo", "long-echo",
        "no-header", "no-cobs", "too-long",
    ],
)  # fmt: skip
def test_a_damaged_frame_is_counted_and_not_seen(fake_board: FakeBoard, sender: Sender, damaged: bytes) -> None:
    def crc_errors() -> int:
        (link,) = (answer for answer in fake_board.ask("info") if answer.kind == "link")
        return int(wire.words(link)["crc_errors"])

    before = crc_errors()
    assert fake_board.exchange(damaged + b"\x00\x00\n") == []
    assert crc_errors() == before + 1
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 0)]  # it follows the frame before the damage


def test_unknown_types_are_ignored(fake_board: FakeBoard, sender: Sender) -> None:
    assert fake_board.exchange(sender.frame(0x7F, b"new in version 3") + sender.frame(wire.ACK, bytes(9))) == []


@pytest.mark.parametrize(("cut", "taken"), [(slice(1, None), 1), (slice(0, -1), 2)], ids=["opening", "closing"])
def test_lost_delimiters_cost_one_frame_at_most(fake_board: FakeBoard, sender: Sender, cut: slice, taken: int) -> None:
    """Without the opening one the frame is noise; the closing one's work is done by the next frame's opening one."""
    messages = fake_board.exchange(sender.data(0, vector(0)) + b"\n" + sender.data(8, vector(1))[cut] + sender.poll())
    assert [item.index for item in items(messages)] == list(range(taken))


def test_frames_may_share_a_delimiter(fake_board: FakeBoard, sender: Sender) -> None:
    frames = sender.pieces(b"".join(map(vector, range(5))), 8)
    assert len(items(fake_board.exchange(b"".join(frame[:-1] for frame in frames) + b"\x00"))) == 5


def test_text_between_frames(fake_board: FakeBoard, sender: Sender) -> None:
    stream = sender.data(0, vector(0)) + b"tick\n" + sender.data(8, vector(1)) + b"models\n"
    kinds = [message.kind for message in fake_board.exchange(stream)]
    assert kinds == [wire.RESULT, "ok", wire.RESULT, *["model"] * 5, "ok"]


@pytest.mark.parametrize("size", [1, 254, wire.DATA_BYTES_MAX])
def test_echo_comes_back_as_it_was(fake_board: FakeBoard, sender: Sender, size: int) -> None:
    data = bytes(k * k % 256 for k in range(size))
    (message,) = fake_board.exchange(sender.echo(data))
    assert isinstance(message, wire.Frame)
    assert (message.kind, message.payload) == (wire.ECHOED, data)


def test_echo_needs_no_model(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.ask("model broken")
    assert [message.kind for message in fake_board.exchange(sender.echo(b"abc"))] == [wire.ECHOED]


# ---- SEEK and models ----


def test_seek_begins_anew(fake_board: FakeBoard, sender: Sender) -> None:
    data = b"".join(map(vector, range(4)))
    fake_board.exchange(sender.data(0, data))
    again = fake_board.exchange(sender.seek(16) + sender.data(16, data[16:]))
    assert acks(again) == [wire.Ack(16, 2, 1)]
    assert [(item.index, item.output) for item in items(again)] == [(k, echo_output(vector(k))) for k in (2, 3)]


def test_seek_forgets_a_part_filled_vector(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, b"\x99" * 5))
    messages = fake_board.exchange(sender.seek(0) + sender.data(0, vector(3)))
    assert [item.input_crc for item in items(messages)] == [zlib.crc32(vector(3))]


@pytest.mark.parametrize("index", [2**32 - 1, 2**31 + 5])
def test_seek_far_away(fake_board: FakeBoard, sender: Sender, index: int) -> None:
    messages = fake_board.exchange(sender.seek(8 * index) + sender.data(8 * index, vector(1)))
    assert acks(messages) == [wire.Ack(8 * index, index, 0)]
    assert [item.index for item in items(messages)] == [index]


@pytest.mark.parametrize("offset", [1, 7, 12, 8 * 2**32, 2**64 - 8, 2**64 - 1])
def test_seek_to_where_no_vector_begins_changes_nothing(fake_board: FakeBoard, sender: Sender, offset: int) -> None:
    fake_board.exchange(sender.data(0, vector(0) + vector(1)[:5]))
    assert acks(fake_board.exchange(sender.seek(offset))) == [wire.Ack(13, 0, 1, wire.REFUSED)]
    assert [item.output for item in items(fake_board.exchange(sender.data(13, vector(1)[5:])))] == [
        echo_output(vector(1))
    ]
    assert acks(fake_board.exchange(sender.poll()))[0].flags == 0  # the flag is about the SEEK just answered


def test_without_a_model_data_is_dropped_and_seek_refused(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.ask("model broken")
    assert fake_board.exchange(sender.data(0, vector(0)) + sender.data(64, bytes(64))) == []
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 2, wire.NO_MODEL)]
    assert acks(fake_board.exchange(sender.seek(0))) == [wire.Ack(0, 0, 3, wire.NO_MODEL | wire.REFUSED)]
    assert acks(fake_board.exchange(sender.again(0))) == [wire.Ack(0, 0, 4, wire.NO_MODEL)]


def test_a_new_model_starts_at_offset_zero(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, vector(0) + vector(1)[:4]) + sender.data(128, bytes(64)))
    fake_board.ask("model echo")
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 2)]
    assert [item.index for item in items(fake_board.exchange(sender.data(0, vector(2))))] == [0]


# ---- acknowledgements that nobody asked for, and large vectors ----


def told_after(board: FakeBoard, frames: list[bytes]) -> tuple[list[int], list[Message]]:
    """Send frames on a line that is never silent; return after how many wire bytes each message came, and all."""
    spans: list[int] = []
    found: list[Message] = []
    untold = 0
    for frame in frames:
        untold += len(frame)
        messages = board.handle(frame)
        if messages:
            spans.append(untold)
            untold = 0
        found += messages
    return spans, found


def test_a_large_vector_is_acknowledged_every_quarter_window(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.ask("model big")
    data = bytes(k % 251 for k in range(2 * BIG_BYTES))
    spans, found = told_after(fake_board, sender.pieces(data, 500))
    assert max(spans) < WINDOW / 4 + 520
    assert len(acks(found)) <= len(data) * 1.05 / (WINDOW / 4)
    assert [item.output for item in items(found, 600)] == [big_output(data[:BIG_BYTES]), big_output(data[BIG_BYTES:])]


def test_a_large_vector_is_acknowledged_before_it_is_run(fake_board: FakeBoard, sender: Sender) -> None:
    """A window of the next vectors may come while it is run, when nothing is answered."""
    fake_board.ask("model big")
    _, found = told_after(fake_board, sender.pieces(bytes(BIG_BYTES), 500))
    *_, ack, result = found
    assert acks([ack]) == [wire.Ack(BIG_BYTES, 0, BIG_BYTES // 500 - 1)]
    assert results([result], 600)[0].expected == BIG_BYTES


def test_small_vectors_are_acknowledged_every_half_window(fake_board: FakeBoard, sender: Sender) -> None:
    """A host that never lets the line fall silent hears of results by half a window at the latest, not each time."""
    frames = sender.pieces(bytes(8 * 100), 1)  # a full RESULT would take more wire bytes than half a window
    spans, found = told_after(fake_board, frames)
    assert max(spans) < WINDOW / 2 + len(frames[0])
    assert len(found) == len(results(found)) == sum(map(len, frames)) // (WINDOW // 2)


def test_tiny_frames_without_a_complete_vector_are_acknowledged(fake_board: FakeBoard, sender: Sender) -> None:
    """One byte per frame uses the window up long before a vector of 20,000 bytes is complete."""
    fake_board.ask("model big")
    frames = sender.pieces(bytes(400), 1)
    spans, found = told_after(fake_board, frames)
    assert max(spans) < WINDOW / 4 + len(frames[0])
    assert len(acks(found)) == len(found) == sum(map(len, frames)) // (WINDOW // 4)


@pytest.mark.parametrize("model", ["echo", "broken"])
def test_data_that_is_not_accepted_is_acknowledged_too(fake_board: FakeBoard, sender: Sender, model: str) -> None:
    """The window is about what the board has taken from its ring, whatever became of it."""
    fake_board.ask(f"model {model}")
    frames = [sender.data(2**40 + 100 * k, bytes(100)) for k in range(100)]
    spans, found = told_after(fake_board, frames)
    assert max(spans) < WINDOW / 2 + len(frames[0])
    assert len(found) == len(acks(found)) == sum(map(len, frames)) // (WINDOW // 2)
    assert {ack.expected for ack in acks(found)} == {0}


def test_polls_and_echoes_are_not_acknowledged_by_their_size(fake_board: FakeBoard, sender: Sender) -> None:
    messages = [message for _ in range(10) for message in fake_board.exchange(sender.echo(bytes(2000)))]
    assert [message.kind for message in messages] == [wire.ECHOED] * 10


def test_data_below_expected_is_skipped(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, vector(0) + vector(1)[:4]))
    assert fake_board.exchange(sender.data(0, vector(0)) + sender.data(4, vector(0)[4:] + vector(1)[:4])) == []
    (item,) = items(fake_board.exchange(sender.data(0, vector(0) + vector(1) + vector(2)[:1])))
    assert (item.index, item.output) == (1, echo_output(vector(1)))
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(17, 0, 4)]


def test_an_offset_near_2_to_the_64_harms_nothing(fake_board: FakeBoard, sender: Sender) -> None:
    for offset in (2**64 - 1, 2**64 - 64, 2**64 - 8, 2**63):
        fake_board.exchange(sender.frame(wire.DATA, struct.pack("<Q", offset) + bytes(200)))
    assert acks(fake_board.exchange(sender.poll())) == [wire.Ack(0, 0, 4)]
