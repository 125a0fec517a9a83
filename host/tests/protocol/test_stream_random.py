"""Streams over lines that do everything at once, to the real core and to the Python board."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from echo_vectors import check, random_payload, stream
from faulty_line import FaultyLine, by_frame

from mcubench.boards import ChildBoard
from mcubench.link import FaultyCable, Link, parse_line_fault
from mcubench.protocol import Board
from mcubench.protocol.frames import Frame

ECHO_BOARD = Path(__file__).parents[1] / "serve" / "echo_board.py"


@pytest.fixture(scope="module", params=["native", "python"])
def port(request: pytest.FixtureRequest, echo_program: Path) -> Iterator[str]:
    command = [str(echo_program)] if request.param == "native" else [sys.executable, str(ECHO_BOARD)]
    with ChildBoard(request.param, command) as child:
        yield child.port


def bad(seed: int) -> Callable[[Frame], list[Frame]]:
    """Return a change that loses, doubles and delays frames, a delayed one comes after the next."""
    choose = random.Random(seed)
    lost, doubled, delayed = (choose.random() * 0.2 for _ in range(3))
    held: list[Frame] = []

    def change(frame: Frame) -> list[Frame]:
        draw = choose.random()
        if draw < lost:
            return []
        if draw < lost + delayed and not held:
            held.append(frame)
            return []
        after, held[:] = held[:], []
        return [frame] * (2 if draw > 1 - doubled else 1) + after

    return change


@pytest.mark.parametrize("seed", range(12))
def test_frames_that_are_lost_doubled_and_swapped_both_ways(port: str, seed: int) -> None:
    """Of `big`, a result has 600 bytes; of `echo`, a board keeps only the newest."""
    to_host, to_board = by_frame(bad(seed)), by_frame(bad(seed + 1000))
    with FaultyLine(port, to_host, to_board) as line, Link(line.port) as link:
        data = random_payload(random.Random(seed).choice([1, 50, 700, 2500]), seed)
        check(stream(Board(link), data), data)
        data = random.Random(seed).randbytes(20000 * 2)
        results = {result.index: result.output for result in stream(Board(link), data, "big")}
        assert results == {
            k: bytes(sum(data[20000 * k + i : 20000 * k + 20000 : 600]) & 0xFF for i in range(600)) for k in (0, 1)
        }


@pytest.mark.parametrize("seed", range(12))
def test_bytes_that_are_damaged_in_every_way_at_once(port: str, seed: int) -> None:
    choose = random.Random(seed)
    names = choose.sample(["flip", "drop", "double", "reorder", "truncate"], choose.randint(1, 3))
    rates = {name: 10 ** choose.uniform(-5, -3.3) / (8 if name == "flip" else 1) for name in names}
    cable = FaultyCable([parse_line_fault(f"{name}:rate={rate:.7f},seed={seed}") for name, rate in rates.items()])
    with cable.open(port, lambda: Link(port)) as link:
        data = random_payload(2000, seed)
        check(stream(Board(link), data), data)
