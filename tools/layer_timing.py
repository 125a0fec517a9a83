"""Cycles of each layer of some networks on virtual boards, whose outputs are checked first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from bench_models import TrafficModel, build_images

from mcubench.boards import open_board, parse_board
from mcubench.errors import WrongOutputError
from mcubench.protocol import Board, VectorStream

__all__ = ["PASSES", "Build", "Chip", "NetworkTiming", "build_boards", "time_networks"]

# Layer passes per network; what a pass finds in the caches is the same from the third on.
PASSES = 3
LONGEST_INFERENCE_S = 4.0


@dataclass(frozen=True)
class Chip:
    """A virtual board and the clock to run it at."""

    name: str
    clock: str


@dataclass(frozen=True)
class Build:
    """An image on its board, and what it says of itself."""

    chip: Chip
    kernels: str
    kind: str
    core: str
    clock_hz: int
    settings: dict[str, str]
    build_id: str
    toolchain: str
    flags: str


@dataclass(frozen=True)
class NetworkTiming:
    """Cycles of a network whose outputs were right: of its layers, and of the whole."""

    operators: tuple[str, ...]
    layers: tuple[int, ...]
    whole: int
    flash_bytes: int | None
    arena_bytes: int | None


def build_boards(models: Sequence[Path], chips: Sequence[Chip], folder: Path) -> dict[tuple[str, str], Path]:
    """Build an image with these models for each chip and kind of kernels; return the ELF files."""
    environments = {(chip.name, "dsp"): f"{chip.name}-local" for chip in chips}
    plain = {(chip.name, "c"): f"{chip.name}-plain-local" for chip in chips}
    more = "".join(
        f"\n[env:{name}-plain-local]\nextends = env:{name}-local\n"
        "build_flags = ${env.build_flags} -DMCUBENCH_KERNELS_DSP=0\n"
        for name, _ in plain
    )
    environments |= plain
    images = build_images(models, list(environments.values()), folder, more)
    return {key: images[environment] for key, environment in environments.items()}


def time_networks(
    chip: Chip, image: Path, models: Mapping[str, TrafficModel]
) -> tuple[Build, dict[str, NetworkTiming]]:
    """Run the networks on the chip's virtual board; WrongOutputError if any output differs from its golden one."""
    with open_board(parse_board(f"virtual:{chip.name}", image)) as opened:
        board = Board(opened.link)
        info = board.connect()
        clock = board.set_clock(chip.clock)
        timings = {name: _time_network(board, model) for name, model in models.items()}
    build = Build(
        chip, info.kernels, info.timing, info.core, clock.hz, dict(clock.settings), info.build_id, info.toolchain,
        info.flags,
    )  # fmt: skip
    return build, timings


def _time_network(board: Board, model: TrafficModel) -> NetworkTiming:
    info = board.select(model.name)
    stream = VectorStream(board, info, np.ascontiguousarray(model.inputs).tobytes(), LONGEST_INFERENCE_S)
    for result in stream:
        if result.status or result.output != model.output(result.index):
            raise WrongOutputError(f"{model.name}: output {result.index} differs from the reference kernels'")
    passes = [board.layers(LONGEST_INFERENCE_S) for _ in range(PASSES)]
    runs = board.run(PASSES, expected_s=PASSES * LONGEST_INFERENCE_S)
    return NetworkTiming(
        operators=tuple(layer.op for layer in passes[0].layers),
        layers=tuple(int(median(each.layers[i].cycles for each in passes)) for i in range(len(passes[0].layers))),
        whole=int(median(runs.cycles)),
        flash_bytes=info.flash_bytes,
        arena_bytes=info.arena_bytes,
    )
