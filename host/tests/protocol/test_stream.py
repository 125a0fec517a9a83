"""Streams of vectors to the real core, over lines good and bad: every result once, right, and for its own input."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from faulty_line import by_frame

from mcubench.errors import DeadlineError, ProtocolError, WrongOutputError
from mcubench.models import load_model, read_vectors
from mcubench.protocol import Board, VectorStream
from mcubench.protocol.frames import (
    Frame,
    FrameType,
    VectorResult,
    data_payload,
    data_wire_limit,
    encode_frame,
    parse_result,
    result_payload,
)
from mcubench.protocol.window import SendWindow, piece_bytes

OpenLine = Callable[..., Board]
ECHO_INPUT_BYTES, ECHO_OUTPUT_BYTES = 8, 4


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcubench.protocol.stream.FIRST_PATIENCE_S", 0.05)


def payload(vectors: int, seed: int = 1) -> bytes:
    """Random inputs for `echo`, without the first bytes that make it misbehave."""
    data = bytearray(random.Random(seed).randbytes(vectors * ECHO_INPUT_BYTES))
    for start in range(0, len(data), ECHO_INPUT_BYTES):
        data[start] &= 0x7F
    return bytes(data)


def echo_output(vector: bytes) -> bytes:
    return bytes((vector[i] + 2 * vector[i + 4] + 1) & 0xFF for i in range(ECHO_OUTPUT_BYTES))


def stream(board: Board, data: bytes, model: str = "echo") -> VectorStream:
    return VectorStream(board.channel, board.connect(), board.select(model), data)


def check(stream_of: VectorStream, data: bytes) -> None:
    results = list(stream_of)
    vectors = [data[at : at + ECHO_INPUT_BYTES] for at in range(0, len(data), ECHO_INPUT_BYTES)]
    assert sorted(result.index for result in results) == list(range(len(vectors)))
    for result in results:
        assert (result.status, result.output) == (0, echo_output(vectors[result.index]))


def test_every_vector_gets_its_result(echo_board: Board) -> None:
    data = payload(2000)
    streaming = stream(echo_board, data)
    check(streaming, data)
    assert streaming.traffic.payload_bytes == 2000 * (ECHO_INPUT_BYTES + ECHO_OUTPUT_BYTES)
    assert streaming.traffic.retransmits == 0


def test_streams_follow_each_other_with_commands_between(echo_board: Board) -> None:
    for seed in range(3):
        data = payload(50 + seed, seed)
        check(stream(echo_board, data), data)
        assert echo_board.run(3).stable


def test_a_vector_may_be_larger_than_the_window(echo_board: Board) -> None:
    data = random.Random(2).randbytes(20000 * 4)
    streaming = stream(echo_board, data, "big")
    assert echo_board.info().window_bytes < 20000
    results = list(streaming)
    assert [result.index for result in results] == [0, 1, 2, 3]
    for result in results:
        vector = data[result.index * 20000 :][:20000]
        assert result.output == bytes(sum(vector[i::600]) & 0xFF for i in range(600))


def test_the_status_of_a_failed_inference_comes_with_its_index(echo_board: Board) -> None:
    data = bytearray(payload(10))
    data[3 * ECHO_INPUT_BYTES] = 0xEE
    results = {result.index: result for result in stream(echo_board, bytes(data))}
    assert [results[index].status for index in range(10)] == [0, 0, 0, -2, 0, 0, 0, 0, 0, 0]


def test_half_a_vector_is_a_mistake_of_the_caller(echo_board: Board) -> None:
    with pytest.raises(ValueError, match="whole number"):
        stream(echo_board, bytes(12))


def test_wire_bytes_are_at_most_1_03_per_payload_byte(models_folder: Path) -> None:
    """300 digits to the STM32F746: its window and frames, and the eight results that it sends at once."""
    vectors = read_vectors(load_model("mnist-int8", models_folder)).first(300)
    data, piece = vectors.payload(), piece_bytes(2560, 15872)
    tx = [encode_frame(FrameType.DATA, 0, data_payload(at, data[at : at + piece])) for at in range(0, len(data), piece)]
    outputs = [output.tobytes() for output in vectors.outputs]
    results = [VectorResult(index, 0, 3_400_000 + index, 0x12345678, output) for index, output in enumerate(outputs)]
    rx = [encode_frame(FrameType.RESULT, 0, result_payload(0, results[at : at + 8])) for at in range(0, 300, 8)]
    assert len(b"".join(tx + rx)) / (300 * (784 + 10)) <= 1.03


def some(share: float, change: Callable[[Frame], list[Frame]], kind: FrameType) -> Callable[[Frame], list[Frame]]:
    """Return a change of a share of the frames of a type. (Every third would beat in time with what is sent again.)"""
    choose = random.Random(1)
    return lambda frame: change(frame) if frame.type == kind and choose.random() < share else [frame]


LOSSES = {
    "DATA lost": ("to_board", some(0.3, lambda _: [], FrameType.DATA)),
    "DATA doubled": ("to_board", some(0.5, lambda frame: [frame, frame], FrameType.DATA)),
    "RESULT lost": ("to_host", some(0.3, lambda _: [], FrameType.RESULT)),
    "RESULT doubled": ("to_host", some(0.5, lambda frame: [frame, frame], FrameType.RESULT)),
    "ACK lost": ("to_host", some(0.5, lambda _: [], FrameType.ACK)),
    "SEEK lost": ("to_board", some(0.5, lambda _: [], FrameType.SEEK)),
    "POLL lost": ("to_board", some(0.5, lambda _: [], FrameType.POLL)),
    "ACK and RESULT doubled": ("to_host", lambda frame: [frame, frame]),
}


@pytest.mark.parametrize(("direction", "change"), LOSSES.values(), ids=LOSSES.keys())
def test_lost_and_doubled_frames_change_nothing(
    open_line: OpenLine, direction: str, change: Callable[[Frame], list[Frame]]
) -> None:
    data = payload(3000)
    check(stream(open_line(**{direction: by_frame(change)}), data), data)


def test_swapped_data_frames_change_nothing(open_line: OpenLine) -> None:
    held: list[Frame] = []
    choose = random.Random(1)

    def swap(frame: Frame) -> list[Frame]:
        if not held and frame.type == FrameType.DATA and choose.random() < 0.3:
            held.append(frame)
            return []
        return [frame, held.pop()] if held else [frame]

    data = payload(2000)
    check(stream(open_line(to_board=by_frame(swap)), data), data)


@pytest.mark.parametrize("rate", [0.0002, 0.002])
@pytest.mark.parametrize("fault", ["flip", "drop", "double", "reorder", "truncate"])
def test_damaged_bytes_change_nothing(open_noisy: OpenLine, fault: str, rate: float) -> None:
    per_place = rate / 8 if fault == "flip" else rate
    data = payload(1500)
    streaming = stream(open_noisy(f"{fault}:rate={per_place}"), data)
    check(streaming, data)
    assert rate < 0.001 or streaming.traffic.retransmits > 0


def altered(change: Callable[[VectorResult], VectorResult]) -> Callable[[Frame], list[Frame]]:
    """Return a change of every result of `echo`."""

    def rewrite(frame: Frame) -> list[Frame]:
        if frame.type != FrameType.RESULT:
            return [frame]
        parsed = parse_result(frame.payload, ECHO_OUTPUT_BYTES)
        assert parsed is not None
        return [replace(frame, payload=result_payload(parsed[0], [change(result) for result in parsed[1]]))]

    return rewrite


def test_a_result_for_another_input_is_never_taken(open_line: OpenLine) -> None:
    lie = altered(lambda result: replace(result, input_crc32=result.input_crc32 ^ 1))
    with pytest.raises(ProtocolError, match="vector 0 was sent 8 times and no result came that fits its input"):
        list(stream(open_line(to_host=by_frame(lie)), payload(20)))


def test_two_different_results_for_one_vector_fail_the_run(open_line: OpenLine) -> None:
    lie = altered(lambda result: replace(result, output=bytes(4)))
    double = by_frame(lambda frame: [frame, *lie(frame)])
    with pytest.raises(WrongOutputError, match=r"two different results for the same input \(vector 0\)"):
        list(stream(open_line(to_host=double), payload(2000)))


def test_a_result_of_a_vector_that_was_not_sent_is_ignored(open_line: OpenLine) -> None:
    data = payload(20)
    lie = altered(lambda result: replace(result, index=result.index + 1000))
    check(stream(open_line(to_host=by_frame(lambda frame: [*lie(frame), frame])), data), data)


def test_a_board_that_falls_silent_is_told_with_what_was_being_done(
    open_line: OpenLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcubench.protocol.stream.STALL_TIMEOUT_S", 0.4)
    board = open_line(to_host=by_frame(lambda _: []))
    with pytest.raises(DeadlineError, match="while streaming 20 vectors to echo") as caught:
        list(stream(board, payload(20)))
    assert caught.value.port == board.port


def test_a_board_that_never_gives_results_is_told(open_line: OpenLine) -> None:
    board = open_line(to_host=by_frame(lambda frame: [] if frame.type == FrameType.RESULT else [frame]))
    with pytest.raises(ProtocolError, match="vector 0 was sent 8 times and no result came"):
        list(stream(board, payload(20)))


def test_a_reset_in_mid_stream_is_told(open_line: OpenLine) -> None:
    numbers = count()

    def hook(data: bytes) -> bytes:
        return data + (b"\0boot board=native protocol=1\n" if b"\x82" in data and next(numbers) == 2 else b"")

    with pytest.raises(ProtocolError, match="reset itself while streaming 3000 vectors to echo"):
        list(stream(open_line(to_host=hook), payload(3000)))


def test_two_frames_of_the_chosen_piece_fit_the_window() -> None:
    for window in (100, 1000, 7680, 15872):
        for frame in (16, 784, 2560):
            assert 2 * data_wire_limit(piece_bytes(frame, window)) <= window
    assert piece_bytes(2560, 15872) == 2560


def test_the_window_counts_what_is_on_its_way() -> None:
    window = SendWindow(300)
    assert window.has_room_for(200)
    window.sent(100, 150)
    window.sent(200, 100)
    assert not window.has_room_for(50)
    window.acknowledged(99)
    assert not window.has_room_for(50)
    window.acknowledged(100)
    assert window.has_room_for(50)
    window.clear()
    assert window.has_room_for(1000), "one frame alone may always go"
