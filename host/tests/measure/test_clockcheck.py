"""The clock check against the real core, whose clock is the PC's own and so known to be right."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count

import pytest
from faulty_line import by_line

from mcubench.measure import check_clock, clockcheck
from mcubench.protocol import Board
from mcubench.protocol.text import add_trailer, parse_line, split_trailer


@pytest.mark.parametrize("clock", ["1000", "100"])
def test_a_true_clock_is_verified(echo_board: Board, clock: str) -> None:
    state = echo_board.set_clock(clock)
    check = check_clock(echo_board, state.hz)
    assert check.good
    assert abs(check.verified_hz - state.hz) <= max(check.uncertainty_hz, state.hz * clockcheck.TOLERANCE)


@pytest.mark.parametrize("believed_hz", [500_000_000, 960_000_000, 1_040_000_000, 2_000_000_000])
def test_a_wrong_clock_is_caught(echo_board: Board, believed_hz: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockcheck, "SPANS_S", (0.3, 0.4))
    check = check_clock(echo_board, believed_hz)
    assert not check.good
    assert check.deviation == pytest.approx(1e9 / believed_hz - 1, abs=0.01)


def test_a_counter_that_wraps_is_followed(echo_board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    # At 1 GHz it wraps every 4.3 s, so one of these spans crosses that.
    monkeypatch.setattr(clockcheck, "SPANS_S", (0.9,))
    assert all(check_clock(echo_board, 1_000_000_000).good for _ in range(5))


def test_one_bad_look_does_not_condemn_a_true_clock(
    open_line: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second look is the shorter one and so the less certain; it still decides, because it is good.
    monkeypatch.setattr(clockcheck, "SPANS_S", (0.5, 0.1))
    ticks = count(1)

    def early(line: str) -> bytes:
        text, seq = split_trailer(line) or (line, None)
        if seq is not None and text.startswith("ok cycles=") and next(ticks) <= clockcheck.TICKS:
            cycles = parse_line(text).integer("cycles")
            text = text.replace(f"cycles={cycles}", f"cycles={(cycles - 25_000_000) % clockcheck.COUNTER_MODULUS}")
        return (text if seq is None else add_trailer(text, seq)).encode() + b"\n"

    board = open_line(by_line(early))
    board.connect()
    assert check_clock(board, 1_000_000_000).good
    assert next(ticks) > 2 * clockcheck.TICKS, "the first look was to be a bad one"


def test_a_slow_line_is_looked_at_until_it_leaves_little_open(
    open_line: Callable[..., Board], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockcheck, "SPANS_S", (0.1, 0.9))

    def slow(line: str) -> bytes:
        time.sleep(0.004 if "ok cycles=" in line else 0)
        return line.encode() + b"\n"

    board = open_line(by_line(slow))
    board.connect()
    check = check_clock(board, 1_000_000_000)
    assert check.good
    assert check.certain


def test_a_wrap_of_the_counter_that_nobody_saw_makes_no_clock_right(
    echo_board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockcheck, "SPANS_S", (0.1, 0.2))
    echo_board.set_clock("2000", overclock=True)
    real = time.sleep
    # The host wakes up late, when the counter has come round twice and shows what one at half the rate would show.
    naps = iter([clockcheck.COUNTER_MODULUS / 1e9])
    monkeypatch.setattr(clockcheck.time, "sleep", lambda span_s: real(next(naps, span_s)))
    check = check_clock(echo_board, 1_000_000_000)
    assert not check.good
    assert check.deviation == pytest.approx(1.0, abs=0.02)
