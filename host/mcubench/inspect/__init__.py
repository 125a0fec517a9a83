"""What is in a .tflite file: operators, counts, memory plan, and which engine can run it."""

from __future__ import annotations

from mcubench.inspect.chart import chart_lines, memory_chart
from mcubench.inspect.counts import Count, Totals, count_operators, total
from mcubench.inspect.inspection import Inspection, inspect_model
from mcubench.inspect.memory import MemoryPlan, plan_of_graph, plan_of_program

__all__ = [
    "Count",
    "Inspection",
    "MemoryPlan",
    "Totals",
    "chart_lines",
    "count_operators",
    "inspect_model",
    "memory_chart",
    "plan_of_graph",
    "plan_of_program",
    "total",
]
