"""Python boards as processes, one per engine and test session."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mcubench.protocol import Board

sys.path.insert(0, str(Path(__file__).parent))  # for served; importlib mode adds no folder

from served import ENGINES, Served


@pytest.fixture(scope="session")
def served(models_folder: Path) -> Iterator[Served]:
    """The running boards."""
    with ExitStack() as stack:
        yield Served(stack, models_folder)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def board(served: Served, engine: str) -> Iterator[Board]:
    """A board with each engine, freshly reset."""
    with served.connect(engine) as board:
        yield board


@pytest.fixture
def tflm_board(served: Served) -> Iterator[Board]:
    """The same with TFLM, for what needs one engine only."""
    with served.connect("tflm") as board:
        yield board
