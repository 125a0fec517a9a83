"""Measures what the generated engine's kernels cost: `make bench` runs this. What came out: docs/speed.md.

Networks of one layer each, then twins of MLPerf Tiny's four networks, run on virtual boards with the kernels for the
DSP extension and with those in plain C. Outputs are compared with the reference kernels' before any figure counts. Exit
code 1 if a layer takes more cycles per MAC than its goal, which is for the Cortex-M7 and the DSP extension.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench_models import write_model
from layer_cases import layer_cases
from layer_timing import PASSES, Build, Chip, NetworkTiming, build_boards, time_networks
from mlperf_twins import TWINS

from mcubench.codegen.generate import generate
from mcubench.errors import McubenchError

__all__ = ["main"]

CHIPS = (Chip("stm32f746", "216"), Chip("nrf52840", "64"))
KERNELS = ("dsp", "c")
VECTORS = 2
GOAL_CHIP = "stm32f746"
PUBLISHED = Path(__file__).with_name("published_mlperf_tiny.csv")
BYTES_PER_KB = 1024


@dataclass(frozen=True)
class Row:
    """One network on one board: `cycles` of its layer, or of the whole where it is a twin; `n` times, the median."""

    kind: str
    board: str
    kernels: str
    network: str
    shape: str
    macs: int
    outputs: int
    n: int
    cycles: int
    goal: float | None
    arena_bytes: int | None
    flash_bytes: int | None

    @property
    def per(self) -> float:
        """Cycles per MAC, or per element of the output where there are none."""
        return self.cycles / (self.macs or self.outputs)

    @property
    def missed(self) -> bool:
        """Whether there is a goal for this board, and it takes longer."""
        is_meant = self.board == f"virtual:{GOAL_CHIP}" and self.kernels == "dsp"
        return is_meant and self.goal is not None and self.per > self.goal


@dataclass(frozen=True)
class Published:
    """Least and most cycles per MAC of one core on one benchmark, of so many published latencies."""

    kind: str
    core: str
    benchmark: str
    n: int
    least: float
    most: float


def measure(folder: Path) -> tuple[list[Build], list[Row], list[Row]]:
    """Return the builds, the rows of the layers and those of the twins."""
    cases = layer_cases()
    files = {name: case.model for name, case in cases.items()} | {twin.name: twin.build() for twin in TWINS}
    models = {name: write_model(name, data, folder / "models", VECTORS) for name, data in files.items()}
    twins = {twin.name: _macs(models[twin.name].folder / "model.tflite", folder / "c") for twin in TWINS}
    images = build_boards([model.folder for model in models.values()], CHIPS, folder)
    builds, layers, wholes = [], [], []
    for chip in CHIPS:
        for kernels in KERNELS:
            # Twins in plain C would take minutes, and say no more than their layers.
            timed = models if kernels == KERNELS[0] else {name: models[name] for name in cases}
            build, timings = time_networks(chip, images[chip.name, kernels], timed)
            builds.append(build)
            for name, case in cases.items():
                timing = timings[name]
                layers.append(_row(build, timing, case.type, case.shape, case.macs, case.outputs, case.goal))
            for name, macs in twins.items() if kernels == KERNELS[0] else ():
                outputs = models[name].outputs.shape[1]
                wholes.append(_row(build, timings[name], name, "", macs, outputs, None))
    return builds, layers, wholes


def _macs(path: Path, folder: Path) -> int:
    return generate([path], folder)[0].macs


def _row(
    build: Build, timing: NetworkTiming, network: str, shape: str, macs: int, outputs: int, goal: float | None
) -> Row:
    return Row(
        kind=build.kind,
        board=f"virtual:{build.chip.name}",
        kernels=build.kernels,
        network=network,
        shape=shape,
        macs=macs,
        outputs=outputs,
        n=PASSES,
        cycles=timing.layers[-1] if shape else timing.whole,
        goal=goal,
        arena_bytes=timing.arena_bytes,
        flash_bytes=timing.flash_bytes,
    )


def read_published(macs: Mapping[str, int]) -> list[Published]:
    """Return the range of published latency x clock / MACs by core and benchmark."""
    found: dict[tuple[str, str], list[float]] = {}
    with PUBLISHED.open(newline="") as file:
        for row in csv.DictReader(file):
            cycles = float(row["latency_ms"]) * float(row["clock_mhz"]) * 1000
            found.setdefault((row["core"], row["benchmark"]), []).append(cycles / macs[row["benchmark"]])
    return [
        Published("published", core, benchmark, len(values), min(values), max(values))
        for (core, benchmark), values in sorted(found.items())
    ]


def _table(rows: Sequence[Row]) -> Iterator[str]:
    """One line per network: for each board cycles per MAC with both kernels, and their ratio."""
    boards = [f"virtual:{chip.name}" for chip in CHIPS]
    yield f"{'':<58}" + "".join(f"{board:^32}" for board in boards)
    yield f"{'modelled, cycles per MAC (or per output)':<58}" + f"{'dsp':>9} {'c':>9} {'c/dsp':>7}     " * len(boards)
    for first in (row for row in rows if (row.board, row.kernels) == (boards[0], KERNELS[0])):
        line = f"{first.network:<20} {first.shape:<37}"
        misses = ""
        for board in boards:
            same = [row for row in rows if (row.board, row.network, row.shape) == (board, first.network, first.shape)]
            dsp, plain = (next(row.per for row in same if row.kernels == kernels) for kernels in KERNELS)
            line += f"{dsp:>9.2f} {plain:>9.2f} {plain / dsp:>7.2f}     "
            misses += "".join(f"MISS: goal {row.goal}" for row in same if row.missed)
        yield (line + misses).rstrip()


def _twin_table(rows: Sequence[Row], published: Sequence[Published], cores: Mapping[str, str]) -> Iterator[str]:
    yield f"{'':<30} {'cycles per MAC':^18}   cycles per MAC"
    yield f"{'board':<20} {'network':<9} {'modelled':^18}   {'published (same core, n)':<30} {'MACs':>10} {'RAM':>8}"
    for row in rows:
        benchmark = row.network.removeprefix("twin-")
        theirs = [each for each in published if (each.core.lower(), each.benchmark) == (cores[row.board], benchmark)]
        text = "".join(f"{each.least:.2f} to {each.most:.2f} ({each.n})" for each in theirs) or "-"
        arena = "-" if row.arena_bytes is None else f"{row.arena_bytes / BYTES_PER_KB:.1f} K"
        yield f"{row.board:<20} {row.network:<9} {row.per:^18.2f}   {text:<30} {row.macs:>10,} {arena:>8}"


def main() -> int:
    """Print all figures; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows here")
    arguments = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            builds, layers, wholes = measure(Path(folder))
    except McubenchError as error:
        sys.stderr.write(f"layer_bench: {error}\n")
        return error.exit_code
    published = read_published({row.network.removeprefix("twin-"): row.macs for row in wholes})
    cores = {f"virtual:{build.chip.name}": build.core for build in builds}
    for build in builds:
        clock = f"{build.clock_hz / 1e6:g} MHz"
        print(
            f"{build.chip.name}, {build.kernels}: {clock}, {build.settings}, build {build.build_id}, {build.toolchain}"
        )
    print("", *_table(layers), "", *_twin_table(wholes, published, cores), sep="\n")
    if arguments.json:
        tables = {"builds": builds, "layers": layers, "networks": wholes, "published": published}
        contents = {name: [asdict(each) for each in table] for name, table in tables.items()}
        arguments.json.write_text(json.dumps(contents, indent=2) + "\n")
    missed = [row for row in layers if row.missed]
    print(f"\n{len(missed)} of {sum(row.goal is not None for row in layers) // 4} layers with a goal miss it")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
