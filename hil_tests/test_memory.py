"""Memory stays within hil_tests/budgets.toml, and the parts of the image add up."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mcubench.boards import DEFAULT_ENGINE
from mcubench.protocol import Board

BUDGETS = Path(__file__).parent / "budgets.toml"


@pytest.fixture
def budget(board: Board):
    """The table of this board and engine: bytes by name, and a table for each model."""
    info = board.info()
    name = info.board if info.engine == DEFAULT_ENGINE else f"{info.board}-{info.engine}"
    tables = tomllib.loads(BUDGETS.read_text())
    if name not in tables:
        pytest.skip(f"{BUDGETS.name} has no table [{name}]")
    return tables[name]


@pytest.mark.parametrize("name", ["flash_harness_bytes", "flash_engine_bytes", "ram_static_bytes", "stack_used_bytes"])
def test_image_stays_within_its_budget(board: Board, measure, budget, record_metric, name: str) -> None:
    for model in measure.models:  # the stack's high-water mark counts what every model needs
        board.select(model.name)
        board.run(1)
    used = known(getattr(board.info(), name), name)
    record_metric(name.removesuffix("_bytes"), used, "bytes")
    assert 0 < used <= budget[name]


@pytest.mark.parametrize("name", ["flash_bytes", "arena_bytes"])
def test_models_stay_within_their_budgets(board: Board, measure, budget, record_metric, name: str) -> None:
    for model in measure.models:
        if model.name not in budget:  # it may have one in its own folder: test_budgets.py
            continue
        # Some engines know the arena of a model only once they have prepared it.
        used = known(getattr(board.select(model.name), name), f"{model.name} {name}")
        record_metric(f"{model.name} {name.removesuffix('_bytes')}", used, "bytes")
        assert 0 < used <= budget[model.name][name], model.name


def test_parts_of_the_image_add_up(board: Board) -> None:
    info = board.info()
    models = sum(known(model.flash_bytes, "flash_bytes of its models") for model in board.models())
    parts = known(info.flash_harness_bytes, "flash_harness_bytes") + known(
        info.flash_engine_bytes, "flash_engine_bytes"
    )
    assert parts + models == info.flash_image_bytes


def test_stack_is_never_used_up(board: Board) -> None:
    info = board.info()
    assert known(info.stack_used_bytes, "stack_used_bytes") < known(info.stack_bytes, "stack_bytes")


def known(size: int | None, name: str) -> int:
    """Return a size that the board told; skip the test if it cannot know it."""
    if size is None:
        pytest.skip(f"the board does not know its {name}")
    return size
