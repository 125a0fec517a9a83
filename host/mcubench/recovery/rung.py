"""The rungs of the ladder, and what is noted of each that was climbed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RecoveryStep", "Rung"]


class Rung(StrEnum):
    """What can be tried; the values are what users read. Those from SOFT_RESET on may cost the point under way."""

    RESYNCHRONISE = "resynchronise"
    RE_OPEN = "re-open the port"
    SOFT_RESET = "soft reset"
    RESET_LINE = "reset line"
    DEBUG_PROBE = "debug probe"
    WATCHDOG = "wait for the watchdog"
    POWER_CYCLE = "power cycle"
    BY_HAND = "power cycle by hand"


@dataclass(frozen=True)
class RecoveryStep:
    """A rung that was tried: `why` is what was wrong before, `ok` whether the board answered after it."""

    step: Rung
    why: str
    ok: bool
    took_s: float
