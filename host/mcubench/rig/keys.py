"""The keys of a board in a rig file: what each may hold, and what the mistake is if it holds something else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from mcubench.boards import KNOWN_BOARDS, is_server
from mcubench.errors import InputError
from mcubench.rig.drivers import power_driver
from mcubench.rig.entry import VIRTUAL_RUNNER
from mcubench.rig.labgrid_client import place_name

__all__ = ["ALL", "FIELDS", "KEYS", "did_you_mean", "unknown_key"]

# The word that means every board.
ALL = "all"
# What --board takes besides names of a rig.
RESERVED_NAMES = (ALL, "native", "python", "virtual")
# PlatformIO's upload protocols that our boards can have, and `custom` for a command of the user's own.
RUNNERS = ("stlink", "jlink", "cmsis-dap", "blackmagic", "mbed", "esptool", "custom", VIRTUAL_RUNNER)
# More than any bridge or probe carries (FTDI's fastest: 12 Mbit/s); what is above is a slip of the finger.
MAX_BAUD = 100_000_000
# What the same thing is called elsewhere: in Zephyr's hardware map, or in this project's own options and answers.
OTHER_WORDS = {"platform": "board", "fixtures": "features", "fixture": "features", "port": "serial", "uid": "id"}
# Names go into names of files, and behind commas on the command line.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
WORD = re.compile(r"[^\s,]+")
SERIAL_FORMS = "a device, socket://HOST:PORT, rfc2217://HOST:PORT or labgrid:PLACE"


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """Return what to write instead, as the end of a sentence."""
    close = get_close_matches(word.lower().replace("-", "_"), known, 1) or get_close_matches(word.lower(), known, 1)
    return f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known)}"


def unknown_key(key: str) -> str:
    """Return the mistake of a key that there is not."""
    if key in OTHER_WORDS:
        return f"unknown key; it is called '{OTHER_WORDS[key]}' here"
    return f"unknown key; {did_you_mean(key, list(KEYS))}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        if value.strip() and value.isprintable():
            return value.strip()
        raise ValueError(
            "expected a text on one line, found an empty one; leave the key out if there is nothing"
            if not value.strip()
            else f"expected a text on one line, found {value!r}"
        )
    quotes = f'; put it in quotes: "{value}"' if isinstance(value, (int, float)) else ""
    raise ValueError(f"expected a text, found {_shown(value)}{quotes}")


def _notes(value: Any) -> str:
    if not isinstance(value, str):
        return _text(value)
    return value


def _name(value: Any) -> str:
    name = _text(value)
    if not NAME.fullmatch(name):
        raise ValueError(f"expected letters, digits, '.', '_' and '-', found '{name}'")
    kinds = [board.name for board in KNOWN_BOARDS]
    if name in RESERVED_NAMES:
        raise ValueError(f"'{name}' means something else as a board; choose another name")
    if name in kinds:
        raise ValueError(f"'{name}' means all boards of that kind; choose another name, such as '{name}-1'")
    return name


def _kind(value: Any) -> str:
    kind = _text(value)
    kinds = [board.name for board in KNOWN_BOARDS]
    if kind not in kinds:
        raise ValueError(f"no board '{kind}'; {did_you_mean(kind, kinds)}")
    return kind


def _id(value: Any) -> str:
    digits = _text(value).lower()
    if not re.fullmatch(r"([0-9a-f]{2})+", digits):
        seen = "an odd number of them" if re.fullmatch(r"[0-9a-f]+", digits) else f"'{value}'"
        raise ValueError(f"expected pairs of hexadecimal digits, as 'uid' of the board's info has them, found {seen}")
    return digits


def _serial(value: Any) -> str:
    serial = _text(value)
    try:
        is_place = place_name(serial) is not None
    except InputError as exc:
        raise ValueError(str(exc)) from exc
    if "://" in serial and not is_place and not is_server(serial):
        raise ValueError(f"expected {SERIAL_FORMS}, found '{serial}'")
    return serial


def _runner(value: Any) -> str:
    runner = _text(value)
    if runner not in RUNNERS:
        raise ValueError(f"no upload protocol '{runner}'; {did_you_mean(runner, RUNNERS)}")
    return runner


def _power(value: Any) -> str:
    power = _text(value)
    power_driver(power, "")  # ValueError if there is none
    return power


def _baud(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"expected bits per second as a number above 0, such as 921600, found {_shown(value)}")
    if value > MAX_BAUD:
        raise ValueError(f"expected at most {MAX_BAUD} bits per second, found {_shown(value)}")
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise ValueError(f"expected seconds as a number above 0, found {_shown(value)}")
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, found {_shown(value)}")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f'expected a list of words, such as ["display"], found {_shown(value)}')
    wrong = [each for each in value if not (isinstance(each, str) and WORD.fullmatch(each))]
    if wrong:
        raise ValueError(f"expected words without spaces and commas, found {_shown(wrong[0])}")
    return tuple(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a table"
    return f"'{value}'"


# In the order in which they are written. Each returns the value to keep, or raises ValueError with the mistake.
KEYS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "board": _kind,
    "id": _id,
    "probe_id": _text,
    "serial": _serial,
    "baud": _baud,
    "runner": _runner,
    "flash_timeout": _seconds,
    "flash_before": _truth,
    "connected": _truth,
    "features": _words,
    "power": _power,
    "notes": _notes,
}
# The fields of RigBoard that have another name than their key.
FIELDS = {"flash_timeout": "flash_timeout_s"}
