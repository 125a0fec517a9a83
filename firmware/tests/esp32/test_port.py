"""The port's functions, called one by one: clocks, the timed window, the line's errors, caches, why it started."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

OK, TIMEOUT, UNSUPPORTED = 0, -2, -3
RING_BYTES = 32768


class Clock(ctypes.Structure):
    """`port_clock_t`."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("cpu_hz", ctypes.c_uint32),
        ("options", ctypes.c_uint32),
        ("overclock", ctypes.c_bool),
        ("details", ctypes.c_char_p),
    )


class Port:
    """The library with the port in it, after port_init."""

    def __init__(self, library: Path) -> None:
        self.library = ctypes.CDLL(str(library))
        self.library.port_clocks.restype = ctypes.POINTER(Clock)
        self.library.port_reset_cause.restype = ctypes.c_char_p
        self.library.port_read.restype = ctypes.c_size_t
        self.line, line = os.pipe()
        self.set("fake_line", line)
        self.library.port_init()
        self.library.fake_run_on(1)

    def set(self, name: str, value: int) -> None:
        ctypes.c_int.in_dll(self.library, name).value = value

    def trace(self) -> str:
        """Return what happened since the last call, a letter each as fake_idf.h lists them."""
        size = ctypes.c_size_t.in_dll(self.library, "fake_trace_size")
        text = (ctypes.c_char * 64).in_dll(self.library, "fake_trace").raw[: size.value].decode()
        size.value = 0
        return text

    def clocks(self) -> dict[str, Clock]:
        count = ctypes.c_uint32()
        rows = self.library.port_clocks(ctypes.byref(count))
        return {row.name.decode(): row for row in rows[: count.value]}

    def apply(self, name: str, options: int = 0) -> int:
        return int(self.library.port_clock_apply(ctypes.byref(self.clocks()[name]), options))

    def mhz(self) -> int:
        return int(self.library.port_clock_hz()) // 1_000_000

    def description(self) -> str:
        text = ctypes.create_string_buffer(80)
        self.library.port_clock_describe(text, len(text))
        return text.value.decode()

    def arrive(self, data: bytes) -> None:
        self.library.fake_uart_arrive(data, ctypes.c_size_t(len(data)))

    def arrive_while_masked(self, data: bytes) -> None:
        self.library.fake_mask(1)
        self.arrive(data)
        self.library.fake_mask(0)

    def read(self, size: int = 1 << 16) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        count = self.library.port_read(buffer, ctypes.c_size_t(size))
        return buffer.raw[:count]


@pytest.fixture(scope="module")
def loaded(esp32_library: Path) -> Port:
    return Port(esp32_library)


@pytest.fixture
def port(loaded: Port) -> Iterator[Port]:
    loaded.set("fake_pm_refused_mhz", 0)
    loaded.set("fake_pm_stuck_mhz", 0)
    assert loaded.apply("240") == OK
    loaded.read()
    loaded.trace()
    yield loaded


def test_settings_and_what_the_registers_say_of_them(port: Port) -> None:
    assert list(port.clocks()) == ["240", "160", "80"]  # the first is the boot setting
    for name, clock in port.clocks().items():
        assert port.apply(name) == OK
        assert (port.mhz(), clock.cpu_hz, clock.overclock) == (int(name), int(name) * 1_000_000, False)
        assert port.description() == clock.details.decode()


def test_line_is_drained_before_the_clock_changes(port: Port) -> None:
    port.apply("80")
    assert port.trace() == "dp"


def test_options_are_unsupported(port: Port) -> None:
    assert port.apply("80", options=1) == UNSUPPORTED
    assert port.mhz() == 240


@pytest.mark.parametrize("fault", ["fake_pm_refused_mhz", "fake_pm_stuck_mhz"])
def test_boot_clock_runs_after_a_setting_failed(port: Port, fault: str) -> None:
    assert port.apply("160") == OK
    port.set(fault, 80)
    assert port.apply("80") == TIMEOUT
    assert port.mhz() == 240


def test_interrupts_are_masked_from_before_the_first_reading_to_after_the_last(port: Port) -> None:
    port.library.engine_open(0, 0)
    cycles = ctypes.c_uint32()
    assert port.library.bench_invoke(ctypes.byref(cycles)) == 0
    assert port.trace() == "MHccLU"
    assert cycles.value > 0


def test_bytes_arrive_while_interrupts_are_masked(port: Port) -> None:
    """The UART's interrupt is on the core that called port_init, so what comes during an inference is kept."""
    before = port.library.port_overruns()
    data = bytes(range(256)) * (RING_BYTES // 256)
    port.arrive_while_masked(data)
    assert port.read() == data
    assert port.library.port_overruns() == before


def test_every_loss_is_counted(port: Port) -> None:
    before = port.library.port_overruns()
    port.arrive_while_masked(bytes(RING_BYTES))
    port.arrive(bytes(240))  # two pieces for which the ring has no room
    assert port.read() == bytes(RING_BYTES)
    assert port.library.port_overruns() == before + 2
    port.arrive(b"after")
    assert port.read() == b"after"


def test_cold_runs_flush_the_caches(port: Port) -> None:
    for _ in range(3):
        port.library.port_caches_flush()
    assert port.trace() == "fufufu"


def test_line_takes_what_is_written(port: Port) -> None:
    port.library.port_write(b"hello", ctypes.c_size_t(5))
    port.library.port_write_drain()
    assert os.read(port.line, 100) == b"hello"
    assert port.trace() == "d"


@pytest.mark.parametrize(
    ("asked", "true"),
    [
        (115200, 115200),
        (921600, 922190),
        (1_000_000, 1_000_000),
        (2_000_000, 2_000_000),
        (5_000_000, 2_000_000),
        (1, 1200),
    ],
)
def test_rates_are_what_the_divider_makes_of_them(port: Port, asked: int, true: int) -> None:
    nearest = port.library.port_baud_nearest(asked)
    assert nearest == pytest.approx(true, abs=1)
    port.library.port_baud_set(nearest)
    assert ctypes.c_uint32.in_dll(port.library, "fake_baud").value == nearest
    assert port.library.port_baud_nearest(nearest) == pytest.approx(nearest, abs=1)


def test_the_boot_rate_is_one_that_the_divider_makes(port: Port) -> None:
    boot = ctypes.c_uint32.in_dll(port.library, "port_baud_boot").value
    assert boot == port.library.port_baud_nearest(921600)


def test_only_the_benchmark_is_watched_and_kicks(port: Port) -> None:
    kicks = ctypes.c_uint32.in_dll(port.library, "fake_kicks")
    port.library.port_watchdog_kick()
    before = kicks.value
    assert port.library.esp_task_wdt_add(None) == OK
    port.library.port_watchdog_kick()
    assert kicks.value == before + 1


# In the order of esp_reset_reason_t: unknown, power-on, external, software, panic, watchdogs, deep sleep, brownout.
CAUSES = ["unknown", "power-on", "unknown", "software", "fault", *["watchdog"] * 3, "unknown", "power-on"]


@pytest.mark.parametrize(("reason", "cause"), list(enumerate(CAUSES)))
def test_reset_causes(port: Port, reason: int, cause: str) -> None:
    port.set("fake_reset_reason", reason)
    assert port.library.port_reset_cause().decode() == cause


def test_uid_is_the_mac_address(port: Port) -> None:
    port.library.port_uid.restype = ctypes.c_size_t
    uid = ctypes.create_string_buffer(16)
    assert port.library.port_uid(uid, ctypes.c_size_t(16)) == 6
    assert uid.raw[:6].hex(":") == "02:00:00:fa:ce:01"
    assert port.library.port_uid(uid, ctypes.c_size_t(4)) == 4
