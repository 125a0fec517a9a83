"""How models are told of in lines of text."""

from __future__ import annotations

import shlex
from pathlib import Path

from mcubench.inspect import Inspection
from mcubench.models import METRICS, Tensor

__all__ = ["engine_lines", "next_command", "score_line", "tensor_words"]

# A board that runs what the code generator can, and the PC's engines for what it cannot.
NEXT_BOARDS = {"generated": "virtual:stm32f746", "tflm": "python:tflm"}
LAST_BOARD = "python:litert"


def tensor_words(tensor: Tensor) -> str:
    """Return type and shape, e.g. `int8 1x28x28x1`."""
    return f"{tensor.type} {'x'.join(map(str, tensor.shape))}"


def score_line(metric: str | None, score: float | None, threshold: float | None) -> str:
    """Return what the golden outputs reach, and what is asked for."""
    if metric is None:
        return "score: none"
    known = METRICS[metric]
    reached = "unknown" if score is None else f"{score:.4g}"
    limit = "" if threshold is None else f"; {known.limit_word} {threshold:g} is asked for"
    return f"score: {metric} {reached} ({known.title}){limit}"


def engine_lines(inspection: Inspection) -> list[str]:
    """Return a line per engine: that it runs the model, or why not, and which one does."""
    runs = [engine for engine, why in inspection.obstacles.items() if why is None]
    lines = []
    for engine, why in inspection.obstacles.items():
        if why is not None:
            others = f"; the engine {' or '.join(runs)} has it" if runs and "has it" not in why else ""
            lines.append(f"engine {engine}: no: {why}{others}")
        elif engine == inspection.plan.engine:
            arena, constants = inspection.plan.arena_bytes, inspection.constant_bytes or 0
            lines.append(f"engine {engine}: yes, {arena:,} bytes of arena, {constants:,} bytes of constants in flash")
        else:
            lines.append(f"engine {engine}: yes, it has all operators")
    return lines


def next_command(inspection: Inspection, name: str, models: Path | None) -> str:
    """Return the sweep to type next."""
    board = next((NEXT_BOARDS[each] for each in NEXT_BOARDS if inspection.obstacles.get(each) is None), LAST_BOARD)
    where = f" --models {shlex.quote(str(models))}" if models else ""
    return f"mcubench sweep --model {name} --board {board}{where}"
