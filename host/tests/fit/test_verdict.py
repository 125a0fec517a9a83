"""Yes, no, or nobody can tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcubench.boards import KnownBoard
from mcubench.fit import Figure, Limits, Needs, Verdict, judge
from mcubench.fit.limits import Limit

BOARD = KnownBoard("b", "a board", "a core", ("generated",), True, None, flash_bytes=1000, arena_bytes=100)
UNKNOWN = Figure(None, "unknown", "no library")
NEEDS = Needs(
    image_bytes=Figure(1000, "counted", "linker"),
    flash_bytes=Figure(600, "counted", "linker"),
    arena_bytes=Figure(100, "planned", "plan"),
    ram_bytes=Figure(180, "counted", "board"),
    latency_us=Figure(99.5, "modelled", "board"),
    clock="48",
)


def verdict(limits: Limits = Limits(), board: KnownBoard = BOARD, **changed: Figure) -> Verdict:  # noqa: B008 - frozen
    return judge(board, "generated", replace(NEEDS, **changed), limits)


def test_what_just_fits_fits() -> None:
    found = verdict(Limits(latency_us=Limit(99.5, "--max-latency-us")))
    assert found.fits is True
    assert [(check.what, check.margin) for check in found.checks] == [
        ("latency", 0.0),
        ("flash of the whole image", 0.0),
        ("arena", 0.0),
    ]


@pytest.mark.parametrize(
    "limits",
    [
        Limits(latency_us=Limit(99.4, "x")),
        Limits(flash_bytes=Limit(599, "x")),
        Limits(ram_bytes=Limit(179, "x")),
        Limits(arena_bytes=Limit(99, "x")),
    ],
)
def test_one_limit_that_is_missed_is_enough(limits: Limits) -> None:
    found = verdict(limits)
    assert found.fits is False
    (missed,) = (check for check in found.checks if check.fits is False)
    assert missed.margin is not None
    assert missed.margin < 0


def test_the_board_has_room_of_its_own() -> None:
    assert verdict(image_bytes=Figure(1001, "counted", "linker")).fits is False
    assert verdict(arena_bytes=Figure(101, "planned", "plan")).fits is False


def test_what_is_not_known_is_neither_yes_nor_no() -> None:
    assert verdict(latency_us=UNKNOWN).fits is True, "nobody asked for it"
    asked = verdict(Limits(latency_us=Limit(1, "x")), latency_us=UNKNOWN)
    assert asked.fits is None
    assert asked.checks[0].as_dict()["need"] is None
    assert asked.checks[0].margin is None


def test_a_board_of_unknown_size_is_not_told_to_be_large_enough() -> None:
    assert verdict(board=replace(BOARD, flash_bytes=None)).fits is None


def test_the_least_that_it_can_be_may_be_too_much_already() -> None:
    assert verdict(image_bytes=replace(UNKNOWN, at_least=1000)).fits is None
    assert verdict(image_bytes=replace(UNKNOWN, at_least=1001)).fits is False


def test_without_an_image_it_does_not_fit() -> None:
    assert judge(BOARD, "generated", NEEDS, Limits(), "operator 3 (FOO) is not supported").fits is False
    assert judge(BOARD, "generated", None, Limits(), "operator 3 (FOO) is not supported").fits is False
