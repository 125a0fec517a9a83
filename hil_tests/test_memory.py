"""Memory stays within hil_tests/budgets.toml, and the parts of the image add up."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mcubench.protocol import Board

BUDGETS = Path(__file__).parent / "budgets.toml"


@pytest.fixture
def budget(dut: Board):
    """The table of this board: bytes by name, and a table for each model."""
    board = dut.info().board
    tables = tomllib.loads(BUDGETS.read_text())
    if board not in tables:
        pytest.skip(f"{BUDGETS.name} has no table [{board}]")
    return tables[board]


@pytest.mark.parametrize("name", ["flash_harness_bytes", "flash_engine_bytes", "ram_static_bytes", "stack_used_bytes"])
def test_image_stays_within_its_budget(dut: Board, measure, budget, record_metric, name: str) -> None:
    for model in measure.models:  # the stack's high-water mark counts what every model needs
        dut.select(model.name)
        dut.run(1)
    used = getattr(dut.info(), name)
    record_metric(name.removesuffix("_bytes"), used, "bytes")
    assert 0 < used <= budget[name]


@pytest.mark.parametrize("name", ["flash_bytes", "arena_bytes"])
def test_models_stay_within_their_budgets(measure, budget, record_metric, name: str) -> None:
    for model in measure.models:
        used = getattr(model, name)
        record_metric(f"{model.name} {name.removesuffix('_bytes')}", used, "bytes")
        assert 0 < used <= budget[model.name][name], model.name


def test_parts_of_the_image_add_up(dut: Board) -> None:
    info = dut.info()
    models = sum(model.flash_bytes for model in dut.models())
    assert info.flash_harness_bytes + info.flash_engine_bytes + models == info.flash_image_bytes


def test_stack_is_never_used_up(dut: Board) -> None:
    info = dut.info()
    assert info.stack_used_bytes < info.stack_bytes
