"""Who measures when, on real boards with points that only take their time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import ChildBoard
from mcubench.errors import LinkError, RigError
from mcubench.link import Link
from mcubench.measure import Bench, BoardLost, BoardOpened, Lane, Point, PointDone, PointPool, SweepCrew
from mcubench.protocol import Board


class Counter:
    """Counts how many points are measured at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def measure(self, bench: Bench, point: Point, on_step: Callable[[str], None]) -> Any:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        on_step("asking")
        bench.board.info()
        time.sleep(0.02)
        with self._lock:
            self._now -= 1
        return point


def lane(program: Path, title: str, can_multiply: bool, opened: list[str]) -> Lane:
    @contextmanager
    def open_bench() -> Iterator[Bench]:
        opened.append(title)
        with ChildBoard(title, [str(program)]) as child, Link(child.port) as link:
            board = Board(link)
            yield Bench(board, board.connect(), board.models(), None, child.kill)

    return Lane(title, open_bench, can_multiply, computes_here=can_multiply)


def points(count: int, is_shared: bool = False) -> PointPool:
    pretended: Any = range(count)
    return PointPool(pretended, is_shared)


@pytest.mark.parametrize(("jobs", "boards", "most", "started"), [(1, 3, 1, 3), (2, 3, 2, 4), (3, 1, 3, 3)])
def test_as_many_boards_measure_at_once_as_there_are_jobs(
    echo_program: Path, jobs: int, boards: int, most: int, started: int
) -> None:
    opened: list[str] = []
    lanes = [lane(echo_program, f"b{number}", True, opened) for number in range(boards)]
    counter = Counter()
    with SweepCrew(lanes, jobs) as crew:
        assert all(isinstance(event, BoardOpened) for event in crew.open())
        for each in lanes:
            each.points = points(6)
        done = [event.lane.title for event in crew.measure(counter.measure) if isinstance(event, PointDone)]
    assert sorted(done) == sorted(each.title for each in lanes for _ in range(6))
    assert counter.most == most
    assert boards <= len(opened) <= started


def test_boards_that_do_not_share_jobs_all_measure_at_once(echo_program: Path) -> None:
    lanes = [lane(echo_program, f"b{number}", False, []) for number in range(3)]
    counter = Counter()
    with SweepCrew(lanes, 1) as crew:
        list(crew.open())
        for each in lanes:
            each.points = points(5)
        list(crew.measure(counter.measure))
    assert counter.most == 3


def test_boards_that_need_quiet_measure_one_at_a_time_before_those_that_keep_the_pc_busy(echo_program: Path) -> None:
    lanes = [lane(echo_program, title, title == "virtual", []) for title in ("virtual", "pc 1", "pc 2")]
    counter = Counter()
    with SweepCrew(lanes, 2) as crew:
        list(crew.open())
        for each in lanes:
            each.points = points(3)
            each.needs_quiet = each.title != "virtual"
        done = [event.lane.title for event in crew.measure(counter.measure) if isinstance(event, PointDone)]
    assert done == ["pc 1"] * 3 + ["pc 2"] * 3 + ["virtual"] * 3


def test_a_lost_board_leaves_its_points_and_the_others_go_on(echo_program: Path) -> None:
    good, bad = (lane(echo_program, title, True, []) for title in ("good", "bad"))

    def measure(bench: Bench, point: Point, on_step: Callable[[str], None]) -> Any:
        del on_step
        if bench is benches["bad"]:
            bench.abort()
        bench.board.info()
        time.sleep(0.02)
        return point

    benches: dict[str, Bench] = {}
    with SweepCrew([good, bad], 2) as crew:
        for event in crew.open():
            assert isinstance(event, BoardOpened)
            benches[event.lane.title] = event.bench
        good.points, bad.points = points(4), points(4)
        events = list(crew.measure(measure))
    lost = [event for event in events if isinstance(event, BoardLost)]
    assert [event.lane.title for event in lost] == ["bad"]
    assert isinstance(lost[0].error, LinkError)
    assert sum(isinstance(event, PointDone) and event.lane is good for event in events) == 4


def test_a_board_is_lost_once_however_many_measure_on_it(echo_program: Path) -> None:
    both = threading.Barrier(2)

    def fail(bench: Bench, point: Point, on_step: Callable[[str], None]) -> Any:
        del bench, point, on_step
        both.wait(timeout=30)
        raise RigError("gone")

    alone = lane(echo_program, "alone", True, [])
    with SweepCrew([alone], 2) as crew:
        list(crew.open())
        alone.points = points(4)
        assert [type(event) for event in crew.measure(fail)] == [BoardLost]


def test_whoever_leaves_a_sweep_leaves_no_board_behind(echo_program: Path) -> None:
    def measure(bench: Bench, point: Point, on_step: Callable[[str], None]) -> Any:
        del point
        on_step("asking")
        while True:
            bench.board.info()

    asked = lane(echo_program, "asked", True, [])
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), SweepCrew([asked], 1) as crew:
        list(crew.open())
        asked.points = points(1)
        for _ in crew.measure(measure):
            raise KeyboardInterrupt
    assert set(threading.enumerate()) == before


def test_a_board_that_cannot_be_opened_is_told_and_the_others_are_opened(echo_program: Path) -> None:
    @contextmanager
    def fail() -> Iterator[Bench]:
        raise RigError("no board here")
        yield

    lanes = [Lane("absent", fail, False), lane(echo_program, "there", False, [])]
    with SweepCrew(lanes, 1) as crew:
        events = list(crew.open())
        lanes[1].points = points(1)
        done = [event for event in crew.measure(Counter().measure) if isinstance(event, PointDone)]
    assert [str(event.error) for event in events if isinstance(event, BoardLost)] == ["no board here"]
    assert len(done) == 1


def test_boards_that_share_points_measure_each_once_and_one_takes_over_what_a_lost_one_had(echo_program: Path) -> None:
    lanes = [lane(echo_program, title, False, []) for title in ("a", "b", "c")]
    benches: dict[str, Bench] = {}
    all_at_work = threading.Barrier(3)

    def measure(bench: Bench, point: Point, on_step: Callable[[str], None]) -> Any:
        del on_step
        if bench is benches["b"] or not all_at_work.broken:
            with suppress(threading.BrokenBarrierError):
                all_at_work.wait(timeout=30)
            all_at_work.abort()
        if bench is benches["b"]:
            bench.abort()
        bench.board.info()
        return point

    with SweepCrew(lanes, 1) as crew:
        for event in crew.open():
            assert isinstance(event, BoardOpened)
            benches[event.lane.title] = event.bench
        shared = points(20, is_shared=True)
        for each in lanes:
            each.points = shared
        events = list(crew.measure(measure))
    assert [event.lane.title for event in events if isinstance(event, BoardLost)] == ["b"]
    done: list[Any] = [event.point for event in events if isinstance(event, PointDone)]
    assert sorted(done) == list(range(20))
    assert {event.lane.title for event in events if isinstance(event, PointDone)} == {"a", "c"}


def test_a_point_that_no_board_survives_costs_two_and_the_others_go_on(echo_program: Path) -> None:
    lanes = [lane(echo_program, title, False, []) for title in ("a", "b", "c")]

    def measure(bench: Bench, point: Any, on_step: Callable[[str], None]) -> Any:
        del bench, on_step
        if point == 0:
            raise RigError("it hangs for good")
        return point

    with SweepCrew(lanes, 1) as crew:
        list(crew.open())
        shared = points(4, is_shared=True)
        for each in lanes:
            each.points = shared
        events = list(crew.measure(measure))
    assert sum(isinstance(event, BoardLost) for event in events) == 2
    done: list[Any] = [event.point for event in events if isinstance(event, PointDone)]
    assert sorted(done) == [1, 2, 3]


def test_real_boards_are_all_opened_at_once(echo_program: Path) -> None:
    together = threading.Barrier(3)

    def opened_with_the_others(title: str) -> Lane:
        plain = lane(echo_program, title, False, [])

        @contextmanager
        def open_bench() -> Iterator[Bench]:
            together.wait(timeout=30)
            with plain.open_bench() as bench:
                yield bench

        return Lane(title, open_bench)

    with SweepCrew([opened_with_the_others(title) for title in "abc"], 1) as crew:
        assert all(isinstance(event, BoardOpened) for event in crew.open())


def test_boards_that_compute_here_wait_for_those_that_need_quiet_and_then_share_jobs(echo_program: Path) -> None:
    lanes = [lane(echo_program, title, False, []) for title in ("pc", "virtual 1", "virtual 2", "virtual 3")]
    counter = Counter()
    for each in lanes:
        each.computes_here = True
    with SweepCrew(lanes, 2) as crew:
        list(crew.open())
        for each in lanes:
            each.points = points(3)
            each.needs_quiet = each.title == "pc"
        done = [event.lane.title for event in crew.measure(counter.measure) if isinstance(event, PointDone)]
    assert done[:3] == ["pc"] * 3
    assert len(done) == 12
    assert counter.most == 2
