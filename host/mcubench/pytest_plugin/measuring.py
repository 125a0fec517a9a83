"""Measuring points of a board under test, each once in a session however many tests look at it."""

from __future__ import annotations

from pathlib import Path

from mcubench.boards import DEFAULT_ENGINE
from mcubench.errors import InputError
from mcubench.measure import Bench, Point, PointMeasurement, Settings
from mcubench.models import Budget, Vectors, list_models, load_model, read_budgets, read_vectors
from mcubench.protocol import ClockSetting, ModelInfo
from mcubench.pytest_plugin.rig import Rig
from mcubench.store import Record

__all__ = ["Measure"]

# Enough to see a spread; a suite that runs on every change has to be quick.
SETTINGS = Settings(samples=8, cold_samples=2)


class Measure:
    """Call it with a model, a clock and a number of vectors to get the record of that point.

    A record whose `status` is "failed" says why in `error`. A rig that fails raises RigError.
    """

    def __init__(self, rig: Rig, models_folder: Path) -> None:
        self._rig = rig
        self._folder = models_folder
        self._records: dict[tuple[str, str, int], Record] = {}

    @property
    def models(self) -> list[ModelInfo]:
        """The models in the board's image that have a model folder here; raises InputError if there is none."""
        here = list_models(self._folder)
        both = [each for each in self._rig.resynchronise().models() if each.name in here]
        if not both:
            raise InputError(f"none of the models in the board's image has a folder in {self._folder}")
        return both

    @property
    def clocks(self) -> list[ClockSetting]:
        """The clock settings of the board that the data sheet allows."""
        return [each for each in self._rig.resynchronise().clocks().settings if not each.overclock]

    @property
    def clock_options(self) -> tuple[str, ...]:
        """The names of the switches that clock settings have on the board."""
        return self._rig.resynchronise().clocks().options

    def vectors(self, model: str) -> Vectors:
        """Return the vectors of a model folder."""
        return read_vectors(load_model(model, self._folder))

    def budget(self, model: str) -> Budget | None:
        """Return what a model may take on this board with this engine, by its model.toml; None if that says nothing."""
        info = self._rig.info
        board = info.board if info.engine == DEFAULT_ENGINE else f"{info.board}-{info.engine}"
        return read_budgets(load_model(model, self._folder).folder).get(board)

    def __call__(self, model: str, clock: str, vectors: int) -> Record:
        """Return the record of a point; at most as many vectors as the model has are checked."""
        key = (model, clock, vectors)
        if key not in self._records:
            self._records[key] = self._measure(model, clock, vectors)
        return self._records[key]

    def _measure(self, name: str, clock: str, count: int) -> Record:
        self._rig.resynchronise()
        model = load_model(name, self._folder)
        vectors = read_vectors(model)
        setting = next(each for each in self.clocks if each.name == clock)
        rig = self._rig
        point = Point(rig.info.board, rig.info.engine, model, setting, min(count, len(vectors)))
        bench = Bench(rig.board, rig.info, rig.board.models(), rig.timing_model, rig.abort, rig.address.name)
        return PointMeasurement(bench, point, vectors, SETTINGS, "hil", lambda _: None).measure()
