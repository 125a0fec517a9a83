"""Finding the smallest arena by trying: open the model with it, run a vector, compare every bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mcubench.deadline import Deadline
from mcubench.errors import BoardError, CheckFailedError, DeadlineError, InputError, WrongOutputError
from mcubench.measure.bench import Bench
from mcubench.models import Model, Vectors, compare_outputs
from mcubench.protocol import ModelInfo, VectorStream

__all__ = ["ArenaTry", "SmallestArena", "find_smallest_arena"]

SEARCH_TIMEOUT_S = 900.0
# What a board says that it uses may be less than what it needs while it prepares a model; by more than this it is not.
MOST_ABOVE_USED_BYTES = 1 << 16
# The error code of an engine that cannot open a model.
ENGINE_ERROR = "engine"


@dataclass(frozen=True)
class ArenaTry:
    """One arena that was tried, in bytes, and whether the model ran in it. None is all that the engine has."""

    arena_bytes: int | None
    runs: bool


@dataclass(frozen=True)
class SmallestArena:
    """The smallest arena with which the model runs, and what the engine says it uses when it has all.

    `vectors` is how many vectors had to come out right at each try.
    """

    bytes: int
    used_bytes: int
    vectors: int
    tries: tuple[ArenaTry, ...]


def find_smallest_arena(
    bench: Bench, model: Model, vectors: Vectors, on_try: Callable[[ArenaTry], None]
) -> SmallestArena:
    """Return the smallest arena in which `vectors` come out as they should; `on_try` is called after each try.

    CheckFailedError if they do not even with all the memory that the engine has; InputError if the engine has no arena;
    DeadlineError if the search takes longer than SEARCH_TIMEOUT_S.
    """
    search = _Search(bench, model, vectors, on_try)
    used_bytes = search.run_with_all()
    high = search.find_one_that_runs(used_bytes)
    return SmallestArena(search.bisect(high), used_bytes, len(vectors), tuple(search.tries))


class _Search:
    def __init__(self, bench: Bench, model: Model, vectors: Vectors, on_try: Callable[[ArenaTry], None]) -> None:
        self._bench = bench
        self._model = model
        self._vectors = vectors
        self._on_try = on_try
        self._deadline = Deadline.after(SEARCH_TIMEOUT_S)
        self.tries: list[ArenaTry] = []

    def run_with_all(self) -> int:
        """Run with all the memory there is, and return what the engine says it used."""
        try:
            info = self._bench.board.select(self._model.name)
            self._check(info)
        except BoardError as exc:
            if exc.code != ENGINE_ERROR:
                raise
            raise CheckFailedError(f"{self._model.name} cannot be opened with all the arena there is: {exc}") from exc
        if info.arena_bytes is None:
            raise InputError(
                f"the engine {self._bench.info.engine} says nothing of an arena, so there is none to measure"
            )
        self._note(ArenaTry(None, True))
        return info.arena_bytes

    def find_one_that_runs(self, first: int) -> int:
        """Return `first` or the next larger arena that runs; a board refuses those that are larger than it has."""
        for extra in _steps():
            if self.runs(first + extra):
                return first + extra
        raise CheckFailedError(
            f"{self._model.name} runs with all the arena there is, but with none of {first} to"
            f" {first + MOST_ABOVE_USED_BYTES} bytes"
        )

    def bisect(self, high: int) -> int:
        """Return the smallest arena that runs, given one that does."""
        low = 0
        while high - low > 1:
            middle = (low + high) // 2
            if self.runs(middle):
                high = middle
            else:
                low = middle
        return high

    def runs(self, arena_bytes: int) -> bool:
        """Tell whether the model opens with an arena of so many bytes, and computes what it should."""
        if self._deadline.expired:
            doing = f"looking for the smallest arena of {self._model.name}"
            raise DeadlineError(self._bench.board.port, doing, SEARCH_TIMEOUT_S, f"{len(self.tries)} arenas tried")
        try:
            self._check(self._bench.board.select(self._model.name, arena_bytes))
            good = True
        except BoardError as exc:
            if exc.code != ENGINE_ERROR:
                raise
            good = False
        except CheckFailedError:
            good = False
        self._note(ArenaTry(arena_bytes, good))
        return good

    def _check(self, info: ModelInfo) -> None:
        """Run the vectors; CheckFailedError if the engine fails or an output is not as it should be."""
        outputs = [b""] * len(self._vectors)
        for result in VectorStream(self._bench.board, info, self._vectors.payload()):
            if result.status != 0:
                raise CheckFailedError(f"the engine failed with status {result.status} on vector {result.index}")
            outputs[result.index] = result.output
        comparison = compare_outputs(outputs, self._vectors.outputs, self._model.output)
        if not comparison.within(self._model.tolerance_of(self._bench.info.engine)):
            raise WrongOutputError(comparison.summary)

    def _note(self, tried: ArenaTry) -> None:
        self.tries.append(tried)
        self._on_try(tried)


def _steps() -> Iterator[int]:
    """Yield 0, and then what is added to a size that was too small: each step is as large as all before it."""
    yield 0
    step = 16
    while step <= MOST_ABOVE_USED_BYTES:
        yield step
        step *= 2
