"""Every row of the clock table, recomputed from the limits of RM0385 and DS10916 without looking at the port's code."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2]
HSI, HSI_PLL, HSE_PLL = range(3)
SOURCE_MHZ = {HSI: 16, HSI_PLL: 16, HSE_PLL: 25}
NAMES = ["16", "48", "96", "120", "144", "168", "180", "200", "216", "216-nocache", "240", "288"]


@dataclass(frozen=True)
class Row:
    """One line that dump_clock_table.c printed."""

    name: str
    details: str
    numbers: dict[str, int]

    def __getattr__(self, key: str) -> int:
        return self.numbers[key]

    @property
    def mhz(self) -> float:
        return self.numbers["cpu_hz"] / 1e6


def parse(line: str) -> Row:
    words, _, details = line.partition(" details=")
    fields = dict(word.split("=") for word in words.split())
    name = fields.pop("name")
    return Row(name, details, {key: int(value) for key, value in fields.items()})


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    program = tmp_path_factory.mktemp("clocks") / "dump"
    port = FIRMWARE / "stm32f746"
    sources = [Path(__file__).with_name("dump_clock_table.c"), port / "clock_table.c"]
    includes = [f"-I{folder}" for folder in (port, FIRMWARE / "cortex_m", FIRMWARE / "common")]
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *includes, *map(str, sources), "-o", str(program)]
    subprocess.run(command, check=True, timeout=60)
    lines = subprocess.run([str(program)], capture_output=True, text=True, check=True, timeout=10).stdout.splitlines()
    return {row.name: row for row in map(parse, lines)}


def test_settings_and_their_order(rows: dict[str, Row]) -> None:
    assert list(rows) == NAMES
    assert rows["16"].source == HSI  # the boot setting, which needs neither crystal nor PLL


@pytest.mark.parametrize("name", NAMES)
def test_frequency_is_the_one_in_the_name(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    factor = 1.0 if row.source == HSI else row.pll_n / (row.pll_m * row.pll_p)
    assert SOURCE_MHZ[row.source] * factor == row.mhz == float(name.removesuffix("-nocache"))


@pytest.mark.parametrize("name", NAMES[1:])
def test_pll_limits(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    vco_input = SOURCE_MHZ[row.source] / row.pll_m
    assert 1 <= vco_input <= 2  # RM0385 5.3.2, PLLM
    assert 2 <= row.pll_m <= 63
    assert 50 <= row.pll_n <= 432
    assert row.pll_p in (2, 4, 6, 8)
    assert row.overclock or 100 <= vco_input * row.pll_n <= 432


@pytest.mark.parametrize("name", NAMES)
def test_wait_states_are_those_of_the_table_and_no_more(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    assert row.wait_states == -(-int(row.mhz) // 30) - 1  # RM0385 3.3.2: one per 30 MHz at 2.7 to 3.6 V


@pytest.mark.parametrize("name", NAMES)
def test_voltage_scale_and_overdrive(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    highest = {(3, 0): 144, (2, 0): 168, (1, 0): 180, (1, 1): 216}  # RM0385 4.1.4
    fitting = [setting for setting, mhz in highest.items() if row.mhz <= mhz] or [(1, 1)]
    assert (row.voltage_scale, row.overdrive) == fitting[0]


@pytest.mark.parametrize("name", NAMES)
def test_buses_are_as_fast_as_allowed(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    limits = (54, 108) if row.overdrive else (45, 90)  # DS10916, general operating conditions
    for divider, limit in ((row.apb1_divider, limits[0]), (row.apb2_divider, limits[1])):
        assert divider in (1, 2, 4, 8, 16)
        assert row.mhz / divider <= limit
        assert divider == 1 or row.mhz / (divider / 2) > limit


@pytest.mark.parametrize("name", NAMES)
def test_overclocked_means_beyond_the_data_sheet(rows: dict[str, Row], name: str) -> None:
    assert rows[name].overclock == (rows[name].mhz > 216)


@pytest.mark.parametrize("name", NAMES)
def test_caches_are_on_but_where_the_name_says_no(rows: dict[str, Row], name: str) -> None:
    assert rows[name].options == (0 if name.endswith("-nocache") else 0b111)


@pytest.mark.parametrize("name", NAMES)
def test_details_are_the_numbers_of_the_row(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    keys = ("wait_states", "voltage_scale", "overdrive")
    assert row.details == " ".join(f"{key}={row.numbers[key]}" for key in keys)
