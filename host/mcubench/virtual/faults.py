"""Faults on purpose: a board that misbehaves the same way every time it is asked to.

    silence:after=N              after N bytes sent, nothing more comes
    garbage:after=N              after N bytes sent, every byte is a random one
    drop:rate=R  flip:rate=R  double:rate=R      lose, change one bit of, or repeat a byte with probability R
    slow:max_baud=N,rate=R       the line changes one bit of a byte with probability R (0.1) above N bits/s
    reset:after=N                the reset pin is pulled after N bytes sent, once
    crystal:hse_hz=F,hsi_hz=F,lsi_hz=F    the true frequency of an oscillator; a crystal of 0 never starts
    crystal:hfxo_hz=F,hfint_hz=F,lfrc_hz=F    the same for the nRF52840
    hang:after=N                 the core stops after N inferences (falling edges of the window pin), once
    wild:after=N                 after N inferences the core goes on where there is no memory, once
    overflow:after=N             after N inferences the stack is full when the next function begins, once
    die:after=N                  the process ends after N bytes sent

`seed=S` makes another replayable sequence, `to=board` or `to=host` limits drop, flip, double and slow to one direction.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mcubench.errors import InputError

__all__ = ["BoardFaults", "Fault", "parse_fault"]

_DIRECTIONS = ("both", "board", "host")
_COUNTED = {"after": 0.0}
_RANDOM = {"rate": 0.001, "seed": 0.0}
_DEFAULTS: Mapping[str, Mapping[str, float]] = {
    "silence": _COUNTED,
    "garbage": {"after": 0.0, "seed": 0.0},
    "drop": _RANDOM,
    "flip": _RANDOM,
    "double": _RANDOM,
    "slow": {"max_baud": 115200.0, "rate": 0.1, "seed": 0.0},
    "reset": _COUNTED,
    "crystal": {},
    "hang": _COUNTED,
    "wild": _COUNTED,
    "overflow": _COUNTED,
    "die": _COUNTED,
}
_CRYSTALS, _INTERNALS = ("hse_hz", "hfxo_hz"), ("hsi_hz", "hfint_hz", "lsi_hz", "lfrc_hz")
_OPTIONAL = {"crystal": (*_CRYSTALS, *_INTERNALS)}
_DIRECTED = ("drop", "flip", "double", "slow")
_OF_THE_CORE = ("hang", "wild", "overflow")
_DEAD_EXIT_CODE = 3


@dataclass(frozen=True)
class Fault:
    """One fault with its numbers; `to` is the direction it acts in."""

    name: str
    values: Mapping[str, float]
    to: str = "both"


def parse_fault(text: str) -> Fault:
    """Return the fault that `name[:key=value,...]` describes; anything not in this module's table is an InputError."""
    name, _, rest = text.partition(":")
    if name not in _DEFAULTS:
        raise InputError(f"fault '{text}': unknown fault '{name}'; known are {', '.join(_DEFAULTS)}")
    values = dict(_DEFAULTS[name])
    allowed = [*values, *_OPTIONAL.get(name, ()), *(["to"] if name in _DIRECTED else [])]
    to = "both"
    for word in filter(None, rest.split(",")):
        key, _, value = word.partition("=")
        if key not in allowed:
            raise InputError(f"fault '{text}': '{name}' takes {', '.join(allowed)}, not '{key}'")
        if key == "to":
            to = _direction(text, value)
        else:
            values[key] = _number(text, key, value)
    return Fault(name, values, to)


def _direction(text: str, value: str) -> str:
    if value not in _DIRECTIONS:
        raise InputError(f"fault '{text}': to={value} is none of {', '.join(_DIRECTIONS)}")
    return value


def _number(text: str, key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    highest = {"rate": 1.0}.get(key, 1e12)
    lowest = 1e3 if key.endswith("_hz") else 0.0
    never_starts = key in _CRYSTALS and number == 0.0
    if not (lowest <= number <= highest or never_starts):
        raise InputError(f"fault '{text}': {key}={value} is not a number from {lowest:g} to {highest:g}")
    return number


class BoardFaults:
    """All faults of one board, as the line and the board meet them."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._dice = [random.Random(int(fault.values.get("seed", 0))) for fault in self._faults]
        self._sent = 0
        self._inferences = 0
        self._reset_done = False
        self._resetting = False
        self.on_reset: Callable[[], None] = lambda: None
        self.on_core: Callable[[str], None] = lambda _name: None

    def oscillator_hz(self, name: str, nominal_hz: float) -> float:
        """Return the true frequency of the oscillator `name`, as in "hse"."""
        for fault in self._faults:
            if fault.name == "crystal":
                nominal_hz = fault.values.get(f"{name}_hz", nominal_hz)
        return nominal_hz

    def check_oscillators(self, chip: str, names: Iterable[str]) -> None:
        """Raise InputError if a fault is about an oscillator that `chip` has not."""
        known = [f"{name}_hz" for name in names]
        for fault in self._faults:
            for key in fault.values if fault.name == "crystal" else ():
                if key not in known:
                    raise InputError(f"fault 'crystal': {chip} has {', '.join(known)}, not {key}")

    def restarted(self) -> None:
        """The board has begun anew: what it sends from now on gets out again."""
        self._resetting = False

    def window(self, active: bool) -> None:
        """Count an inference when its timed window closes."""
        if active:
            return
        self._inferences += 1
        for fault in self._faults:
            if fault.name in _OF_THE_CORE and self._inferences == max(1, fault.values["after"]):
                self.on_core(fault.name)

    def to_board(self, data: bytes, baud: float) -> bytes:
        """Return what reaches the board of bytes from the outside, on a line of `baud` bits/s."""
        return b"".join(self._mangle(bytes([byte]), "board", baud) for byte in data) if self._faults else data

    def to_host(self, data: bytes, baud: float) -> bytes:
        """Return what reaches the outside of bytes from the board, on a line of `baud` bits/s."""
        return b"".join(self._send(bytes([byte]), baud) for byte in data) if self._faults else data

    def _send(self, byte: bytes, baud: float) -> bytes:
        sent, self._sent = self._sent, self._sent + 1
        for fault, dice in zip(self._faults, self._dice, strict=True):
            if sent < fault.values.get("after", 0):
                continue
            if fault.name == "die":
                os._exit(_DEAD_EXIT_CODE)  # at once, as if the cable were cut: nothing is cleaned up
            if fault.name == "reset" and not self._reset_done:
                self._reset_done = self._resetting = True
                self.on_reset()
            if fault.name == "silence":
                return b""
            if fault.name == "garbage":
                byte = dice.randbytes(1)
        return b"" if self._resetting else self._mangle(byte, "host", baud)

    def _mangle(self, byte: bytes, direction: str, baud: float) -> bytes:
        for fault, dice in zip(self._faults, self._dice, strict=True):
            if fault.name not in _DIRECTED or fault.to not in ("both", direction):
                continue
            if baud > fault.values.get("max_baud", 0.0) and dice.random() < fault.values["rate"]:
                byte = _MANGLERS[fault.name](byte, dice)
        return byte


def _flip(byte: bytes, dice: random.Random) -> bytes:
    return bytes(value ^ 1 << dice.randrange(8) for value in byte)


_MANGLERS: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    "drop": lambda _byte, _dice: b"",
    "flip": _flip,
    "double": lambda byte, _dice: byte + byte,
    "slow": _flip,
}
