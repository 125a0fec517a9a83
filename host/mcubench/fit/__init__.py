"""Whether a model fits a board: what it needs, as far as that can be had, against what it may take."""

from __future__ import annotations

from mcubench.fit.advice import advice
from mcubench.fit.figures import Figure, Needs, plan_needs, run_needs
from mcubench.fit.limits import Limits, parse_size
from mcubench.fit.verdict import Check, Verdict, judge

__all__ = [
    "Check",
    "Figure",
    "Limits",
    "Needs",
    "Verdict",
    "advice",
    "judge",
    "parse_size",
    "plan_needs",
    "run_needs",
]
