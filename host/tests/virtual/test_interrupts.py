"""Exceptions: entry, return, priorities, and what firmware sees of them."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from bench import Bench

# Letters are exception numbers: a is thread mode, l SVCall, o PendSV, p SysTick.
MODES = {"echo": 1, "ticks": 2, "nested": 3, "calls": 4, "dma": 5}


@pytest.fixture
def interrupts(bench: Callable[..., Bench]) -> Callable[[str], Bench]:
    def run(mode: str) -> Bench:
        board = bench("interrupts", {"MODE": MODES[mode]}, strict=True)
        board.run_for(0.002)
        return board

    return run


@pytest.mark.parametrize("start_cycle", range(0, 160, 23))
def test_receive_interrupt_wakes_the_core_for_every_byte(interrupts: Callable[[str], Bench], start_cycle: int) -> None:
    board = interrupts("echo")
    board.run_for(start_cycle / 16e6)  # bytes come at another place between two clock edges each time
    data = bytes(range(256))
    assert board.ask(data, 256) == data


def test_timer_interrupts_come_on_time_and_keep_the_floats(interrupts: Callable[[str], Bench]) -> None:
    board = interrupts("ticks")
    assert board.until(b"e\n") == b"00000033\nsame\n"  # 50 ticks while computing, one more ends WFI
    assert 0.051 <= board.outside.last_sent_s < 0.0535


def test_priorities_decide_who_interrupts_whom(interrupts: Callable[[str], Bench]) -> None:
    # Masked PendSV comes once unmasked, SysTick interrupts it, both return.
    assert interrupts("nested").until(b"\n") == b"aopoa\n"


def test_calls_from_the_process_stack(interrupts: Callable[[str], Bench]) -> None:
    # SVCall asks for PendSV and finishes first; then the thread goes on with its own stack.
    assert interrupts("calls").until(b"\n") == b"llopoa\n"


def test_dma_interrupt_after_every_fourth_byte(interrupts: Callable[[str], Bench]) -> None:
    board = interrupts("dma")
    assert board.ask(b"abcdefghij", 10, seconds=0.05) == b"abcdefgh"


def test_fault_runs_the_hard_fault_handler(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    board = bench("hardfault")
    assert board.until(b"restarted\n") == b"first\nhandler\nrestarted\n"
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.getMessage().startswith("fault: a write to 0x70000000, where there is nothing, in main+0x")
