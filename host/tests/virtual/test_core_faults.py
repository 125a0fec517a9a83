"""What the core cannot do: the exception it takes, its frame and the fault registers (ARMv7-M B1.5, B3.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from bench import Bench

HARD, MEMORY, BUS, USAGE = 3, 4, 5, 6
ALL_ENABLED = "0x70000"
FORCED, DEBUG_EVENT = 1 << 30, 1 << 31
IACCVIOL, IBUSERR, PRECISE, STKERR, BFAR_VALID = 1 << 0, 1 << 8, 1 << 9, 1 << 12, 1 << 15
UNDEFINED, INVSTATE, NOCP = 1 << 16, 1 << 17, 1 << 19
THREAD_MAIN, THREAD_PROCESS = 0xFFFFFFF9, 0xFFFFFFFD
RAM = 0x20000000


@pytest.fixture(params=["stm32f746", "nrf52840"])
def chip(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Told:
    """What the handler noted before it reset the board."""

    exception: int
    lr: int
    msp: int
    pc: int
    cfsr: int
    hfsr: int
    bfar: int
    shcsr: int
    cfsr_after: int
    place: int


@pytest.fixture
def crash(bench: Callable[..., Bench]) -> Callable[..., Told]:
    def run(name: str, enabled: str = "0", **options: object) -> Told:
        board = bench("core_faults", {"CRASH": name, "ENABLED": enabled}, strict=True, **options)
        text = board.ask(b"", 90, seconds=0.05)
        assert len(text) == 90
        return Told(*(int(line, 16) for line in text.split()))

    return run


CRASHES = {
    "bad_read": (BUS, PRECISE | BFAR_VALID),
    "bad_write": (BUS, PRECISE | BFAR_VALID),
    "bad_jump": (BUS, IBUSERR),
    "jump_to_device": (MEMORY, IACCVIOL),
    "bad_return": (MEMORY, IACCVIOL),
    "even_branch": (USAGE, INVSTATE),
    "undefined": (USAGE, UNDEFINED),
    "no_coprocessor": (USAGE, NOCP),
}
PLACES = {"bad_jump": 0x60000000, "jump_to_device": 0x40000000, "bad_return": 0xFFFFFFF8}


@pytest.mark.parametrize("name", CRASHES)
def test_fault_takes_its_own_exception_where_that_is_enabled(crash: Callable[..., Told], name: str) -> None:
    told = crash(name, ALL_ENABLED)
    exception, status = CRASHES[name]
    assert (told.exception, told.lr, told.cfsr, told.hfsr) == (exception, THREAD_MAIN, status, 0)
    assert told.pc == PLACES.get(name, told.place & ~1)
    assert told.shcsr == int(ALL_ENABLED, 0) | {MEMORY: 1, BUS: 2, USAGE: 8}[exception]


@pytest.mark.parametrize("name", CRASHES)
def test_fault_becomes_a_hard_fault_where_it_is_not(crash: Callable[..., Told], name: str) -> None:
    told = crash(name)
    assert (told.exception, told.lr, told.cfsr, told.hfsr) == (HARD, THREAD_MAIN, CRASHES[name][1], FORCED)
    assert told.pc == PLACES.get(name, told.place & ~1)


def test_bus_fault_tells_its_address_and_flags_are_cleared_by_writing_ones(crash: Callable[..., Told]) -> None:
    assert crash("bad_read").bfar == RAM - 4
    told = crash("bad_write")
    assert told.bfar == 0x70000008
    assert told.cfsr_after == told.cfsr  # ones were written to the UsageFault's half only
    assert crash("undefined").cfsr_after == 0


def test_masked_fault_and_call_become_hard_faults(crash: Callable[..., Told]) -> None:
    told = crash("masked", ALL_ENABLED)
    assert (told.exception, told.cfsr, told.hfsr) == (HARD, UNDEFINED, FORCED)
    told = crash("masked_call", ALL_ENABLED)
    assert (told.exception, told.cfsr, told.hfsr, told.pc) == (HARD, 0, FORCED, told.place & ~1)


def test_breakpoint_without_a_debugger_is_a_hard_fault(crash: Callable[..., Told]) -> None:
    told = crash("breakpoint", ALL_ENABLED)
    assert (told.exception, told.cfsr, told.hfsr, told.pc) == (HARD, 0, DEBUG_EVENT, told.place & ~1)


def test_fault_on_the_process_stack_leaves_its_frame_there(crash: Callable[..., Told]) -> None:
    told = crash("on_process_stack")
    assert (told.exception, told.lr, told.pc) == (HARD, THREAD_PROCESS, told.place & ~1)


@pytest.mark.parametrize("enabled", ["0", ALL_ENABLED])
def test_full_stack_still_enters_the_handler(crash: Callable[..., Told], enabled: str) -> None:
    told = crash("full_stack", enabled)
    assert told.exception == (HARD if enabled == "0" else BUS)
    assert told.lr == THREAD_MAIN
    assert told.msp < RAM  # the stack pointer moved although the frame had no memory
    assert told.cfsr == STKERR | PRECISE | BFAR_VALID


def test_wild_fault_makes_the_core_go_on_where_nothing_is(crash: Callable[..., Told]) -> None:
    told = crash("windows", faults=["wild:after=3"])
    assert (told.exception, told.cfsr, told.hfsr, told.pc) == (HARD, IBUSERR, FORCED, 0x0BADC0DE)


def test_overflow_fault_fills_the_stack_before_a_function(crash: Callable[..., Told]) -> None:
    told = crash("windows", ALL_ENABLED, faults=["overflow:after=3"])
    assert (told.exception, told.cfsr) == (BUS, STKERR | PRECISE | BFAR_VALID)
    assert RAM - 128 < told.msp < told.bfar < RAM


def test_fault_in_the_hard_fault_handler_locks_the_core_up(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture, chip: str
) -> None:
    board = bench("core_faults", {"CRASH": "fault_in_hard_fault"})
    board.run_for(0.001)
    (told,) = {record.getMessage() for record in caplog.records if "core" in record.getMessage()}
    assert "an undefined instruction, where no HardFault can be taken" in told
    assert told.endswith("the chip resets itself" if chip == "nrf52840" else "the board is dead until it is reset")
