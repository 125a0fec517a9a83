"""Why a board starts."""

from __future__ import annotations

import enum

__all__ = ["ResetCause"]


class ResetCause(enum.Enum):
    """What started the firmware."""

    POWER_ON = "power-on"
    PIN = "pin"
    SOFTWARE = "software"
    WATCHDOG = "watchdog"
    LOCKUP = "lockup"
