"""Plan of points, measuring one point, clock check, statistics."""

from __future__ import annotations

from mcubench.measure.clockcheck import ClockCheck, check_clock
from mcubench.measure.plan import Point, choose_clocks, make_plan
from mcubench.measure.point import Bench, PointMeasurement, Settings
from mcubench.measure.statistics import Summary, p95, summarize
from mcubench.measure.sweep import PointDone, StepStarted, sweep_points

__all__ = [
    "Bench",
    "ClockCheck",
    "Point",
    "PointDone",
    "PointMeasurement",
    "Settings",
    "StepStarted",
    "Summary",
    "check_clock",
    "choose_clocks",
    "make_plan",
    "p95",
    "summarize",
    "sweep_points",
]
