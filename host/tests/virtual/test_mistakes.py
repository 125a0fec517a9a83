"""Firmware that silicon would punish: what the board says, and where it says it happened."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from bench import Bench

from mcubench.errors import CheckFailedError

MISTAKES = {
    "unmodelled": "register 0x40000024 (TIM2 + 0x24) written",
    "nowhere": "register 0x4000f000 (no peripheral there) read",
    "reserved_bits": "FLASH_ACR: 0x00100000 written, which changes the reserved bits 0x00100000",
    "clock_gate": "USART1_BRR: accessed while its clock is off (RCC_APB2ENR bit 4 is 0)",
    "few_wait_states": "FLASH_ACR: 0 wait states at HCLK 96 MHz, which needs 3",
    "counter_locked": "DWT_CTRL: written while locked",
    "counter_untraced": "DWT_CTRL: written while DEMCR.TRCENA is 0",
    "dma_wrong_register": "DMA stream 7: PAR is 0x40011024, but USART1_TX's data register is at 0x40011028",
    "dma_no_memory": "DMA stream 7: no memory at 0x30000000",
    "dma_stale_flags": "DMA stream 7: enabled with event flags",
    "dma_live_change": "DMA stream 7: address or count written while it is enabled",
    "pll_live_change": "RCC_PLLCFGR: written while the PLL is on",
    "clock_not_ready": "RCC_CFGR: system clock switched to HSE, which is not ready",
    "uart_no_pin": "USART1: sends, but no pin is switched to its output",
    "uart_divider": "USART1_BRR: the divisor 3 is below 16",
    "uart_live_change": "USART1_BRR: written while UE is 1",
    "cache_lost": "DCISW: lines invalidated while the data cache is on",
}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_reported_once_with_its_function(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture, mistake: str
) -> None:
    board = bench("mistakes", {"MISTAKE": mistake})
    board.run_for(0.005)
    (message,) = warnings(caplog)
    assert message.startswith(MISTAKES[mistake])
    assert ", pc 0x0800" in message
    caller = {"dma_stale_flags": "dma_send", "uart_no_pin": "uart_drain", "uart_divider": "uart_start"}.get(
        mistake, mistake
    ) + "+"
    assert f"(at {caller}" in message


@pytest.mark.parametrize("mistake", MISTAKES)
def test_strict_mode_stops_at_the_mistake(bench: Callable[..., Bench], mistake: str) -> None:
    board = bench("mistakes", {"MISTAKE": mistake}, strict=True)
    with pytest.raises(CheckFailedError, match="strict mode stops here"):
        board.run_for(0.005)


def test_no_mistake_no_report(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    board = bench("mistakes", {"MISTAKE": "none"}, strict=True)
    board.until(b"done\n")
    assert warnings(caplog) == []


def test_overclocking_is_reported_and_runs(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    board = bench("pll", {"PLLM": 20, "PLLN": 384, "PLLP": 2}, strict=True)
    board.until(b"running\n")
    assert board.board.cpu_hz == pytest.approx(240e6)
    told = "\n".join(warnings(caplog))
    assert "VCO output 480 MHz is outside 100 to 432 MHz" in told
    assert "HCLK 240 MHz is above 216 MHz" in told


@pytest.mark.parametrize(
    ("crash", "reason"),
    [
        ("bad_read", "a read of 0x70000000, where there is nothing"),
        ("bad_write", "a write to 0x70000000, where there is nothing"),
        ("bad_jump", "execution at 0x60000000, where there is no memory"),
        ("bad_opcode", "an undefined instruction"),
        ("flash_write", "a write to 0x08000100, which is read-only"),
    ],
)
def test_crash_names_the_function_and_leaves_a_dead_board(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture, crash: str, reason: str
) -> None:
    board = bench("crash", {"CRASH": crash})
    board.run_for(0.05)
    assert board.sent == b"alive\n"
    (message,) = warnings(caplog)
    assert reason in message
    assert f"{crash}+0x" in message  # of a bad jump the link register still tells
