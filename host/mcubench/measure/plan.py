"""Which points to measure: every model at every clock asked for, on what the board's image has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcubench.errors import InputError
from mcubench.models import Model
from mcubench.protocol import BoardInfo, ClockSetting, ClockTable, ModelInfo
from mcubench.store import point_id

__all__ = ["ALL_CLOCKS", "Point", "choose_clocks", "main_clock", "make_plan"]

ALL_CLOCKS = "all"


@dataclass(frozen=True)
class Point:
    """One model at one clock; `vectors` is how many are checked there."""

    board: str
    engine: str
    model: Model
    clock: ClockSetting
    vectors: int

    @property
    def id(self) -> str:
        return point_id(self.board, self.engine, self.model.name, self.clock.name)


def make_plan(
    info: BoardInfo,
    embedded: Sequence[ModelInfo],
    models: Sequence[Model],
    clocks: Sequence[ClockSetting],
    vectors: int,
    vectors_other: int,
) -> list[Point]:
    """Return the points: all clocks of the first model, then of the next.

    At the main clock `vectors` are checked, at the others `vectors_other`, but never more than there.
    Raises InputError if a model is not in the image, or is another one there.
    """
    for model in models:
        _check_embedded(model, embedded)
    main = main_clock(clocks)
    return [
        Point(info.board, info.engine, model, clock, vectors if clock is main else min(vectors, vectors_other))
        for model in models
        for clock in clocks
    ]


def choose_clocks(table: ClockTable, names: Sequence[str], overclock: bool) -> list[ClockSetting]:
    """Return the settings that `names` mean, in the board's order; "all" leaves out over-clocked ones unless asked for.

    Raises InputError for a name that fits none or several, or an over-clocked one that was not asked for.
    """
    chosen = set()
    for name in names:
        if name == ALL_CLOCKS:
            chosen |= {setting.name for setting in table.settings if overclock or not setting.overclock}
            continue
        setting = _find(table, name)
        if setting.overclock and not overclock:
            raise InputError(f"clock '{setting.name}' is beyond the chip's data sheet; add --overclock if you mean it")
        chosen.add(setting.name)
    return [setting for setting in table.settings if setting.name in chosen]


def main_clock(clocks: Sequence[ClockSetting]) -> ClockSetting:
    """Return the clock at which a model's outputs are checked at length: the fastest that the data sheet allows.

    Of equally fast ones it is the first in the board's table.
    """
    return max(clocks, key=lambda setting: (not setting.overclock, setting.hz))


def _find(table: ClockTable, name: str) -> ClockSetting:
    exact = [setting for setting in table.settings if setting.name == name]
    found = exact or [setting for setting in table.settings if name and setting.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(setting.name for setting in found or table.settings)
    if found:
        raise InputError(f"clock '{name}' may be any of {known}; write more of the name")
    raise InputError(f"no clock '{name}' on this board; there are {known}, and '{ALL_CLOCKS}'")


def _check_embedded(model: Model, embedded: Sequence[ModelInfo]) -> None:
    found = next((each for each in embedded if each.name == model.name), None)
    if found is None:
        known = ", ".join(each.name for each in embedded) or "none"
        raise InputError(
            f"model '{model.name}' is not in the board's firmware, which has {known}; build it in and flash"
        )
    if found.sha256 != model.sha256:
        raise InputError(
            f"model '{model.name}' in the firmware is another file (sha256 {found.sha256[:12]}...) than"
            f" {model.tflite_path} ({model.sha256[:12]}...); build and flash again"
        )
    if (found.input_bytes, found.output_bytes) != (model.input.byte_count, model.output.byte_count):
        raise InputError(
            f"model '{model.name}' in the firmware has tensors of other sizes than {model.folder}/model.toml"
        )
