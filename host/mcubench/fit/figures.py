"""What a model needs on a board: planned by the code generator, or counted and modelled by running the linked image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcubench.codegen.program import Program
from mcubench.codegen.source import Source
from mcubench.errors import BoardError
from mcubench.measure import Bench, choose_clocks
from mcubench.measure.plan import MAIN_CLOCK
from mcubench.models import recorded_arena_bytes
from mcubench.protocol import Board, Layer, VectorStream

__all__ = ["Figure", "Needs", "plan_needs", "run_needs"]

# Of a virtual board all take the same cycles, but for the first, which fills the caches.
INFERENCES = 3
# The error code of what a board cannot do.
CANNOT = "refused"


@dataclass(frozen=True)
class Figure:
    """A number and where it is from: `kind` is planned, counted, modelled or recorded.

    None is unknown, and `at_least` then the least that it must be, if that is known; `source` says why.
    """

    value: float | None
    kind: str
    source: str
    at_least: float | None = None


def unknown(why: str, at_least: float | None = None) -> Figure:
    """Return what is not known, and why."""
    return Figure(None, "unknown", why, at_least)


@dataclass(frozen=True)
class Needs:
    """What a model takes on a board; `image_bytes` is the whole of it with the harness.

    `clock` is the setting at which the latency is, `layers` the cycles of each operator there.
    """

    image_bytes: Figure
    flash_bytes: Figure
    arena_bytes: Figure
    ram_bytes: Figure
    latency_us: Figure
    clock: str | None = None
    layers: Sequence[Layer] = ()


def plan_needs(source: Source, program: Program | None, why: str) -> Needs:
    """Return what is known without linking or running anything; `why` says why that cannot be had.

    `program` is None for an engine that plans its memory on the board. Its model is then in the flash as it is.
    """
    constants = program.constant_bytes if program else len(source.data)
    if program is None:
        arena = unknown("the engine plans its memory on the board; 'mcubench arena' finds out and records it")
    else:
        arena = Figure(program.arena_bytes, "planned", "memory plan of the code generator")
    flash = unknown(f"only the linker knows the code: {why}", at_least=constants)
    return Needs(flash, flash, arena, unknown(why, at_least=arena.value), unknown(why))


def recorded_arena(source: Source, engine: str, engine_version: str, core: str) -> Figure | None:
    """Return the arena that `mcubench arena` recorded in the model's folder; None if it did not."""
    found = recorded_arena_bytes(source.file.parent, source.sha256, engine, engine_version, core)
    return None if found is None else Figure(found, "recorded", "arena.toml of the model")


def run_needs(bench: Bench, source: Source, clock: str | None, vector: bytes | None) -> Needs:
    """Run the only model of a board's image, that of `source`, and return what it took.

    `clock` None is the main clock; `vector` is the input, None is zeros. Raises InputError if there is no such clock.
    """
    board, info = bench.board, bench.info
    (model,) = bench.models
    (setting,) = choose_clocks(board.clocks(), [clock or MAIN_CLOCK], overclock=False)
    state = board.set_clock(setting.name)
    selected = board.select(model.name)
    for _ in VectorStream(board, model, vector or bytes(model.input_bytes)):
        pass
    run = board.run(INFERENCES)
    layers = _layers(board)
    stack_bytes = board.info().stack_used_bytes
    linked = "the linked image"
    arena = recorded_arena(source, info.engine, info.engine_version, info.core)
    if arena is None and selected.arena_bytes is not None:
        arena = Figure(selected.arena_bytes, "counted", f"the engine on the virtual {info.board}")
    return Needs(
        image_bytes=_sum(linked, info.flash_image_bytes),
        flash_bytes=_sum(linked, model.flash_bytes, info.flash_engine_bytes),
        arena_bytes=arena or unknown("the engine does not tell"),
        ram_bytes=_sum("arena and stack on the virtual board", arena.value if arena else None, stack_bytes),
        latency_us=Figure(
            sorted(run.cycles)[len(run.cycles) // 2] / state.hz * 1e6,
            info.timing,
            f"{bench.timing_model} at {state.hz / 1e6:g} MHz, {len(run.cycles)} inferences",
        ),
        clock=state.name,
        layers=layers,
    )


def _layers(board: Board) -> tuple[Layer, ...]:
    """Return the cycles of each operator; none if the engine does not show them."""
    try:
        return board.layers().layers
    except BoardError as exc:
        if exc.code == CANNOT:
            return ()
        raise


def _sum(source: str, *parts: float | None) -> Figure:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return unknown("the board does not tell")
    return Figure(sum(known), "counted", source)
