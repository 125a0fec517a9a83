"""Programs on the virtual nRF52840: each peripheral as firmware sees it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
import serial
from bench import DEADLINE_S, Bench, Compile, Start

from mcubench.errors import CheckFailedError, InputError

BYTE_S = 10 / 1e6
MISTAKES = {
    "unmodelled": "register 0x4000d000 (RNG + 0x0) written",
    "nowhere": "register 0x40030000 (no peripheral there) read",
    "reserved_bits": "NVMC_ICACHECNF: 0x00000010 written, which changes the reserved bits 0x00000010",
    "dma_from_flash": "UARTE0: STARTTX with TXD.PTR 0x00000100 and 4 bytes: EasyDMA reaches RAM only",
    "dma_over_the_end": "UARTE0: STARTTX with TXD.PTR 0x2003fffe and 4 bytes: EasyDMA reaches RAM only",
    "dma_of_nothing": "UARTE0: STARTRX with RXD.MAXCNT 0",
    "not_enabled": "UARTE0: STARTTX while it is not enabled",
    "other_uart": "UARTE0: ENABLE 4: only UARTE (8) is modelled",
    "no_pin": "UARTE0: sends, but PSEL.TXD names no pin",
    "pin_while_on": "UARTE0: PSEL written while it is enabled",
    "twice": "UARTE0: STARTTX while it still sends",
    "parity": "UARTE0: CONFIG bits 0xe are not modelled",
    "off_in_transfer": "UARTE0: disabled during a transfer",
    "ppi_nowhere": "PPI channel 7: 0x40006100 is no event of a modelled peripheral",
    "ppi_radio": "PPI channel 20: its ends are fixed to the radio",
    "count_while_stopped": "TIMER1_TASKS_COUNT: triggered while it is stopped",
    "count_as_timer": "TIMER1_TASKS_COUNT: triggered in timer mode",
    "prescaler_while_running": "TIMER1_PRESCALER: written while the timer runs",
    "erase": "NVMC_ERASEPAGE: erasing is not modelled",
    "uicr_locked": "UICR + 0x80: written while NVMC_CONFIG does not enable writing",
    "counter_untraced": "DWT_CTRL: written while DEMCR.TRCENA is 0",
}


@pytest.fixture
def chip() -> str:
    return "nrf52840"


def numbers(text: bytes) -> list[int]:
    return [int(line, 16) for line in text.split()]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
def test_ring_that_is_counted_through_the_ppi_loses_nothing(bench: Callable[..., Bench], count: int) -> None:
    board = bench("echo", strict=True)
    board.until(b"ready\n")
    received = b""
    for start in range(0, count, 50):  # the ring has 64 bytes and nobody waits for it
        data = bytes(index % 251 for index in range(start, min(start + 50, count)))
        received += board.ask(data, len(data))
    assert received == bytes(index % 251 for index in range(count))


def test_bytes_take_their_time_on_the_line(bench: Callable[..., Bench]) -> None:
    board = bench("echo", {"RING": 1024}, strict=True)
    board.until(b"ready\n")
    start_s = board.board.now_s
    board.ask(bytes(1000), 1000)
    taken_s = board.outside.last_sent_s - start_s
    assert 1001 * BYTE_S < taken_s < 2001 * BYTE_S + 0.003  # all that has come is sent before it looks again


@pytest.mark.parametrize(
    ("register", "rate"), [("0x00275000u", 9598), ("0x01D60000u", 115108), ("0x0F000000u", 941176)]
)
def test_baud_rate_is_sixteen_megahertz_over_a_whole_number(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture, register: str, rate: int
) -> None:
    caplog.set_level(logging.INFO)
    board = bench("echo", {"BAUD": register}, strict=True)
    board.until(b"ready\n")
    assert f"the UART runs at {rate} bits/s" in caplog.text


@pytest.mark.parametrize("start_cycle", range(0, 700, 150))
def test_two_buffers_in_turn_with_interrupts(bench: Callable[..., Bench], start_cycle: int) -> None:
    board = bench("interrupts", strict=True)
    board.run_for(0.002 + start_cycle / 64e6)
    data = bytes(range(160))
    assert board.ask(data, 160) == data


@pytest.mark.parametrize("macros", [{}, {"COMPUTE": 1}], ids=["polling", "computing"])
def test_timer_that_every_byte_clears_finds_the_end(bench: Callable[..., Bench], macros: dict[str, int]) -> None:
    board = bench("idle", macros, strict=True)
    board.run_for(0.001)
    assert numbers(board.ask(bytes(40), 9, seconds=0.1)) == [40]
    assert numbers(board.ask(bytes(100), 9, seconds=0.1)) == [140]


def test_receiver_stops_with_what_it_has(bench: Callable[..., Bench]) -> None:
    board = bench("stopping", strict=True)
    lines = board.ask(b"abcdefghijk", 5 + 9 + 9 + 6 + 9 + 2 + 9, seconds=0.1).split(b"\n")
    assert lines[0] == b"abcd"
    assert lines[1] == b"00000101"  # one error event: an overrun
    assert lines[2:4] == [b"00000001", b"efghi"]  # ENDRX although the buffer is not full
    assert lines[4] == b"00000000"
    assert lines[5].endswith(b"00000102")  # ENDTX after two bytes of thirty-two


def test_crystal_start_and_what_the_registers_say_of_it(bench: Callable[..., Bench]) -> None:
    before, soon, cycles, running, stopped = numbers(bench("clock", strict=True).until(b"running\n")[:45])
    assert (before, soon, running, stopped) == (0x10000, 0x10000, 0x10001, 0x10000)
    assert cycles / 64e6 == pytest.approx(356e-6, rel=0.02)


def test_wrong_crystal_gives_a_wrong_clock_and_a_wrong_line(bench: Callable[..., Bench]) -> None:
    board = bench("clock", faults=["crystal:hfxo_hz=66e6"])
    board.until(b"running\n")
    assert board.board.cpu_hz == 66e6


def test_crystal_that_never_starts(bench: Callable[..., Bench]) -> None:
    board = bench("clock", faults=["crystal:hfxo_hz=0"])
    board.run_for(0.1)
    assert board.sent == b"00010000\n"
    assert board.board.cpu_hz == 64e6


def test_internal_oscillator_may_be_wrong_too(bench: Callable[..., Bench]) -> None:
    board = bench("echo", faults=["crystal:hfint_hz=63e6"])
    board.until(b"ready\n")
    assert board.board.cpu_hz == 63e6


def test_oscillator_of_another_chip_is_refused(bench: Callable[..., Bench]) -> None:
    with pytest.raises(InputError, match="nrf52840 has hfxo_hz, hfint_hz, lfrc_hz, not hse_hz"):
        bench("clock", faults=["crystal:hse_hz=24e6"])


def test_identity_reset_reasons_and_what_a_reset_keeps(bench: Callable[..., Bench]) -> None:
    board = bench("facts", strict=True)
    first = numbers(board.ask(b"", 13 * 9))
    second = numbers(board.ask(b"r", 13 * 9))
    assert first[:6] == [0, 0, 1, 0, 0xFFFFFFFF, 0]  # power-on sets no bit; UICR is erased
    assert second[:6] == [4, 0, 2, 0x5A, 18, 0]  # SREQ; RAM, GPREGRET and flash are kept, the cache's switch is not
    assert first[6:8] == [4096, 256]
    assert b"".join(word.to_bytes(4, "little") for word in first[8:10]).startswith(b"virtual")
    assert first[10] == 0x52840
    assert first[12] == 0x2004


def test_reset_pin_has_its_own_reason(bench: Callable[..., Bench]) -> None:
    board = bench("facts", faults=["reset:after=120"])
    board.run_for(0.01)
    assert board.sent[120:].split(b"\n")[0] == b"00000001"


def test_timers_interrupt_and_trigger_each_other(bench: Callable[..., Bench]) -> None:
    board = bench("timers", strict=True)
    lines = board.ask(b"", 4 * 9 + 3 * 6 + 9, seconds=0.2).split(b"\n")
    assert lines[0] == b"00000005"
    assert int(lines[1], 16) in (4, 5)  # two tasks of one event: counted and captured in either order
    assert lines[2:4] == [b"00000001", b"00000001"]  # a compare event of the counter; the shortcut clears the timer
    assert lines[4:8] == [b"start", b"10 ms", b"20 ms", b"%08x" % (2 * 328 + 2)]  # 60 us to send that text
    assert 0.026 < board.outside.last_sent_s < 0.033  # 5 ms, 0.6 ms to start the oscillator, 20 ms


def test_instruction_cache_is_switched_by_the_flash_controller(bench: Callable[..., Bench]) -> None:
    taken = []
    for icache in (0, 1):
        board = bench("sums", {"ICACHE": icache}, strict=True)
        taken.append(numbers(board.until(b"\n"))[0])
    assert taken[0] > 1.2 * taken[1]


def test_hang_after_inferences(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    board = bench("windows", faults=["hang:after=2"])
    board.run_for(0.001)
    sent = b""
    for _ in range(4):
        sent += board.ask(b"1", 2, seconds=0.01)
    assert sent == b"exe"
    assert "the fault option hangs it" in caplog.text


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_reported_once_and_strict_mode_stops_there(
    bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture, mistake: str
) -> None:
    board = bench("mistakes", {"MISTAKE": mistake})
    board.run_for(0.002)
    (message,) = warnings(caplog)
    assert message.startswith(MISTAKES[mistake])
    strict = bench("mistakes", {"MISTAKE": mistake}, strict=True)
    with pytest.raises(CheckFailedError, match="strict mode stops here"):
        strict.run_for(0.002)


def test_board_as_a_process(program: Compile, start: Start) -> None:
    board = start(program("echo", QUIET=1), "--strict")
    assert board.first_line.endswith(" timing_model=m4-1")
    data = bytes(range(256))
    with serial.serial_for_url(board.port, baudrate=1000000, timeout=DEADLINE_S) as port:
        for start_of_piece in range(0, 256, 64):
            piece = data[start_of_piece : start_of_piece + 64]
            port.write(piece)
            assert port.read(64) == piece
    assert board.end() == 0
    assert board.log == ""


def test_no_mistake_no_report(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    board = bench("mistakes", {"MISTAKE": "none"}, strict=True)
    board.until(b"done\n")
    assert warnings(caplog) == []
