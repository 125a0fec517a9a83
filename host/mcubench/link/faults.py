"""What can be wrong with a line on purpose, for rig tests, and the words that ask for it: docs/faults.md.

flip:rate=R                       each bit changes with probability R
drop:rate=R  double:rate=R        each byte is lost, or comes twice, with probability R
reorder:rate=R                    each byte changes places with the next one with probability R
stall:rate=R,for_s=S              each byte, with probability R, lets nothing pass in its direction for S seconds
truncate:rate=R                   each byte the host writes, with probability R, is lost with the rest of that write
disconnect:every_bytes=N,every_s=S,away_s=T   the cable is pulled; T seconds later the port can be opened again
lie:rate=R                        one bit of each result, with probability R, is wrong, with a right CRC: not the
                                  cable's doing but the board's, so FaultyCable leaves it to protocol.LyingLink

`seed=S` makes another replayable sequence, `to=board` or `to=host` limits a fault to one direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mcubench.errors import InputError

__all__ = ["LineFault", "parse_line_fault"]

_DIRECTIONS = ("both", "board", "host")
# What a fault's keys are when they are not given; None: it does not happen that way.
_RANDOM: Mapping[str, float | None] = {"rate": None, "seed": 0.0}
_DEFAULTS: Mapping[str, Mapping[str, float | None]] = {
    "flip": _RANDOM,
    "drop": _RANDOM,
    "double": _RANDOM,
    "reorder": _RANDOM,
    "stall": {**_RANDOM, "for_s": 0.5},
    "truncate": _RANDOM,
    "disconnect": {"every_bytes": None, "every_s": None, "away_s": 1.0},
    "lie": _RANDOM,
}
# Only the host's writes can be cut; a lie is in no byte that passes either way.
_UNDIRECTED = {"truncate": "board", "lie": "none"}
# One of these must be given, or nothing would ever happen.
_CAUSES = ("rate", "every_bytes", "every_s")
# Lowest and highest value of each key. Shorter than a millisecond would be pulled before anything can pass.
_LIMITS: Mapping[str, tuple[float, float]] = {
    "rate": (0.0, 1.0),
    "seed": (0.0, 1e12),
    "for_s": (0.0, 3600.0),
    "every_bytes": (1.0, 1e12),
    "every_s": (0.001, 1e6),
    "away_s": (0.0, 3600.0),
}
_WHOLE = ("seed", "every_bytes")


@dataclass(frozen=True)
class LineFault:
    """One fault with its numbers; `to` is the direction it acts in. A value is None where that cause is not wanted."""

    name: str
    values: Mapping[str, float | None]
    to: str = "both"

    def acts(self, direction: str) -> bool:
        """Tell whether it concerns bytes to the `board` or to the `host`."""
        return self.to in ("both", direction)


def parse_line_fault(text: str) -> LineFault:
    """Return the fault that `name:key=value,...` describes; anything not in this module's table is an InputError."""
    name, _, rest = text.partition(":")
    if name not in _DEFAULTS:
        raise InputError(f"line fault '{text}': unknown fault '{name}'; known are {', '.join(_DEFAULTS)}")
    values = dict(_DEFAULTS[name])
    allowed = [*values, *([] if name in _UNDIRECTED else ["to"])]
    to = _UNDIRECTED.get(name, "both")
    for word in filter(None, rest.split(",")):
        key, _, value = word.partition("=")
        if key not in allowed:
            raise InputError(f"line fault '{text}': '{name}' takes {', '.join(allowed)}, not '{key}'")
        if key == "to":
            to = _direction(text, value)
        else:
            values[key] = _number(text, key, value)
    causes = [cause for cause in _CAUSES if cause in values]
    if all(values[cause] is None for cause in causes):
        raise InputError(f"line fault '{text}': '{name}' needs {' or '.join(f'{cause}=...' for cause in causes)}")
    return LineFault(name, values, to)


def _direction(text: str, value: str) -> str:
    if value not in _DIRECTIONS:
        raise InputError(f"line fault '{text}': to={value} is none of {', '.join(_DIRECTIONS)}")
    return value


def _number(text: str, key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    lowest, highest = _LIMITS[key]
    whole = key in _WHOLE
    if not lowest <= number <= highest or (whole and number != int(number)):
        kind = "whole number" if whole else "number"
        raise InputError(f"line fault '{text}': {key}={value} is not a {kind} from {lowest:g} to {highest:g}")
    return number
