"""How tests start `mcubench serve-board`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mcubench.boards import ChildBoard
from mcubench.link import Link
from mcubench.protocol import Board

__all__ = ["ENGINES", "Served", "serve_command"]

# The engines, and the module that each needs.
ENGINES = {"tflm": "tflite_micro", "litert": "ai_edge_litert"}


def serve_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mcubench", "serve-board", *arguments]


class Served:
    """Python boards with both digit networks; each engine's is started when it is first asked for."""

    def __init__(self, stack: ExitStack, models_folder: Path) -> None:
        self._stack = stack
        self._models = [str(models_folder / name) for name in ("mnist-int8", "mnist-float32")]
        self._children: dict[str, ChildBoard] = {}

    def port(self, engine: str) -> str:
        if engine not in self._children:
            pytest.importorskip(ENGINES[engine], reason=f"pip install 'mcubench[serve]' for {ENGINES[engine]}")
            child = ChildBoard(engine, serve_command("--engine", engine, *self._models))
            self._children[engine] = self._stack.enter_context(child)
        return self._children[engine].port

    @contextmanager
    def connect(self, engine: str) -> Iterator[Board]:
        with Link(self.port(engine)) as link:
            board = Board(link)
            board.connect()
            board.reset()
            yield board
