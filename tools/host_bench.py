"""Measures what the host itself costs: `make bench` runs this.

A long run against this PC as a board, whose model is so fast that the line is always busy: CPU time of this process per
megabyte of payload, and its memory on the way. The figures are `measured`, on this PC, and say nothing of a board.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from bench_models import PROJECT, Shape, build_native, write_models
from repeated import RepeatedVectors

from mcubench.boards import open_board, parse_board
from mcubench.errors import McubenchError, WrongOutputError
from mcubench.protocol import Board, VectorStream

__all__ = ["main"]

MODEL, SHAPE = "784-0", Shape((1, 28, 28, 1), 10)
VECTORS = 100_000
# Where memory is looked at, in vectors.
LOOKS = (10_000, 50_000, 100_000)
MEGABYTE = 1_000_000
# Memory may grow by so much between the first look and the last and still be called flat.
GOAL_GROWTH_BYTES = MEGABYTE


@dataclass(frozen=True)
class HostCost:
    """`rss_bytes` has the resident memory after so many vectors."""

    kind: str
    n: int
    payload_bytes: int
    elapsed_s: float
    cpu_s: float
    cpu_s_per_megabyte: float
    rss_bytes: dict[int, int]


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(folder: Path, count: int) -> HostCost:
    """Stream `count` vectors and check every output."""
    model = write_models({MODEL: (SHAPE, 0)}, folder / "models")[MODEL]
    program = build_native([model.folder], folder)
    rss_bytes = {}
    with open_board(parse_board(f"native:{program}")) as opened:
        board = Board(opened.link)
        board.connect()
        info = board.select(MODEL)
        stream = VectorStream(board, info, RepeatedVectors(model.inputs.tobytes(), model.input_bytes, count))
        start_s, start_cpu_s = time.monotonic(), _cpu_s()
        for done, result in enumerate(stream, 1):
            if result.status != 0 or result.output != model.output(result.index):
                raise WrongOutputError(f"{MODEL}: vector {result.index} has a wrong output")
            if done in LOOKS:
                rss_bytes[done] = _resident_bytes()
        elapsed_s, cpu_s = time.monotonic() - start_s, _cpu_s() - start_cpu_s
        payload = stream.traffic.payload_bytes
    return HostCost("measured", count, payload, elapsed_s, cpu_s, cpu_s / (payload / MEGABYTE), rss_bytes)


def main() -> int:
    """Print the figures; exit code 1 if memory is not flat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=int, default=VECTORS)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument(
        "--folder", type=Path, default=PROJECT / "build" / "host-bench", help="for the model and program"
    )
    arguments = parser.parse_args()
    try:
        cost = measure(arguments.folder, arguments.vectors)
    except McubenchError as error:
        sys.stderr.write(f"host_bench: {error}\n")
        return error.exit_code
    print(f"host process, {cost.n:,} vectors of {SHAPE.input_bytes} bytes to native, {cost.elapsed_s:.1f} s (measured)")
    print(f"CPU time per MB of payload: {cost.cpu_s_per_megabyte * 1000:.1f} ms ({cost.cpu_s:.1f} s in all)")
    for done, size in cost.rss_bytes.items():
        print(f"resident memory after {done:>7,} vectors: {size / MEGABYTE:.1f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(cost), indent=2))
    sizes = list(cost.rss_bytes.values()) or [0]
    growth = sizes[-1] - sizes[0]
    flat = growth <= GOAL_GROWTH_BYTES
    print(f"growth: {growth:,} bytes, goal at most {GOAL_GROWTH_BYTES:,}{'' if flat else '   MISS'}")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
