"""Bringing a board back that does not answer any more, rung by rung."""

from __future__ import annotations

from mcubench.recovery.driver import ResetDriver
from mcubench.recovery.ladder import Ladder
from mcubench.recovery.line_rate import LineRate
from mcubench.recovery.power import PowerSwitch
from mcubench.recovery.rung import RecoveryStep, Rung

__all__ = ["Ladder", "LineRate", "PowerSwitch", "RecoveryStep", "ResetDriver", "Rung"]
