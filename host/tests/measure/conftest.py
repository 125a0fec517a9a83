from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcubench.boards import ChildBoard
from mcubench.link import Link
from mcubench.measure import Bench
from mcubench.models import Model, Vectors, load_model, read_vectors
from mcubench.protocol import Board


@pytest.fixture
def bench(mnist_program: Path) -> Iterator[Bench]:
    """A connected board with both digit networks."""
    with ChildBoard("native", [str(mnist_program)]) as child, Link(child.port) as link:
        board = Board(link)
        yield Bench(board, board.connect(), board.models(), None, child.kill)


@pytest.fixture(scope="session")
def int8(models_folder: Path) -> Model:
    return load_model("mnist-int8", models_folder)


@pytest.fixture(scope="session")
def vectors(int8: Model) -> Vectors:
    return read_vectors(int8)
