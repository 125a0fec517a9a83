"""Results that wait, and results that were sent and are kept: batches, AGAIN, what is forgotten."""

from __future__ import annotations

import pytest
import wire_reference as wire
from core_boards import FakeBoard, Message
from stream_messages import BIG_BYTES, acks, big_output, echo_output, items, results, vector
from wire_reference import Sender

BATCH = 448 // 13  # results of `echo` in the largest RESULT frame
KEPT = 2048 // 13


def sizes(messages: list[Message]) -> list[int]:
    return [len(result.items) for result in results(messages)]


def compute(board: FakeBoard, sender: Sender, start: int, count: int) -> list[Message]:
    """Send vectors `start` ... of `echo` and let the line fall silent."""
    return board.exchange(sender.data(8 * start, b"".join(map(vector, range(start, start + count)))))


def test_results_come_in_full_frames(fake_board: FakeBoard, sender: Sender) -> None:
    assert sizes(compute(fake_board, sender, 0, 256)) == [BATCH] * 7 + [18]


def test_a_full_frame_goes_at_once(fake_board: FakeBoard, sender: Sender) -> None:
    data = b"".join(map(vector, range(BATCH)))
    assert sizes(fake_board.handle(sender.data(0, data))) == [BATCH]


def test_results_of_several_frames_share_one(fake_board: FakeBoard, sender: Sender) -> None:
    frames = sender.pieces(b"".join(map(vector, range(10))), 8)
    assert sizes(fake_board.exchange(b"".join(frames))) == [10]


def test_results_that_were_sent_are_sent_again(fake_board: FakeBoard, sender: Sender) -> None:
    before = items(compute(fake_board, sender, 0, 20))
    again = fake_board.exchange(sender.again(5))
    assert items(again) == before[5:]
    assert acks(again) == [wire.Ack(160, 0, 1)]
    assert items(fake_board.exchange(sender.again(0))) == before


def test_an_ack_follows_the_results_it_was_asked_with(fake_board: FakeBoard, sender: Sender) -> None:
    compute(fake_board, sender, 0, 5)
    kinds = [message.kind for message in fake_board.exchange(sender.again(0))]
    assert kinds == [wire.RESULT, wire.ACK]


def test_the_newest_results_are_kept(fake_board: FakeBoard, sender: Sender) -> None:
    for start in range(0, 400, 100):
        compute(fake_board, sender, start, 100)
    assert acks(fake_board.exchange(sender.poll()))[0].oldest == 400 - KEPT
    again = fake_board.exchange(sender.again(0))
    assert [(item.index, item.output) for item in items(again)] == [
        (k, echo_output(vector(k))) for k in range(400 - KEPT, 400)
    ]


@pytest.mark.parametrize("index", [20, 21, 2**32 - 1])
def test_results_that_are_not_there_are_not_sent(fake_board: FakeBoard, sender: Sender, index: int) -> None:
    compute(fake_board, sender, 0, 20)
    assert [message.kind for message in fake_board.exchange(sender.again(index))] == [wire.ACK]


def test_again_for_the_newest_does_not_leave_out_those_that_wait(fake_board: FakeBoard, sender: Sender) -> None:
    data = b"".join(map(vector, range(5)))
    messages = fake_board.exchange(sender.data(0, data) + sender.again(4))
    assert [item.index for item in items(messages)] == list(range(5))


def test_each_again_makes_frames_smaller_down_to_one_result(fake_board: FakeBoard, sender: Sender) -> None:
    compute(fake_board, sender, 0, BATCH)
    largest = [max(sizes(fake_board.exchange(sender.again(0)))) for _ in range(8)]
    assert largest == [17, 8, 4, 2, 1, 1, 1, 1]


def test_frames_grow_again_while_none_is_asked_for(fake_board: FakeBoard, sender: Sender) -> None:
    for _ in range(8):
        fake_board.exchange(sender.again(0))
    largest = [max(sizes(compute(fake_board, sender, start, 100))) for start in range(0, 1000, 100)]
    assert largest == sorted(largest)
    assert (largest[0], largest[-1]) == (2, BATCH)


@pytest.mark.parametrize("forget", ["seek", "model"])
def test_kept_results_are_forgotten(fake_board: FakeBoard, sender: Sender, forget: str) -> None:
    compute(fake_board, sender, 0, 20)
    if forget == "seek":
        fake_board.exchange(sender.seek(80))
    else:
        fake_board.ask("model echo")
    expected = 80 if forget == "seek" else 0
    again = fake_board.exchange(sender.again(0))
    assert again == again[-1:]
    assert acks(again) == [wire.Ack(expected, expected // 8, sender.seq - 1)]


def test_a_refused_seek_forgets_no_result(fake_board: FakeBoard, sender: Sender) -> None:
    compute(fake_board, sender, 0, 20)
    fake_board.exchange(sender.seek(3))
    assert len(items(fake_board.exchange(sender.again(0)))) == 20


def test_seek_sends_the_results_that_wait_before_it_forgets_them(fake_board: FakeBoard, sender: Sender) -> None:
    messages = fake_board.exchange(sender.data(0, vector(0)) + sender.seek(0))
    assert [message.kind for message in messages] == [wire.RESULT, wire.ACK]


def test_a_failed_vector_is_kept_too(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(0, b"\xee" + bytes(7)))
    assert [(item.status, item.output) for item in items(fake_board.exchange(sender.again(0)))] == [(-2, bytes(4))]


@pytest.mark.parametrize("first_byte", [0x11, 0x00])
def test_an_output_of_more_than_a_batch_travels_alone_and_is_kept(
    fake_board: FakeBoard, sender: Sender, first_byte: int
) -> None:
    fake_board.ask("model big")
    data = bytes([first_byte]) * BIG_BYTES
    messages = [message for frame in sender.pieces(data, 2000) for message in fake_board.exchange(frame)]
    (result,) = results(messages, 600)
    assert result.expected == BIG_BYTES
    assert [(item.index, item.output) for item in result.items] == [(0, big_output(data))]
    assert items(fake_board.exchange(sender.again(0)), 600) == list(result.items)


def test_results_that_are_larger_than_the_store_are_not_kept(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.ask("model deep")
    (item,) = items(fake_board.exchange(sender.data(0, vector(1))), 3000)
    assert (item.index, item.output) == (0, vector(1) + bytes(2992))
    (failed,) = items(fake_board.exchange(sender.data(8, b"\xee" + bytes(7))), 3000)
    assert (failed.index, failed.status, failed.output) == (1, -2, bytes(3000))
    assert acks(fake_board.exchange(sender.again(0))) == [wire.Ack(16, 2, 2)]
