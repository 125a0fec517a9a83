"""DATA out of order: what is held, what is dropped, what the hold map says, against the page's words in Python."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
import wire_reference as wire
from core_boards import FakeBoard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from stream_messages import GRAIN, HOLD, acks, echo_output, items, vector
from wire_reference import Sender

VECTORS = [vector(k) for k in range(8000)]
STREAM = b"".join(VECTORS)
FAR_AWAY = 8 * (2**32 - 8000)  # where the stream may begin, too: offsets of 35 bits, indices of 32


@dataclass
class Rules:
    """What section 3 says a board lacks and holds."""

    expected: int = 0
    grains: set[int] = field(default_factory=set)

    def seek(self, offset: int) -> None:
        self.expected = offset
        self.grains.clear()

    def data(self, start: int, end: int) -> None:
        start = max(start, self.expected)
        if start >= end:
            return
        if start > self.expected:
            whole = range(-(-start // GRAIN), end // GRAIN)
            self.grains.update(grain for grain in whole if (grain - self.expected // GRAIN) * GRAIN < HOLD)
            return
        self.expected = end
        while self.expected // GRAIN in self.grains:
            self.expected = (self.expected // GRAIN + 1) * GRAIN
        self.grains = {grain for grain in self.grains if grain >= self.expected // GRAIN}

    @property
    def held(self) -> frozenset[int]:
        return frozenset(grain - self.expected // GRAIN for grain in self.grains)


# Where a piece begins, from `expected` on, and its size; or None for a SEEK.
piece = st.tuples(
    st.one_of(st.integers(-300, 300), st.integers(0, HOLD + 500), st.integers(0, HOLD // GRAIN).map(GRAIN.__mul__)),
    st.one_of(st.integers(1, 200), st.integers(1, wire.DATA_BYTES_MAX), st.integers(1, 40).map(GRAIN.__mul__)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # every example begins with a SEEK
@example(0, [(HOLD - GRAIN, GRAIN), (HOLD, GRAIN), (-300, 300), (0, 64)])
@example(0, [(64, 64), (0, 80)])  # the piece ends within a grain that is held
@given(st.sampled_from([0, 8 * 1000, FAR_AWAY]), st.lists(st.one_of(piece, st.none()), max_size=25))
def test_what_is_held_is_what_the_page_says(
    fake_board: FakeBoard, base: int, steps: list[tuple[int, int] | None]
) -> None:
    rules, sender = Rules(), Sender()
    rules.seek(base)
    found = fake_board.exchange(sender.seek(base))
    for step in steps:
        if step is None:
            offset = rules.expected // 8 * 8
            rules.seek(offset)
            found += fake_board.exchange(sender.seek(offset))
        else:
            start = max(rules.expected + step[0], base)
            end = min(start + step[1], base + len(STREAM))
            if start < end:
                rules.data(start, end)
                found += fake_board.exchange(sender.data(start, STREAM[start - base : end - base]))
        (ack,) = acks(fake_board.exchange(sender.poll()))
        assert (ack.expected, ack.held, ack.seen) == (rules.expected, rules.held, sender.seq - 1)
    results = {item.index - base // 8: item.output for item in items(found)}
    assert set(results) == set(range((rules.expected - base) // 8))
    assert all(output == echo_output(VECTORS[k]) for k, output in results.items())


def test_one_lost_frame_costs_one_frame(fake_board: FakeBoard, sender: Sender) -> None:
    frames = sender.pieces(STREAM[: 8 * 448], 448)  # 7 grains each
    del frames[3]
    found = [message for frame in frames for message in fake_board.exchange(frame)]
    assert acks(found) == [wire.Ack(3 * 448, 3 * 56 - 157, 4, held=frozenset(range(7, 14)))]
    assert [item.index for item in items(found)] == list(range(3 * 56))
    found = fake_board.exchange(sender.data(3 * 448, STREAM[3 * 448 : 4 * 448]))
    assert [item.index for item in items(found)] == list(range(3 * 56, 8 * 56))


def test_held_bytes_wait_for_a_vector_that_is_larger_than_a_grain(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.ask("model big")
    data = random.Random(7).randbytes(20000)
    order = [*range(2048, 8192, 2048), 0]
    found = [m for at in order for m in fake_board.exchange(sender.data(at, data[at : at + 2048]))]
    found += [m for at in range(8192, 20000, 2048) for m in fake_board.exchange(sender.data(at, data[at : at + 2048]))]
    (item,) = items(found, 600)
    assert item.output == bytes(sum(data[i::600]) % 256 for i in range(600))


@pytest.mark.parametrize("forget", ["seek", "model"])
def test_what_was_held_is_forgotten(fake_board: FakeBoard, sender: Sender, forget: str) -> None:
    fake_board.exchange(sender.data(64, bytes(256)))
    assert acks(fake_board.exchange(sender.poll()))[0].held == {1, 2, 3, 4}
    fake_board.exchange(sender.seek(0) if forget == "seek" else b"model echo\n")
    assert acks(fake_board.exchange(sender.poll()))[0].held == frozenset()


def test_a_refused_seek_forgets_nothing(fake_board: FakeBoard, sender: Sender) -> None:
    fake_board.exchange(sender.data(64, bytes(64)))
    assert acks(fake_board.exchange(sender.seek(4))) == [wire.Ack(0, 0, 1, wire.REFUSED, frozenset({1}))]
