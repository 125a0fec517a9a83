"""Command line options of the plugin, in one table."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["SCOPES", "add_options"]

SCOPES = ("session", "module", "class", "function")

# Name, and what pytest's addoption takes.
OPTIONS: dict[str, dict[str, Any]] = {
    "--rig": {"metavar": "FILE", "help": "rig file (default: $MCUBENCH_RIG, ./rig.toml, the user's own)"},
    "--dut": {"metavar": "NAMES", "help": "boards of the rig, with commas: names, their beginnings, kinds, or all"},
    "--board": {
        "metavar": "NAME",
        "help": "kind of board: all of it in the rig, or what the board at --port must call itself; or where a board"
        " is: virtual:NAME[?engine=...], native, python:ENGINE",
    },
    "--port": {"metavar": "PORT", "help": "serial port of a real board: a device, socket://... or rfc2217://..."},
    "--baud": {"metavar": "BITS", "type": int, "help": "baud rate of --port (default: that of our firmware)"},
    "--virtual": {"metavar": "NAME", "help": "virtual board to start (default without rig and --port: stm32f746)"},
    "--firmware": {"metavar": "ELF", "help": "what the virtual board runs, or boards of the rig are flashed with"},
    "--no-flash": {"action": "store_true", "help": "leave on boards of the rig what they run"},
    "--force-flash": {"action": "store_true", "help": "flash boards of the rig even if they run the right build"},
    "--dut-scope": {
        "choices": SCOPES,
        "default": "session",
        "help": "how long a board stays open, and locked (default: session)",
    },
    "--quarantine-list": {"metavar": "FILE", "help": "tests whose failures fail no session: ids or globs, one a line"},
    "--hil-log-dir": {"metavar": "DIR", "help": "where transcripts and figures go (default: results/hil)"},
    "--models": {"metavar": "DIR", "help": "folder of model folders (default: $MCUBENCH_MODELS or ./models)"},
    "--latency-baseline": {"metavar": "FILE", "help": "latencies to compare with (default: hil_tests/baseline.json)"},
    "--update-baseline": {"action": "store_true", "help": "accept the latencies of this session as the new baseline"},
    "--timeout-multiplier": {
        "metavar": "X",
        "type": float,
        "default": 1.0,
        "help": "stretch all waits for the board, on a slow machine (default: 1)",
    },
}


def add_options(parser: pytest.Parser) -> None:
    """Register the options under a heading of their own."""
    group = parser.getgroup("mcubench", "mcubench: boards under test")
    for name, details in OPTIONS.items():
        group.addoption(name, **details)
