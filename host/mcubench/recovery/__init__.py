"""Bringing a board back that does not answer any more, rung by rung."""

from __future__ import annotations

from mcubench.recovery.driver import ResetDriver
from mcubench.recovery.hello import say_hello
from mcubench.recovery.hub import HubPort
from mcubench.recovery.ladder import Ladder
from mcubench.recovery.line_rate import LineRate
from mcubench.recovery.rung import RecoveryStep, Rung
from mcubench.recovery.script import PowerScript

__all__ = ["HubPort", "Ladder", "LineRate", "PowerScript", "RecoveryStep", "ResetDriver", "Rung", "say_hello"]
