"""Virtual time and its company with the PC's clock."""

from __future__ import annotations

import time

import pytest
from unicorn.arm_const import UC_CPU_ARM_CORTEX_M7

from mcubench.virtual.machine import Machine
from mcubench.virtual.time import LONGEST_SLEEP_S, Pace, VirtualTime
from mcubench.virtual.timing import CORTEX_M7, CycleCounter


@pytest.fixture
def counter() -> CycleCounter:
    return Machine(UC_CPU_ARM_CORTEX_M7, CORTEX_M7, [], []).counter


def test_time_is_cycles_over_the_clock_of_the_moment(counter: CycleCounter) -> None:
    virtual = VirtualTime(counter, 16e6)
    counter.add_idle(16_000)
    assert virtual.now_s == pytest.approx(1e-3)
    virtual.set_hz(216e6)
    counter.add_idle(216_000)
    assert virtual.now_s == pytest.approx(2e-3)
    assert virtual.cycles_at(3e-3) == 16_000 + 2 * 216_000


def test_passed_time_is_never_less_than_asked_for(counter: CycleCounter) -> None:
    virtual = VirtualTime(counter, 216e6)
    for seconds in (1e-9, 1e-6, 0.0017, 3.3e-7):
        end_s = virtual.now_s + seconds
        virtual.advance(seconds)
        assert virtual.now_s >= end_s - 1e-12
    before_s = virtual.now_s
    virtual.advance(-1.0)
    assert virtual.now_s == before_s


def test_idle_time_is_real_time(counter: CycleCounter) -> None:
    virtual = VirtualTime(counter, 216e6)
    pace = Pace(virtual, time.sleep)
    start_s, start_real_s = virtual.now_s, time.monotonic()
    for _ in range(10):
        pace.idle()
    assert virtual.now_s - start_s >= 10 * LONGEST_SLEEP_S
    assert virtual.now_s - start_s <= time.monotonic() - start_real_s


def test_idle_ends_at_a_timer(counter: CycleCounter) -> None:
    asked: list[float] = []
    virtual = VirtualTime(counter, 216e6)
    Pace(virtual, asked.append).idle(virtual.now_s + 0.004)
    assert asked[0] <= 0.004


def test_in_real_time_known_moments_are_slept_for_in_short_steps(
    counter: CycleCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now_s.append(now_s.pop() + seconds))
    virtual = VirtualTime(counter, 216e6)
    pace = Pace(virtual, time.sleep, real_time=True)
    steps = 0
    while virtual.now_s < 0.1:
        before_s = virtual.now_s
        pace.skip_to(0.1)
        steps += 1
        assert virtual.now_s - before_s <= 0.0011
        assert virtual.now_s <= now_s[0] + 0.0004
    assert steps < 110
    now_s[0] += 5.0  # the PC computes for so long
    pace.idle(virtual.now_s + 0.01)
    assert virtual.now_s == pytest.approx(0.11)  # which is not waiting


def test_bulk_transfers_do_not_wait_for_the_pc(counter: CycleCounter) -> None:
    virtual = VirtualTime(counter, 216e6)
    pace = Pace(virtual, time.sleep)
    start_real_s = time.monotonic()
    pace.skip_to(virtual.now_s + 1000.0)
    assert virtual.now_s >= 1000.0
    assert time.monotonic() - start_real_s < 500.0
