"""Plan of points, measuring one point, clock check, statistics."""

from __future__ import annotations

from mcubench.measure.attempts import measure_point
from mcubench.measure.bench import Bench, Settings
from mcubench.measure.clockcheck import ClockCheck, check_clock
from mcubench.measure.plan import Point, boards_without_clock, choose_clocks, choose_clocks_of_each, make_plan
from mcubench.measure.point import PointMeasurement, blocked_record
from mcubench.measure.pool import PointPool
from mcubench.measure.statistics import Summary, p95, summarize
from mcubench.measure.sweep import BoardLost, BoardOpened, Lane, PointDone, StepStarted, SweepCrew

__all__ = [
    "Bench",
    "BoardLost",
    "BoardOpened",
    "ClockCheck",
    "Lane",
    "Point",
    "PointDone",
    "PointMeasurement",
    "PointPool",
    "Settings",
    "StepStarted",
    "Summary",
    "SweepCrew",
    "blocked_record",
    "boards_without_clock",
    "check_clock",
    "choose_clocks",
    "choose_clocks_of_each",
    "make_plan",
    "measure_point",
    "p95",
    "summarize",
]
