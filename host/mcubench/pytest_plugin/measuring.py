"""Measuring points of a board under test, each once in a session however many tests look at it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcubench.boards import DEFAULT_ENGINE
from mcubench.errors import InputError
from mcubench.measure import PointMeasurement, Settings, choose_clocks, make_plan
from mcubench.measure.plan import main_clock
from mcubench.models import Budget, Vectors, list_models, load_model, read_budgets, read_vectors
from mcubench.protocol import ClockSetting, ModelInfo
from mcubench.store import Record

if TYPE_CHECKING:
    from mcubench.pytest_plugin.dut import Dut

__all__ = ["Measure", "measure_point"]

# Enough to see a spread; a suite that runs on every change has to be quick.
SETTINGS = Settings(samples=8, cold_samples=2)
# Of a sweep: a wrong wait state or voltage shows at one clock only, so outputs are checked at each; at length at one.
VECTORS_AT_MAIN_CLOCK = 300
VECTORS_ELSEWHERE = 30


def measure_point(dut: Dut, name: str, clock: str, count: int, settings: Settings) -> Record:
    """Return the record of a point, which says in `error` what is wrong if its `status` is "failed".

    At most as many vectors as the model has are checked. Raises RigError if the rig fails, InputError if the board has
    no such model or clock.
    """
    if count < 1:
        raise InputError(f"vectors={count}: a result whose output was not checked is none; check one at least")
    table = dut.resynchronise().clocks()
    setting = choose_clocks(table, [clock], overclock=False)
    if len(setting) != 1:
        raise InputError(f"clock '{clock}': expected one setting, as '{setting[0].name}'")
    model = load_model(name, dut.rig.models_folder)
    vectors = read_vectors(model)
    bench = dut.bench()
    count = min(count, len(vectors))
    point = make_plan(bench.info, bench.models, [model], setting, count, count)[0]
    point = replace(point, main=setting[0] == main_clock(table.settings))
    return PointMeasurement(bench, point, vectors, settings, "hil", lambda _: None).measure()


class Measure:
    """Call it with a model, a clock and a number of vectors to get the record of that point.

    A record whose `status` is "failed" says why in `error`. A rig that fails raises RigError.
    """

    def __init__(self, dut: Dut) -> None:
        self._dut = dut
        self._folder: Path = dut.rig.models_folder

    @property
    def models(self) -> list[ModelInfo]:
        """The models in the board's image that have a model folder here; raises InputError if there is none."""
        here = list_models(self._folder)
        both = [each for each in self._dut.models if each.name in here]
        if not both:
            raise InputError(f"none of the models in the board's image has a folder in {self._folder}")
        return both

    @property
    def clocks(self) -> list[ClockSetting]:
        """The clock settings of the board that the data sheet allows."""
        return [each for each in self._dut.resynchronise().clocks().settings if not each.overclock]

    @property
    def clock_options(self) -> tuple[str, ...]:
        """The names of the switches that clock settings have on the board."""
        return self._dut.resynchronise().clocks().options

    def vectors(self, model: str) -> Vectors:
        """Return the vectors of a model folder."""
        return read_vectors(load_model(model, self._folder))

    def budget(self, model: str) -> Budget | None:
        """Return what a model may take on this board with this engine, by its model.toml; None if that says nothing."""
        info = self._dut.info
        board = info.board if info.engine == DEFAULT_ENGINE else f"{info.board}-{info.engine}"
        return read_budgets(load_model(model, self._folder).folder).get(board)

    def sweep(self) -> list[Record]:
        """Measure every model in the image at every clock that the data sheet allows."""
        clocks = self.clocks
        main = main_clock(clocks)
        return [
            self(model.name, clock.name, VECTORS_AT_MAIN_CLOCK if clock is main else VECTORS_ELSEWHERE)
            for model in self.models
            for clock in clocks
        ]

    def __call__(self, model: str, clock: str, vectors: int) -> Record:
        """Return the record of a point; at most as many vectors as the model has are checked."""
        dut, records = self._dut, self._dut.rig.records
        key = (dut.name, dut.info.uid, dut.info.build_id, model, clock, vectors)
        if key not in records:
            records[key] = measure_point(dut, model, clock, vectors, SETTINGS)
        dut.board.used[records[key].model] = records[key].model_sha256
        return records[key]
