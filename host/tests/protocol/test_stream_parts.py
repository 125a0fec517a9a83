"""What a stream is made of: windows, ranges, the quality of a line, patience, the ledger."""

from __future__ import annotations

import math
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcubench.errors import WrongOutputError
from mcubench.protocol.frames import FrameType, VectorResult, data_wire_limit
from mcubench.protocol.ledger import ResultLedger
from mcubench.protocol.line_quality import MEMORY_BYTES, OVERHEAD_BYTES, LineQuality
from mcubench.protocol.patience import FIRST_PATIENCE_S, LEAST_PATIENCE_S, Patience
from mcubench.protocol.ranges import Ranges
from mcubench.protocol.window import Flight, SentFrame, largest_piece

GRAIN = 64

# ---- the window ----


@pytest.mark.parametrize("window", [1000, 7680, 15872, 32256])
@pytest.mark.parametrize("frame", [16, 784, 2560])
def test_three_frames_of_the_largest_piece_fit_the_window(window: int, frame: int) -> None:
    piece = largest_piece(frame, window, GRAIN)
    assert 0 < piece <= frame
    assert 3 * data_wire_limit(piece) <= window
    assert piece % GRAIN == 0 or piece < GRAIN
    assert largest_piece(2560, 15872, GRAIN) == 2560


def sent(number: int, wire_bytes: int = 100) -> SentFrame:
    return SentFrame(number, FrameType.DATA, 100 * number, 100 * number + 80, wire_bytes, 0.0)


def test_a_window_counts_what_is_on_its_way() -> None:
    flight = Flight(1128)
    assert flight.has_room_for_data(5000), "one frame alone may always go"
    for number in range(250, 260):
        assert flight.has_room_for_data(80)
        flight.add(sent(number))
    assert not flight.has_room_for_data(80)
    assert [frame.number for frame in flight.see(254)] == [250, 251, 252, 253, 254]
    assert flight.has_room_for_data(80)
    assert flight.see(254) == flight.see(249) == flight.see(4) == [], "told before, or never sent"
    assert not flight.holds(sent(254))
    assert flight.holds(sent(255))
    assert [frame.number for frame in flight.see(259 & 0xFF)] == [255, 256, 257, 258, 259]
    assert flight.wire_bytes == 0


def test_a_window_never_holds_more_frames_than_seq_can_tell_apart() -> None:
    flight, number = Flight(10**6), 0
    while flight.has_room_for_data(1):
        flight.add(sent(number := number + 1))
    assert number < 127
    while flight.has_room_for_question:
        flight.add(sent(number := number + 1))
    assert number == 127


# ---- ranges ----


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20), st.booleans())))
def test_ranges_are_a_set(steps: list[tuple[int, int, bool]]) -> None:
    ranges, expected = Ranges(), set[int]()
    for start, size, is_drop in steps:
        if is_drop:
            ranges.drop_below(start)
            expected = {each for each in expected if each >= start}
        else:
            ranges.add(start, start + size)
            expected |= set(range(start, start + size))
        assert bool(ranges) == bool(expected)
        if expected:
            first, stop = ranges.first
            assert first == min(expected)
            assert set(range(first, stop)) <= expected
            assert stop not in expected


# ---- the quality of a line ----


def learn(quality: LineQuality, rate: float, wire_bytes: int, frames: int, seed: int = 1) -> None:
    choose = random.Random(seed)
    for _ in range(frames):
        quality.note(wire_bytes, choose.random() > math.exp(-rate * wire_bytes))


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 3e-3])
@pytest.mark.parametrize("wire_bytes", [100, 400])
def test_the_fault_rate_is_found_from_frames_of_any_size(rate: float, wire_bytes: int) -> None:
    quality = LineQuality()
    learn(quality, rate, wire_bytes, 4000)
    assert quality.fault_rate == pytest.approx(rate, rel=0.6)
    assert quality.is_known


@pytest.mark.parametrize("rate", [1e-5, 1e-4, 8e-4, 2e-3])
def test_the_piece_is_the_best_whole_number_of_grains(rate: float) -> None:
    quality = LineQuality()
    quality.note(round(1 / rate), True)
    quality._lost = quality._frames * (1 - math.exp(-rate * quality._wire_bytes / quality._frames))

    def share(piece: int) -> float:
        return piece / (piece + OVERHEAD_BYTES) * math.exp(-rate * (piece + OVERHEAD_BYTES))

    best = max(share(piece) for piece in range(GRAIN, 2561, GRAIN))
    assert share(quality.best_piece(2560, GRAIN)) > best - 0.005


def test_pieces_grow_back_when_a_line_is_good_again() -> None:
    quality = LineQuality()
    assert quality.best_piece(2560, GRAIN) == 2560
    learn(quality, 2e-3, 150, 1000)
    assert quality.best_piece(2560, GRAIN) <= 2 * GRAIN
    assert quality.best_piece(2560, 1) < 150
    for _ in range(8 * MEMORY_BYTES // 150):
        quality.note(150, False)
    assert quality.best_piece(2560, GRAIN) == 2560


# ---- patience ----


def test_patience_follows_the_round_trip() -> None:
    patience = Patience(0.5)
    assert patience.wait_s == FIRST_PATIENCE_S + 4 * 0.5
    patience = Patience()
    for _ in range(50):
        patience.answered(0.2)
    assert patience.wait_s == pytest.approx(0.2, rel=0.05)
    patience.silent()
    patience.silent()
    assert patience.wait_s == pytest.approx(0.8, rel=0.05)
    patience.heard()
    for _ in range(50):
        patience.answered(0.001)
    assert patience.wait_s == LEAST_PATIENCE_S
    assert Patience(before=patience).wait_s == LEAST_PATIENCE_S


def test_patience_grows_with_the_spread_of_round_trips() -> None:
    patience = Patience()
    for number in range(100):
        patience.answered(0.1 + 0.2 * (number % 2))
    assert 0.4 < patience.wait_s < 0.9


# ---- the ledger ----


VECTORS = [bytes([number]) * 5 for number in range(20)]
STREAM = b"".join(VECTORS)


def result(index: int, output: bytes = b"\1\2", status: int = 0) -> VectorResult:
    return VectorResult(index, status, 7, zlib.crc32(VECTORS[index]), output)


@given(st.lists(st.integers(1, 23), min_size=100), st.lists(st.integers(0, 99), max_size=5))
def test_input_crcs_are_right_however_the_stream_is_cut_and_repeated(sizes: list[int], repeats: list[int]) -> None:
    ledger = ResultLedger("port", len(VECTORS), 5)
    at = 0
    for size in sizes:
        for start in (at, *(start for start in repeats if start <= at)):
            ledger.note_input(start, STREAM[start : start + size])
        at = min(at + size, len(STREAM))
    assert all(ledger.accept(result(index)) for index in range(len(VECTORS)))
    assert ledger.results == len(VECTORS)


def test_a_result_counts_once_and_only_for_what_was_sent() -> None:
    ledger = ResultLedger("port", len(VECTORS), 5)
    ledger.note_input(0, STREAM[:24])
    assert not ledger.accept(result(4)), "its last byte was not sent"
    assert not ledger.accept(VectorResult(3, 0, 7, 0, b""))
    assert ledger.accept(result(3))
    assert not ledger.accept(result(3))
    for other in (result(3, b"\1\3"), result(3, status=-1)):
        with pytest.raises(WrongOutputError, match="vector 3"):
            ledger.accept(other)
    assert ledger.results == 1


@given(st.sets(st.integers(0, 19)), st.integers(0, 5))
def test_the_first_gap_joins_what_lies_near(done: set[int], joined: int) -> None:
    ledger = ResultLedger("port", len(VECTORS), 5)
    ledger.note_input(0, STREAM)
    for index in done:
        ledger.accept(result(index))
    missing = [index for index in range(20) if index not in done]
    gap = ledger.first_gap(joined)
    if not missing:
        assert gap is None
        return
    stop = missing[0]
    for index in missing:
        if index > stop + joined:
            break
        stop = index + 1
    assert gap == range(missing[0], stop)
