"""Bringing a board back that does not answer any more, rung by rung."""

from __future__ import annotations

from mcubench.recovery.driver import ResetDriver
from mcubench.recovery.hello import say_hello
from mcubench.recovery.hub import HubPort
from mcubench.recovery.ladder import Ladder
from mcubench.recovery.line_rate import LineRate
from mcubench.recovery.person import Person
from mcubench.recovery.probe_reset import DebugProbe
from mcubench.recovery.rung import RecoveryStep, Rung
from mcubench.recovery.script import PowerScript
from mcubench.recovery.virtual_board import VirtualPower, VirtualProbe

__all__ = [
    "DebugProbe",
    "HubPort",
    "Ladder",
    "LineRate",
    "Person",
    "PowerScript",
    "RecoveryStep",
    "ResetDriver",
    "Rung",
    "VirtualPower",
    "VirtualProbe",
    "say_hello",
]
