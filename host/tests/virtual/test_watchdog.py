"""Watchdogs: they bite who does not reload them in time, and nobody else, however time passes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from bench import Bench

TIMEOUT_S = 0.1
STARVING = ["compute", "poll_only"]


@pytest.fixture(params=["stm32f746", "nrf52840"])
def chip(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def watchdog(bench: Callable[..., Bench], chip: str) -> Callable[..., Bench]:
    """Start a program that says why it started and then starts its watchdog with 100 ms."""

    def run(loop: str, **options: object) -> Bench:
        board = bench("watchdog", {"LOOP": loop}, **options)
        board.run_until(lambda: len(board.sent) >= START_BYTES[chip])
        return board

    return run


def bite(board: Bench, chip: str) -> tuple[float, int]:
    """Return how long after the board last sent something it started again, and its reset flags."""
    since_s, before = board.outside.last_sent_s, len(board.sent)
    board.run_until(lambda: len(board.sent) >= before + 9)
    after_s, flags = board.outside.last_sent_s - since_s, int(board.sent[before : before + 9], 16)
    board.run_until(lambda: len(board.sent) >= before + START_BYTES[chip])
    return after_s, flags


START_BYTES = {"stm32f746": 9, "nrf52840": 27}
BITTEN = {"stm32f746": 1 << 29 | 1 << 26, "nrf52840": 1 << 1}  # IWDGRSTF with PINRSTF; DOG


@pytest.mark.parametrize("loop", STARVING)
def test_bites_firmware_that_computes_or_polls_and_forgets_it(
    watchdog: Callable[..., Bench], chip: str, loop: str
) -> None:
    board = watchdog(loop, strict=True)
    for _ in range(2):
        after_s, flags = bite(board, chip)
        assert flags == BITTEN[chip]
        assert after_s == pytest.approx(TIMEOUT_S, abs=0.003)


def test_does_not_bite_firmware_that_reloads_it_while_it_polls(watchdog: Callable[..., Bench]) -> None:
    board = watchdog("poll_and_kick", strict=True)
    before = len(board.sent)
    board.run_for(4 * TIMEOUT_S)
    assert board.ask(b"abc", 3) == b"abc"
    assert len(board.sent) == before + 3


def test_does_not_bite_when_the_pc_was_away(watchdog: Callable[..., Bench]) -> None:
    board = watchdog("poll_and_kick")
    wait = board.outside.wait
    board.outside.wait = lambda timeout_s: wait(timeout_s + 0.15)  # more than the watchdog waits
    before = len(board.sent)
    board.run_for(4 * TIMEOUT_S)
    assert board.sent[before:] == b""


def test_a_hung_core_is_bitten_without_waiting_in_real_time(
    watchdog: Callable[..., Bench], chip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = watchdog("poll_and_kick")
    board.run_for(0.002)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    board.outside.wait = slept.append
    slept_at_write: list[float] = []
    write = board.outside.write

    def note(data: bytes) -> None:
        slept_at_write.append(sum(slept))
        write(data)

    board.outside.write = note
    since_s, stopped_s = board.outside.last_sent_s, board.board.now_s
    board.board._stop_core("the test hangs it")
    after_s, flags = bite(board, chip)
    assert flags == BITTEN[chip]
    assert after_s > TIMEOUT_S  # it had been reloaded
    assert since_s + after_s < stopped_s + TIMEOUT_S + 0.001
    assert slept_at_write[0] < 0.05


def test_a_fast_oscillator_makes_it_bite_sooner(watchdog: Callable[..., Bench], chip: str) -> None:
    oscillator = {"stm32f746": "lsi_hz=40000", "nrf52840": "lfrc_hz=40960"}[chip]
    board = watchdog("compute", faults=[f"crystal:{oscillator}"])
    after_s, _ = bite(board, chip)
    assert after_s == pytest.approx(0.8 * TIMEOUT_S, abs=0.003)


@pytest.mark.parametrize("chip", ["stm32f746"], indirect=True)
def test_a_long_transfer_is_no_reason_to_bite(watchdog: Callable[..., Bench]) -> None:
    board = watchdog("send_and_kick")
    board.run_for(0.7)
    assert board.sent.endswith(64 * b"x")


@pytest.mark.parametrize("chip", ["stm32f746"], indirect=True)
def test_independent_watchdog_keeps_its_rules(
    watchdog: Callable[..., Bench], caplog: pytest.LogCaptureFixture, chip: str
) -> None:
    after_s, flags = bite(watchdog("kick_too_early"), chip)
    assert flags == BITTEN[chip]
    assert after_s < 0.01
    after_s, _ = bite(watchdog("write_without_access"), chip)
    assert after_s == pytest.approx(TIMEOUT_S, abs=0.003)
    assert "IWDG_RLR: written without 0x5555 in KR" in caplog.text


@pytest.mark.parametrize("chip", ["nrf52840"], indirect=True)
def test_nordic_watchdog_wants_every_request_and_outlives_a_soft_reset(
    watchdog: Callable[..., Bench], chip: str
) -> None:
    after_s, _ = bite(watchdog("one_request_of_two", strict=True), chip)
    assert after_s == pytest.approx(TIMEOUT_S, abs=0.003)
    board = watchdog("soft_reset")
    board.run_for(0.15)
    starts = [int(line, 16) for line in board.sent.split()]
    assert starts[:3] == [0, 0, 0xFFFFFFFF]
    assert starts[3:6] == [1 << 2, 1, 3276]  # soft: it runs on with its settings, which are locked
    assert starts[6:9] == [1 << 1, 0, 0xFFFFFFFF]  # bitten: as after power-on
