"""Command line options of the plugin, in one table."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["add_markers", "add_options"]

# Name, and what pytest's addoption takes.
OPTIONS: dict[str, dict[str, Any]] = {
    "--port": {"metavar": "PORT", "help": "serial port of a real board: a device, socket://... or rfc2217://..."},
    "--baud": {"metavar": "BITS", "type": int, "help": "baud rate of --port (default: that of our firmware)"},
    "--board": {
        "metavar": "NAME",
        "help": "what the board must call itself, or where it is: virtual:NAME[?engine=...], native, python:ENGINE",
    },
    "--virtual": {"metavar": "NAME", "help": "virtual board to start (default without --port: stm32f746)"},
    "--firmware": {"metavar": "ELF", "help": "firmware of the virtual board (default: the PlatformIO build)"},
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
MARKERS = (
    "hil: needs a board, real or virtual",
    "slow: takes more than ten seconds on a virtual board",
)


def add_options(parser: pytest.Parser) -> None:
    """Register the options under a heading of their own."""
    group = parser.getgroup("mcubench", "mcubench: boards under test")
    for name, details in OPTIONS.items():
        group.addoption(name, **details)


def add_markers(config: pytest.Config) -> None:
    """Register the markers, so that --strict-markers knows them."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
