"""Every row of the clock table means what its name says."""

from __future__ import annotations

import subprocess
from pathlib import Path

FIRMWARE = Path(__file__).parents[2]
ICACHE = 1


def test_settings_are_what_their_names_say(tmp_path: Path) -> None:
    program = tmp_path / "dump"
    port = FIRMWARE / "nrf52"
    sources = [Path(__file__).with_name("dump_clock_table.c"), port / "clock_table.c"]
    includes = [f"-I{folder}" for folder in (port, FIRMWARE / "cortex_m", FIRMWARE / "common")]
    command = ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *includes, *map(str, sources), "-o", str(program)]
    subprocess.run(command, check=True, timeout=60)
    lines = subprocess.run([str(program)], capture_output=True, text=True, check=True, timeout=10).stdout.splitlines()
    rows = {name: tuple(rest) for name, *rest in map(str.split, lines)}
    # frequency, options, over-clocked, from the crystal, details; the first row is the boot setting
    assert list(rows) == ["64", "64-nocache", "64-hfint"]
    assert rows["64"] == ("64000000", f"{ICACHE}", "0", "1", "source=hfxo")
    assert rows["64-nocache"] == ("64000000", "0", "0", "1", "source=hfxo")
    assert rows["64-hfint"] == ("64000000", f"{ICACHE}", "0", "0", "source=hfint")
