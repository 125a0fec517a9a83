"""The boards of a bench rig: where each is, who uses it, and whether it still works."""

from __future__ import annotations

from mcubench.rig.attachment import Attachment
from mcubench.rig.drivers import drivers_of
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard
from mcubench.rig.latch import Latch, latch, latched, unlatch
from mcubench.rig.lock import Holder, hold, holder, holders
from mcubench.rig.use import use

__all__ = [
    "VIRTUAL_RUNNER",
    "Attachment",
    "Holder",
    "Latch",
    "RigBoard",
    "drivers_of",
    "hold",
    "holder",
    "holders",
    "latch",
    "latched",
    "unlatch",
    "use",
]
