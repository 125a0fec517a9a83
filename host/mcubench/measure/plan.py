"""Which points to measure: every model at every clock asked for, on what the board's image has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcubench.errors import InputError
from mcubench.models import Model
from mcubench.protocol import BoardInfo, ClockSetting, ClockTable, ModelInfo
from mcubench.store import point_id

__all__ = [
    "ALL_CLOCKS",
    "MAIN_CLOCK",
    "Point",
    "boards_without_clock",
    "choose_clocks",
    "choose_clocks_of_each",
    "main_clock",
    "make_plan",
    "named_briefly",
]

# Words that name clocks on every board.
ALL_CLOCKS = "all"
MAIN_CLOCK = "main"
# Of a hundred boards of which the same is told.
NAMED_BOARDS = 4


@dataclass(frozen=True)
class Point:
    """One model at one clock; `vectors` is how many are checked there.

    `main` tells whether it is the main clock of the plan. `place` is what the point's id has for the board where that
    is not just what it calls itself: a name from a rig file, or a number that tells it from others of its kind.
    """

    board: str
    engine: str
    model: Model
    clock: ClockSetting
    vectors: int
    main: bool = False
    place: str | None = None

    @property
    def id(self) -> str:
        return point_id(self.place or self.board, self.engine, self.model.name, self.clock.name)


def make_plan(
    info: BoardInfo,
    embedded: Sequence[ModelInfo],
    models: Sequence[Model],
    clocks: Sequence[ClockSetting],
    vectors: int,
    vectors_other: int,
    place: str | None = None,
    rig_names: Sequence[str] = (),
) -> list[Point]:
    """Return the points of a board: all clocks of the first model, then of the next. Without clocks there are none.

    At the main clock `vectors` are checked, at the others `vectors_other`, but never more than there. `rig_names` is
    what the boards that it is for are called in a rig file, if they are in one.
    Raises InputError if a model is not in the image, or is another one there.
    """
    for model in models:
        _check_embedded(model, embedded, _how_to_build(info, models, rig_names))
    main = main_clock(clocks) if clocks else None
    return [
        Point(
            info.board,
            info.engine,
            model,
            clock,
            vectors if clock is main else min(vectors, vectors_other),
            clock is main,
            place,
        )
        for model in models
        for clock in clocks
    ]


def choose_clocks(table: ClockTable, names: Sequence[str], overclock: bool) -> list[ClockSetting]:
    """Return the settings of one board that `names` mean, in the board's order.

    "all" leaves out over-clocked ones unless asked for; "main" is the fastest that the data sheet allows.
    Raises InputError for a name that fits none or several, or an over-clocked one that was not asked for.
    """
    return choose_clocks_of_each({"this board": table}, names, overclock)["this board"]


def choose_clocks_of_each(
    tables: Mapping[str, ClockTable], names: Sequence[str], overclock: bool
) -> dict[str, list[ClockSetting]]:
    """Return the settings of every board that `names` mean there; a name has to fit on one of the boards at least.

    Raises InputError as `choose_clocks` does.
    """
    for name in names:
        if not any(_find(table, name, overclock) for table in tables.values()):
            boards = _boards_by_clocks(tables)
            if len(tables) == 1:
                where = f"{next(iter(tables))}; there are {next(iter(boards))}, and '{ALL_CLOCKS}', '{MAIN_CLOCK}'"
            else:
                listed = "; ".join(f"{named_briefly(each)}: {clocks}" for clocks, each in boards.items())
                where = f"any of the boards; {listed}; and all have '{ALL_CLOCKS}', '{MAIN_CLOCK}'"
            raise InputError(f"no clock '{name}' on {where}")
    return {board: _all_found(table, names, overclock) for board, table in tables.items()}


def boards_without_clock(tables: Mapping[str, ClockTable], name: str, overclock: bool) -> list[str]:
    """Return the boards on which `name` means nothing."""
    return [board for board, table in tables.items() if not _find(table, name, overclock)]


def main_clock(clocks: Sequence[ClockSetting]) -> ClockSetting:
    """Return the clock at which a model's outputs are checked at length: the fastest that the data sheet allows.

    Of equally fast ones it is the first in the board's table.
    """
    return max(clocks, key=lambda setting: (not setting.overclock, setting.hz))


def named_briefly(boards: Sequence[str]) -> str:
    """Return the names of boards, the first few of them if there are many."""
    more = len(boards) - NAMED_BOARDS
    return ", ".join(boards[:NAMED_BOARDS]) + (f" and {more} more" if more > 0 else "")


def _boards_by_clocks(tables: Mapping[str, ClockTable]) -> dict[str, list[str]]:
    """Return the boards that have the same clocks together, by the names of these."""
    found: dict[str, list[str]] = {}
    for board, table in tables.items():
        found.setdefault(_names(table.settings), []).append(board)
    return found


def _all_found(table: ClockTable, names: Sequence[str], overclock: bool) -> list[ClockSetting]:
    found = {setting.name for name in names for setting in _find(table, name, overclock)}
    return [setting for setting in table.settings if setting.name in found]


def _find(table: ClockTable, name: str, overclock: bool) -> list[ClockSetting]:
    """Return what `name` means on a board: nothing if it fits none of its clocks."""
    if name == ALL_CLOCKS:
        return [setting for setting in table.settings if overclock or not setting.overclock]
    if name == MAIN_CLOCK:
        return [main_clock(table.settings)]
    exact = [setting for setting in table.settings if setting.name == name]
    found = exact or [setting for setting in table.settings if name and setting.name.startswith(name)]
    if len(found) > 1:
        raise InputError(f"clock '{name}' may be any of {_names(found)}; write more of the name")
    if found and found[0].overclock and not overclock:
        raise InputError(f"clock '{found[0].name}' is beyond the chip's data sheet; add --overclock if you mean it")
    return found


def _names(settings: Sequence[ClockSetting]) -> str:
    return ", ".join(setting.name for setting in settings)


def _how_to_build(info: BoardInfo, models: Sequence[Model], rig_names: Sequence[str]) -> str:
    """Return the command that builds all models into the board's firmware; one that knows the board flashes it too."""
    names = ",".join(model.name for model in models)
    if rig_names:
        return f"mcubench flash --board {','.join(rig_names)} --engine {info.engine} --model {names}"
    return f"mcubench image --board {info.board} --engine {info.engine} --model {names}"


def _check_embedded(model: Model, embedded: Sequence[ModelInfo], how_to_build: str) -> None:
    found = next((each for each in embedded if each.name == model.name), None)
    if found is None:
        known = ", ".join(each.name for each in embedded) or "none"
        raise InputError(
            f"model '{model.name}' is not in the board's firmware, which has {known}; build it in and flash:"
            f" {how_to_build}"
        )
    if found.sha256 != model.sha256:
        raise InputError(
            f"model '{model.name}' in the firmware is another file (sha256 {found.sha256[:12]}...) than"
            f" {model.tflite_path} ({model.sha256[:12]}...); build and flash again: {how_to_build}"
        )
    if (found.input_bytes, found.output_bytes) != (model.input.byte_count, model.output.byte_count):
        raise InputError(
            f"model '{model.name}' in the firmware has tensors of other sizes than {model.folder}/model.toml"
        )
