"""What is done with a .tflite file from a stranger: all that is done before its user is asked for anything else."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

from hostile_model import hostile_model

from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import Source
from mcubench.errors import InputError
from mcubench.inspect import inspect_model

__all__ = ["MODEL_TARGETS", "take_model"]


def take_model(file: bytes) -> None:
    """Read, compile and count; nothing but an InputError of one line may come out, not even a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            graph = read_graph(file)
        except InputError as exc:
            check_line(str(exc))
            return
        inspection = inspect_model(Source("hostile", Path("hostile.tflite"), file))
    assert len(inspection.counts) == len(graph.operators)
    for obstacle in inspection.obstacles.values():
        check_line(obstacle or "")
    json.dumps(inspection.as_dict(), allow_nan=False)


def check_line(text: str) -> None:
    """One line that a terminal shows as it is, and not longer than somebody reads."""
    assert text.isprintable(), text
    assert len(text) < 500, text


def broken_model(data: bytes) -> None:
    """A good file, changed."""
    take_model(hostile_model(data))


MODEL_TARGETS: dict[str, Callable[[bytes], None]] = {"tflite": broken_model, "tflite-bytes": take_model}
