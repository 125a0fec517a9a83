"""Who gets which point when several boards share them."""

from __future__ import annotations

import threading
from typing import Any

from mcubench.measure import PointPool


def pool(*points: Any, is_shared: bool = True) -> PointPool:
    return PointPool(points, is_shared)


def test_points_are_handed_out_once_in_order() -> None:
    points = pool("a", "b")
    assert (len(points), points.take(), points.take(), len(points)) == (2, "a", "b", 0)
    assert not points.is_finished, "both may come back"
    points.done()
    points.done()
    assert points.is_finished
    assert points.take() is None


def test_who_finds_nothing_waits_for_what_another_gives_back() -> None:
    points = pool("a")
    first = points.take()
    taken: list[Any] = []
    other = threading.Thread(target=lambda: taken.append(points.take()))
    other.start()
    other.join(0.05)
    assert other.is_alive()
    points.give_back(first)  # type: ignore[arg-type]
    other.join(10)
    assert taken == ["a"]


def test_who_finds_nothing_leaves_once_the_last_point_is_done() -> None:
    points = pool("a")
    points.take()
    taken: list[Any] = []
    other = threading.Thread(target=lambda: taken.append(points.take()))
    other.start()
    points.done()
    other.join(10)
    assert taken == [None]


def test_a_point_at_which_two_boards_were_lost_is_not_handed_to_a_third() -> None:
    points = pool("bad", "good")
    for _ in range(2):
        assert points.take() == "bad"
        points.give_back("bad")  # type: ignore[arg-type]
    assert points.take() == "good"
    points.done()
    assert points.take() is None
    assert points.is_finished


def test_a_board_that_has_its_points_alone_neither_waits_nor_takes_any_back() -> None:
    points = pool("a", is_shared=False)
    assert points.take() == "a"
    assert points.take() is None
    points.give_back("a")  # type: ignore[arg-type]
    assert points.take() is None


def test_a_closed_pool_lets_everybody_leave() -> None:
    points = pool("a", "b")
    points.take()
    waiting = threading.Thread(target=lambda: [points.take(), points.take()])
    waiting.start()
    points.close()
    waiting.join(10)
    assert not waiting.is_alive()
    assert points.take() is None
