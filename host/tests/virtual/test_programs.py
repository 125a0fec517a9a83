"""Programs on the board: each peripheral as firmware sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bench import Bench

BYTE_S = 10 / 1e6


def numbers(text: bytes) -> list[int]:
    return [int(line, 16) for line in text.split()]


def test_polled_uart_sends_back_what_it_receives(bench: Callable[..., Bench]) -> None:
    board = bench("echo", strict=True)
    board.until(b"ready\n")
    data = bytes(range(256))
    assert board.ask(data, 256) == data


def test_bytes_take_their_time_on_the_line(bench: Callable[..., Bench]) -> None:
    board = bench("echo", strict=True)
    board.until(b"ready\n")
    start_s = board.board.now_s
    board.ask(bytes(1000), 1000)
    taken_s = board.outside.last_sent_s - start_s
    assert 1001 * BYTE_S < taken_s < 1001 * BYTE_S + 0.003  # the board looks outside every 2 ms while it computes


@pytest.mark.parametrize("count", [1, 63, 64, 65, 5000])
def test_dma_uart_sends_back_what_it_receives(bench: Callable[..., Bench], count: int) -> None:
    board = bench("dma_echo", strict=True)
    board.run_for(0.001)
    received = b""
    for start in range(0, count, 50):  # the ring has 64 bytes and nobody waits for it
        data = bytes(index % 251 for index in range(start, min(start + 50, count)))
        received += board.ask(data, len(data))
    assert received == bytes(index % 251 for index in range(count))


def test_dma_ring_that_is_not_emptied_in_time_is_overwritten(bench: Callable[..., Bench]) -> None:
    board = bench("dma_echo", {"NAP_LOOPS": 10000}, strict=True)
    board.run_for(0.001)
    data = bytes(index % 251 for index in range(400))
    received = board.ask(data, 400, seconds=0.1)
    assert len(received) < 400
    assert received[-1:] == data[-1:]
    assert (400 - len(received)) % 64 == 0  # whole rounds of the ring are missing, as NDTR cannot tell


@pytest.mark.parametrize(
    ("m", "n", "p", "mhz"),
    [(25, 432, 2, 216), (25, 400, 2, 200), (25, 432, 4, 108), (20, 288, 2, 180), (25, 400, 8, 50)],
)
def test_core_clock_is_what_the_pll_makes_of_the_crystal(
    bench: Callable[..., Bench], m: int, n: int, p: int, mhz: int
) -> None:
    board = bench("pll", {"PLLM": m, "PLLN": n, "PLLP": p}, strict=True)
    board.until(b"running\n")
    assert board.board.cpu_hz == pytest.approx(mhz * 1e6)


def test_crystal_takes_two_milliseconds_to_start(bench: Callable[..., Bench]) -> None:
    board = bench("pll", {"PLLM": 25, "PLLN": 432, "PLLP": 2})
    cycles = int(board.until(b"\n")[:8], 16)
    assert cycles / 16e6 == pytest.approx(2e-3, rel=0.01)


def test_wrong_crystal_gives_a_wrong_clock_and_leaves_the_line_alone(bench: Callable[..., Bench]) -> None:
    board = bench("pll", {"PLLM": 25, "PLLN": 432, "PLLP": 2}, faults=["crystal:hse_hz=24e6"])
    board.until(b"running\n")
    assert board.board.cpu_hz == pytest.approx(216e6 * 24 / 25)
    assert len(board.ask(b"?", 9)) == 9


def test_reset_causes_and_what_a_reset_keeps(bench: Callable[..., Bench]) -> None:
    board = bench("reset", strict=True)
    first = numbers(board.ask(b"", 27))
    second = numbers(board.ask(b"r", 27))
    third = numbers(board.ask(b"r", 27))
    assert first == [0x0E000000, 1, 0]  # brown-out, pin and power-on (RM0385 5.3.21); registers at reset values
    assert second == [0x14000000, 2, 0]  # pin and software; RAM is kept, registers are not
    assert third == [0x14000000, 3, 0]


def test_identity_caches_pins_and_sleep(bench: Callable[..., Bench]) -> None:
    board = bench("caches")
    words = numbers(board.ask(b"", 72))
    assert words[:2] == [0xF003E019, 0xF007E009]  # data 4 ways x 32 sets, instructions 2 x 64 (Cortex-M7 TRM)
    assert b"".join(word.to_bytes(4, "little") for word in words[2:5]).startswith(b"virtual")
    assert words[5:] == [8, 0, 0]  # PI3 high and low read back, both views of the flash agree
    assert board.ask(b"!", 6, seconds=0.1) == b""  # no interrupt is enabled: nothing ends WFI


def test_a_board_that_only_computes_can_be_stopped(bench: Callable[..., Bench]) -> None:
    board = bench("sums", strict=True)
    board.run_for(0.02)
    assert board.sent == b"adding\n"
    assert board.board.cycles == pytest.approx(0.02 * 16e6, rel=0.2)


def test_the_same_run_takes_the_same_cycles(bench: Callable[..., Bench]) -> None:
    counts = []
    for _ in range(2):
        board = bench("pll", {"PLLM": 25, "PLLN": 432, "PLLP": 2})
        board.until(b"running\n")
        counts.append(board.sent)
    assert counts[0] == counts[1]


def test_memory_first_met_in_an_it_block_leaves_the_next_instructions_alone(bench: Callable[..., Bench]) -> None:
    board = bench("it_block", strict=True)
    assert numbers(board.ask(b"", 18)) == [16, 0]
