from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mcubench.errors import InputError
from mcubench.measure import boards_without_clock, choose_clocks, choose_clocks_of_each, make_plan
from mcubench.measure.plan import main_clock
from mcubench.models import Model, load_model
from mcubench.protocol import BoardInfo, ClockSetting, ClockTable, ModelInfo

CLOCKS = ClockTable(
    tuple(
        ClockSetting(name, mhz * 1_000_000, mhz > 216, {})
        for name, mhz in [("16", 16), ("168", 168), ("216", 216), ("216-nocache", 216), ("240", 240), ("288", 288)]
    ),
    ("icache",),
    "16",
)
INFO = BoardInfo(
    2, "stm32f746", "cortex-m7", "00", False, "b", "gcc", "-O3", "generated", "1", "dsp", 15872, 2560, 8192, 64,
    1_000_000, None, 0, 0, 0, None, None, None, None, None, None, None, 1, "pin", 0, None, None,
)  # fmt: skip


@pytest.fixture
def models(models_folder: Path) -> list[Model]:
    return [load_model(name, models_folder) for name in ("mnist-int8", "mnist-float32")]


def embedded(model: Model) -> ModelInfo:
    sizes = (model.input.byte_count, model.input.type, model.output.byte_count, model.output.type)
    return ModelInfo(0, model.name, model.sha256, *sizes, arena_bytes=1, flash_bytes=1, layers=9)


def names(chosen: list[ClockSetting]) -> list[str]:
    return [setting.name for setting in chosen]


def test_all_clocks_are_those_of_the_data_sheet() -> None:
    assert names(choose_clocks(CLOCKS, ["all"], overclock=False)) == ["16", "168", "216", "216-nocache"]
    assert names(choose_clocks(CLOCKS, ["all"], overclock=True)) == ["16", "168", "216", "216-nocache", "240", "288"]


def test_clocks_are_named_whole_or_in_part_and_each_is_measured_once() -> None:
    assert names(choose_clocks(CLOCKS, ["216-n", "16", "16"], overclock=False)) == ["16", "216-nocache"]
    assert names(choose_clocks(CLOCKS, ["216"], overclock=False)) == ["216"]
    assert names(choose_clocks(CLOCKS, ["288", "216"], overclock=True)) == ["216", "288"]


@pytest.mark.parametrize(
    ("name", "trouble"),
    [("2", "write more"), ("999", "no clock '999'"), ("", "no clock ''"), ("240", "beyond the chip's data sheet")],
)
def test_a_clock_that_cannot_be_meant_is_an_input_error(name: str, trouble: str) -> None:
    with pytest.raises(InputError, match=trouble):
        choose_clocks(CLOCKS, [name], overclock=False)


def test_main_names_the_main_clock() -> None:
    assert names(choose_clocks(CLOCKS, ["main"], overclock=False)) == ["216"]
    assert names(choose_clocks(CLOCKS, ["main", "16"], overclock=True)) == ["16", "216"]


NRF = ClockTable(
    (ClockSetting("64", 64_000_000, False, {}), ClockSetting("64-nocache", 64_000_000, False, {})), (), "64"
)


def test_every_board_has_its_own_clocks() -> None:
    tables = {"stm": CLOCKS, "nrf": NRF}
    chosen = choose_clocks_of_each(tables, ["216", "64"], overclock=False)
    assert {board: names(clocks) for board, clocks in chosen.items()} == {"stm": ["216"], "nrf": ["64"]}
    assert boards_without_clock(tables, "216", overclock=False) == ["nrf"]
    assert boards_without_clock(tables, "main", overclock=False) == []
    both = choose_clocks_of_each(tables, ["main"], overclock=False)
    assert {board: names(clocks) for board, clocks in both.items()} == {"stm": ["216"], "nrf": ["64"]}


def test_a_clock_of_no_board_is_an_input_error_with_the_clocks_of_each() -> None:
    with pytest.raises(InputError, match=r"no clock '7' on any of the boards; stm: 16, .*; nrf: 64, 64-nocache;"):
        choose_clocks_of_each({"stm": CLOCKS, "nrf": NRF}, ["216", "7"], overclock=False)


def test_a_board_without_clocks_has_no_points(models: list[Model]) -> None:
    assert make_plan(INFO, [embedded(model) for model in models], models, [], 300, 30) == []


def test_a_place_tells_points_of_equal_boards_apart(models: list[Model]) -> None:
    plan = make_plan(INFO, [embedded(models[0])], models[:1], CLOCKS.settings[:2], 300, 30, "stm32f746.2")
    assert [point.id for point in plan] == [f"stm32f746.2/generated/mnist-int8/{clock}" for clock in ("16", "168")]
    assert [point.main for point in plan] == [False, True]


def test_the_main_clock_is_the_fastest_legal_one_with_caches() -> None:
    assert main_clock(CLOCKS.settings).name == "216"
    assert main_clock(CLOCKS.settings[:2]).name == "168"
    assert main_clock(CLOCKS.settings[4:]).name == "288"


def test_every_model_is_checked_at_length_at_one_clock(models: list[Model]) -> None:
    clocks = choose_clocks(CLOCKS, ["all"], overclock=False)
    plan = make_plan(INFO, [embedded(model) for model in models], models, clocks, 300, 30)
    assert len({point.id for point in plan}) == len(plan) == 8
    assert plan[0].id == "stm32f746/generated/mnist-int8/16"
    for model in models:
        assert [point.vectors for point in plan if point.model is model] == [30, 30, 300, 30]


def test_other_clocks_are_never_checked_more_than_the_main_one(models: list[Model]) -> None:
    plan = make_plan(INFO, [embedded(models[0])], models[:1], CLOCKS.settings[:3], 10, 30)
    assert [point.vectors for point in plan] == [10, 10, 10]


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"name": "another"}, "is not in the board's firmware, which has another"),
        ({"sha256": "0" * 64}, "is another file"),
        ({"input_bytes": 785}, "tensors of other sizes"),
    ],
)
def test_a_model_that_is_not_in_the_image_is_an_input_error(
    models: list[Model], change: dict[str, str | int], trouble: str
) -> None:
    with pytest.raises(InputError, match=trouble):
        make_plan(INFO, [replace(embedded(models[0]), **change)], models[:1], CLOCKS.settings, 300, 30)


def test_what_to_do_about_a_missing_model_has_all_models_and_the_boards_of_a_rig(models: list[Model]) -> None:
    both = "--engine generated --model mnist-int8,mnist-float32$"
    with pytest.raises(InputError, match=f"flash: mcubench image --board stm32f746 {both}"):
        make_plan(INFO, [embedded(models[0])], models, CLOCKS.settings, 300, 30)
    with pytest.raises(InputError, match=f"flash: mcubench flash --board f7-1,f7-2 {both}"):
        make_plan(INFO, [embedded(models[0])], models, CLOCKS.settings, 300, 30, "stm32f746", ["f7-1", "f7-2"])


def test_a_clock_of_no_board_is_told_in_few_words_of_many_boards() -> None:
    tables = {f"f7-{number}": CLOCKS for number in range(1, 101)}
    with pytest.raises(
        InputError, match=r"boards; f7-1, f7-2, f7-3, f7-4 and 96 more: 16, [^;]*; and all have"
    ) as caught:
        choose_clocks_of_each(tables, ["7"], overclock=False)
    assert len(str(caught.value)) < 300
