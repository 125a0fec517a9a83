"""Streams of vectors to the real core, over lines good and bad: every result once, right, and for its own input."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from echo_vectors import INPUT_BYTES, OUTPUT_BYTES, check, random_payload, stream
from faulty_line import FaultyLine, by_frame, by_line

from mcubench.boards import ChildBoard
from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, LinkError, ProtocolError, RestartedError, RigError, WrongOutputError
from mcubench.link import FaultyCable, Link, parse_line_fault
from mcubench.models import load_model, read_vectors
from mcubench.protocol import Board, BoardInfo, VectorResult, VectorStream
from mcubench.protocol.frames import (
    Ack,
    Frame,
    FrameType,
    Results,
    ack_payload,
    data_payload,
    encode_frame,
    parse_ack,
    parse_result,
    result_payload,
)

OpenLine = Callable[..., Board]
Change = Callable[[Frame], list[Frame]]


def test_every_vector_gets_its_result(echo_board: Board) -> None:
    data = random_payload(2000)
    streaming = stream(echo_board, data)
    check(streaming, data)
    assert streaming.traffic.payload_bytes == 2000 * (INPUT_BYTES + OUTPUT_BYTES)
    assert streaming.traffic.retransmits == 0


def test_streams_follow_each_other_with_commands_between(echo_board: Board) -> None:
    for seed in range(3):
        data = random_payload(50 + seed, seed)
        check(stream(echo_board, data), data)
        assert echo_board.run(3).stable


def test_a_vector_may_be_larger_than_the_window(echo_board: Board) -> None:
    data = random.Random(2).randbytes(20000 * 4)
    streaming = stream(echo_board, data, "big")
    results = list(streaming)
    assert [result.index for result in results] == [0, 1, 2, 3]
    for result in results:
        vector = data[result.index * 20000 :][:20000]
        assert result.output == bytes(sum(vector[i::600]) & 0xFF for i in range(600))


def test_the_status_of_a_failed_inference_comes_with_its_index(echo_board: Board) -> None:
    data = bytearray(random_payload(10))
    data[3 * INPUT_BYTES] = 0xEE
    results = {result.index: result for result in stream(echo_board, bytes(data))}
    assert [results[index].status for index in range(10)] == [0, 0, 0, -2, 0, 0, 0, 0, 0, 0]


def test_half_a_vector_is_a_mistake_of_the_caller(echo_board: Board) -> None:
    for data in (bytes(12), b""):
        with pytest.raises(ValueError, match="whole number"):
            stream(echo_board, data)


def test_a_clean_line_carries_little_but_vectors(mnist_program: Path, models_folder: Path) -> None:
    data = read_vectors(load_model("mnist-int8", models_folder)).first(300).payload()
    with ChildBoard("native", [str(mnist_program)]) as child, Link(child.port) as link:
        streaming = stream(Board(link), data, "mnist-int8")
        assert len(list(streaming)) == 300
    assert streaming.traffic.wire_tx_bytes / len(data) <= 1.0106


@pytest.mark.parametrize(("input_bytes", "limit"), [(784, 1.03), (490, 1.05)])
def test_wire_bytes_of_both_directions_are_few(input_bytes: int, limit: float) -> None:
    """What the STM32F746 gets and sends for 300 vectors: the largest frames, and the results that fill 512 bytes."""
    data = random.Random(3).randbytes(300 * input_bytes)
    tx = [encode_frame(FrameType.DATA, 0, data_payload(at, data[at : at + 2560])) for at in range(0, len(data), 2560)]
    results = [VectorResult(index, 0, 3_400_000, 0x12345678, b"\x7f" * 10) for index in range(300)]
    batches = [results[at : at + 26] for at in range(0, 300, 26)]
    rx = [encode_frame(FrameType.RESULT, 0, result_payload(Results(at, 0, batch))) for at, batch in enumerate(batches)]
    # Half a window brings an ACK where no results wait.
    acks = [encode_frame(FrameType.ACK, 0, ack_payload(Ack(at, 0, 0))) for at in range(0, len(data), 7936)]
    assert len(b"".join(tx + rx + acks)) / (300 * (input_bytes + 10)) <= limit


class Counted:
    """A source of vectors that are nowhere in memory."""

    def __init__(self, vectors: int) -> None:
        self.size_bytes = vectors * INPUT_BYTES
        self.most = 0

    def read(self, start: int, stop: int) -> bytes:
        self.most = max(self.most, stop - start)
        first, last = start // INPUT_BYTES, -(-stop // INPUT_BYTES)
        data = b"".join((index * 2654435761 % 2**31).to_bytes(INPUT_BYTES) for index in range(first, last))
        return data[start - first * INPUT_BYTES :][: stop - start]


def test_memory_does_not_grow_with_the_vectors_that_are_done(echo_board: Board) -> None:
    source = Counted(20_000)
    echo_board.connect()
    streaming = VectorStream(echo_board, echo_board.select("echo"), source)
    results = iter(streaming)
    for _ in range(2000):
        next(results)
    tracemalloc.start()
    try:
        for _ in range(17_000):
            next(results)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(list(results)) == 1000
    assert source.most <= echo_board.information.frame_bytes
    assert most_bytes < 500_000, "17,000 results alone are 4 MB"


# ---- what is lost ----


def once(change: Change, kind: FrameType, number: int) -> Change:
    """Return a change of one frame of a type."""
    numbers = count()
    return lambda frame: change(frame) if frame.type == kind and next(numbers) == number else [frame]


def lose(_: Frame) -> list[Frame]:
    return []


def test_a_lost_frame_alone_is_sent_again(open_line: OpenLine) -> None:
    """What came after it is held: all 8,000 bytes fit there."""
    sent: list[int] = []
    lose_second = once(lose, FrameType.DATA, 1)

    def change(frame: Frame) -> list[Frame]:
        if frame.type == FrameType.DATA:
            sent.append(len(frame.payload) - len(data_payload(0, b"")))
        return lose_second(frame)

    data = random_payload(1000)
    streaming = stream(open_line(to_board=by_frame(change)), data)
    check(streaming, data)
    assert sum(sent) - len(data) == sent[1]
    assert streaming.traffic.retransmits == len(sent) - 4


def test_lost_results_are_asked_for_and_not_computed_again(open_line: OpenLine) -> None:
    data = random_payload(150)
    streaming = stream(open_line(to_host=by_frame(once(lose, FrameType.RESULT, 1))), data)
    check(streaming, data)
    assert streaming.traffic.retransmits == 0


def some(share: float, change: Change, *kinds: FrameType) -> Change:
    """Return a change of a share of the frames of some types. (Every third would keep time with what is repeated.)"""
    choose = random.Random(1)
    return lambda frame: change(frame) if frame.type in kinds and choose.random() < share else [frame]


def double(frame: Frame) -> list[Frame]:
    return [frame, frame]


TO_HOST, TO_BOARD = (FrameType.ACK, FrameType.RESULT), (FrameType.DATA, FrameType.SEEK, FrameType.POLL, FrameType.AGAIN)
LOSSES = {
    "DATA lost": ("to_board", some(0.3, lose, FrameType.DATA)),
    "DATA doubled": ("to_board", some(0.5, double, FrameType.DATA)),
    "RESULT lost": ("to_host", some(0.3, lose, FrameType.RESULT)),
    "RESULT doubled": ("to_host", some(0.5, double, FrameType.RESULT)),
    "ACK lost": ("to_host", some(0.5, lose, FrameType.ACK)),
    "SEEK lost": ("to_board", some(0.5, lose, FrameType.SEEK)),
    "POLL lost": ("to_board", some(0.5, lose, FrameType.POLL)),
    "all to the board doubled": ("to_board", some(0.5, double, *TO_BOARD)),
    "all to the host doubled": ("to_host", some(0.5, double, *TO_HOST)),
}


@pytest.mark.parametrize(("direction", "change"), LOSSES.values(), ids=LOSSES.keys())
def test_lost_and_doubled_frames_change_nothing(open_line: OpenLine, direction: str, change: Change) -> None:
    data = random_payload(3000)
    check(stream(open_line(**{direction: by_frame(change)}), data), data)


def test_swapped_data_frames_change_nothing(open_line: OpenLine) -> None:
    held: list[Frame] = []
    choose = random.Random(1)

    def swap(frame: Frame) -> list[Frame]:
        if not held and frame.type == FrameType.DATA and choose.random() < 0.3:
            held.append(frame)
            return []
        return [frame, held.pop()] if held else [frame]

    data = random_payload(2000)
    check(stream(open_line(to_board=by_frame(swap)), data), data)


@pytest.mark.parametrize("rate", [0.0002, 0.002])
@pytest.mark.parametrize("fault", ["flip", "drop", "double", "reorder", "truncate"])
def test_damaged_bytes_change_nothing(open_noisy: OpenLine, fault: str, rate: float) -> None:
    per_place = rate / 8 if fault == "flip" else rate
    data = random_payload(1500)
    streaming = stream(open_noisy(f"{fault}:rate={per_place}"), data)
    check(streaming, data)
    assert rate < 0.001 or streaming.traffic.retransmits > 0


def test_a_bad_line_costs_what_it_must(open_noisy: OpenLine) -> None:
    """With faults of 1e-3 per byte at best 75 % of what is sent comes through, and here half of it must."""
    data = random_payload(20_000)
    streaming = stream(open_noisy("drop:rate=1e-3"), data)
    check(streaming, data)
    assert streaming.traffic.wire_tx_bytes < 2 * len(data)


# ---- what is wrong ----


def altered(change: Callable[[VectorResult], VectorResult]) -> Change:
    """Return a change of every result of `echo`."""

    def rewrite(frame: Frame) -> list[Frame]:
        if frame.type != FrameType.RESULT:
            return [frame]
        batch = parse_result(frame.payload, OUTPUT_BYTES)
        assert batch
        changed = replace(batch, results=[change(result) for result in batch.results])
        return [replace(frame, payload=result_payload(changed))]

    return rewrite


def test_a_result_for_another_input_is_never_taken(open_line: OpenLine) -> None:
    lie = altered(lambda result: replace(result, input_crc32=result.input_crc32 ^ 1))
    with pytest.raises(ProtocolError, match="vector 0 was sent 8 times and no result came that fits its input"):
        list(stream(open_line(to_host=by_frame(lie)), random_payload(20)))


@pytest.mark.parametrize("change", [{"output": bytes(4)}, {"status": -2}], ids=["output", "status"])
def test_two_different_results_for_one_vector_fail_the_run(open_line: OpenLine, change: dict[str, bytes]) -> None:
    lie = altered(lambda result: replace(result, **change))  # type: ignore[arg-type]
    both = by_frame(lambda frame: [frame, *lie(frame)])
    with pytest.raises(WrongOutputError, match=r"two different results for the same input \(vector 0\)"):
        list(stream(open_line(to_host=both), random_payload(2000)))


def test_another_time_for_the_same_result_is_no_contradiction(open_line: OpenLine) -> None:
    slower = altered(lambda result: replace(result, cycles=result.cycles + 1))
    data = random_payload(200)
    check(stream(open_line(to_host=by_frame(lambda frame: [frame, *slower(frame)])), data), data)


def test_a_result_of_a_vector_that_was_not_sent_is_ignored(open_line: OpenLine) -> None:
    data = random_payload(20)
    lie = altered(lambda result: replace(result, index=result.index + 1000))
    check(stream(open_line(to_host=by_frame(lambda frame: [*lie(frame), frame])), data), data)


def test_an_ack_of_what_was_not_sent_is_ignored(open_line: OpenLine, monkeypatch: pytest.MonkeyPatch) -> None:
    def boast(frame: Frame) -> list[Frame]:
        ack = parse_ack(frame.payload) if frame.type == FrameType.ACK else None
        return [frame, replace(frame, payload=ack_payload(replace(ack, expected=10**6)))] if ack else [frame]

    monkeypatch.setattr("mcubench.protocol.stream.STALL_TIMEOUT_S", 2.0)
    data = random_payload(2000)
    board = open_line(to_host=by_frame(boast), to_board=by_frame(some(0.2, lose, FrameType.DATA)))
    check(stream(board, data), data)


# ---- boards that fall silent, start anew or go away ----


def test_a_board_that_falls_silent_is_told_with_what_was_being_done(
    open_line: OpenLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcubench.protocol.stream.STALL_TIMEOUT_S", 0.4)
    board = open_line(to_host=by_frame(lose))
    with pytest.raises(DeadlineError, match="while streaming 20 vectors to echo") as caught:
        list(stream(board, random_payload(20)))
    assert caught.value.port == board.port


def test_a_caller_may_take_its_time(echo_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour between two results is not the board's."""
    data = random_payload(500)
    streaming = iter(stream(echo_board, data))
    first = next(streaming)
    now_s = [0.0]
    monkeypatch.setattr("mcubench.deadline.time.monotonic", lambda: now_s[0])
    now_s[0] = 3600.0
    assert len([first, *streaming]) == 500


def test_a_board_that_never_gives_results_is_told(open_line: OpenLine) -> None:
    board = open_line(to_host=by_frame(lambda frame: [] if frame.type == FrameType.RESULT else [frame]))
    with pytest.raises(ProtocolError, match="vector 0 was sent 8 times and no result came"):
        list(stream(board, random_payload(20)))


@pytest.mark.parametrize("heard", [True, False], ids=["boot line comes", "boot line is lost"])
def test_a_reset_in_mid_stream_is_told(open_line: OpenLine, heard: bool) -> None:
    data_frames: list[Frame] = []
    pass_on = by_frame(lambda frame: data_frames.append(frame) or [frame])  # type: ignore[func-returns-value]

    def reset(data: bytes) -> bytes:
        before = len(data_frames)
        passed = pass_on(data)
        return passed + b"\0\0\nreset\n" if before < 3 <= len(data_frames) else passed

    def deafen(line: str) -> bytes:
        return b"" if line.startswith("boot board=") and not heard else line.encode() + b"\n"

    board = open_line(to_board=reset, to_host=by_line(deafen))
    with pytest.raises(RestartedError) as caught:
        list(stream(board, random_payload(8000)))
    assert caught.value.cause == "software"


class Replugging:
    """Opens the cable again whenever it was pulled."""

    def __init__(self, open_link: Callable[[], Link]) -> None:
        self.times = 0
        self._open_link = open_link

    def rescue(self, board: Board, error: RigError) -> BoardInfo:
        assert isinstance(error, LinkError)
        self.times += 1
        deadline = Deadline.after(5.0)
        while True:
            try:
                board.use_link(self._open_link())
                return board.connect()
            except LinkError:
                if deadline.expired:
                    raise


def test_a_stream_goes_on_over_a_port_that_was_opened_again(echo_port: str) -> None:
    specs = ("disconnect:every_bytes=20000,away_s=0.01", "flip:rate=1e-5", "drop:rate=1e-4")
    data = random_payload(12_000)
    with ExitStack() as stack:
        cable = FaultyCable([parse_line_fault(spec) for spec in specs])
        replugging = Replugging(lambda: stack.enter_context(cable.open(echo_port, lambda: Link(echo_port))))
        board = Board(stack.enter_context(cable.open(echo_port, lambda: Link(echo_port))), replugging)
        streaming = stream(board, data)
        check(streaming, data)
        assert replugging.times > 3
        assert streaming.traffic.wire_tx_bytes > len(data), "bytes of all ports count"


def test_a_board_that_is_brought_back_in_vain_is_given_up(echo_port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Useless:
        times = 0

        def rescue(self, board: Board, error: RigError) -> BoardInfo:
            assert isinstance(error, DeadlineError)
            self.times += 1
            return board.connect()

    monkeypatch.setattr("mcubench.protocol.stream.STALL_TIMEOUT_S", 0.1)
    useless = Useless()
    with FaultyLine(echo_port, by_frame(lose), bytes) as line, Link(line.port) as link:
        streaming = stream(Board(link, useless), random_payload(20))
        with pytest.raises(DeadlineError, match="0 results so far"):
            list(streaming)
    assert useless.times == 3
