"""What the line bench concludes from what it measured."""

from __future__ import annotations

from dataclasses import replace

import pytest
from line_bench import COUNTER, Row, _unwrapped
from repeated import RepeatedVectors

from mcubench.errors import RigError

HZ = 216_000_000
FAST = Row(
    way="stream",
    kind="modelled",
    board="virtual:stm32f746",
    model="784-0",
    input_bytes=784,
    baud=921_600,
    n=470,
    elapsed_s=4.04,
    wire_s=4.03,
    compute_s=0.02,
    payload_bytes_per_s=91_000,
    line_percent=98.8,
    wire_per_input_byte=1.01,
    wire_per_payload_byte=1.02,
    retransmits=0,
    elapsed_of_max=1.002,
)


def test_what_keeps_every_goal_misses_none() -> None:
    assert FAST.misses == []


@pytest.mark.parametrize(
    ("change", "missed"),
    [
        ({"line_percent": 94.9}, "rate"),
        ({"elapsed_of_max": 1.051}, "elapsed"),
        ({"wire_per_input_byte": 1.031}, "wire"),
        ({"wire_per_payload_byte": 1.031}, "wire"),
    ],
    ids=["rate", "elapsed", "wire-to-board", "wire-both-ways"],
)
def test_each_goal_is_looked_at(change: dict[str, float], missed: str) -> None:
    (found,) = replace(FAST, **change).misses  # type: ignore[arg-type]
    assert found.startswith(missed)


def test_rate_is_no_goal_where_the_model_computes_for_longer() -> None:
    assert replace(FAST, line_percent=40.0, compute_s=8.0).misses == []


def test_counter_that_began_again_is_put_right() -> None:
    assert _unwrapped(HZ, 0.9, 1.1, HZ) == 1.0
    assert _unwrapped(HZ, 20.0, 21.0, HZ) == pytest.approx(1 + COUNTER / HZ)


def test_time_that_could_be_either_is_no_time() -> None:
    with pytest.raises(RigError, match="too slow"):
        _unwrapped(HZ, 0.9, 25.0, HZ)


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (4, 9), (5, 25), (11, 12)])
def test_repeated_vectors_are_the_same_bytes_again(start: int, stop: int) -> None:
    inputs = b"abcdef"
    source = RepeatedVectors(inputs, 3, 10)
    assert source.size_bytes == 30
    assert source.read(start, stop) == (inputs * 5)[start:stop]
