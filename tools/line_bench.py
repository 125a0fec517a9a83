"""Measures the line: `make bench` runs this. How it is done, and what came out: docs/line.md.

Vectors of four sizes go to a virtual STM32F746 at several line rates, to models that compute for a shorter, an equal or
a longer time than the line needs; then the same in lock step, as the field's standard runner does it. All times are
the board's: virtual seconds, read from its own cycle counter. They are `modelled`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench_models import PROJECT, Shape, TrafficModel, build_images, read_traffic_model, write_models
from lockstep import LockStepBoard
from repeated import RepeatedVectors

from mcubench.boards import BoardAddress, open_board
from mcubench.errors import McubenchError, RigError, WrongOutputError
from mcubench.link import Link
from mcubench.protocol import Board, ModelInfo, VectorStream

__all__ = ["main"]

CHIP, CLOCK_MHZ = "stm32f746", 216
BOOT_BAUD = 1_000_000
BAUDS = (115_200, 921_600, BOOT_BAUD, 2_000_000)
SHORT_BAUDS = (921_600,)
BITS_PER_BYTE = 10  # start bit, eight data bits, stop bit
# MLPerf Tiny's keyword spotting, the digits that come with us, MLPerf Tiny's image classes and visual wake words.
SHAPES = {
    490: Shape((1, 49, 10, 1), 12),
    784: Shape((1, 28, 28, 1), 10),
    3_072: Shape((1, 32, 32, 3), 10),
    27_648: Shape((1, 96, 96, 3), 2),
}
# Convolutions before the dense layer. For each rate those are taken that compute for about as long as the line needs,
# and for at least twice as long.
CONVOLUTIONS = (0, 1, 2, 3, 5, 7, 10, 14, 20, 40, 60)
OWN_MODEL = "mnist-int8"
SLOW = 2.0
# A virtual run lasts about so long, and no longer than the others; the first vector's way and the last one's computing
# cannot overlap with anything, so that there must be many vectors where that counts.
RUN_S, LONGEST_RUN_S, LONGEST_SHORT_RUN_S = 4.0, 120.0, 15.0
FEWEST_VECTORS, FEWEST_OVERLAPPED = 6, 50
LOCK_STEP_S = 3.0
LONGEST_INFERENCE_S = 10.0
COUNTER = 1 << 32

GOAL_RATE_PERCENT = 95.0
GOAL_ELAPSED = 1.05
GOAL_WIRE = 1.03
GOAL_WIRE_OF = {490: 1.05}


@dataclass(frozen=True)
class Row:
    """One run. `line_percent` is payload to the board per second, of what the line could carry (baud / 10).

    `wire_s` is the time of the bytes to the board at the line's rate, `compute_s` the sum of the cycles of all results.
    """

    way: str
    kind: str
    board: str
    model: str
    input_bytes: int
    baud: int
    n: int
    elapsed_s: float
    wire_s: float
    compute_s: float | None
    payload_bytes_per_s: float
    line_percent: float
    wire_per_input_byte: float
    wire_per_payload_byte: float
    retransmits: int | None
    elapsed_of_max: float | None

    @property
    def misses(self) -> list[str]:
        """Say which goals it misses."""
        if self.way != "stream" or self.compute_s is None or self.elapsed_of_max is None:
            return []
        found = []
        wire_goal = GOAL_WIRE_OF.get(self.input_bytes, GOAL_WIRE)
        if self.compute_s < 0.5 * self.wire_s and self.line_percent < GOAL_RATE_PERCENT:
            found.append(f"rate below {GOAL_RATE_PERCENT:.0f} %")
        if self.elapsed_of_max > GOAL_ELAPSED:
            found.append(f"elapsed above {GOAL_ELAPSED}")
        if max(self.wire_per_input_byte, self.wire_per_payload_byte) > wire_goal:
            found.append(f"wire above {wire_goal}")
        return found


class LineBench:
    """Runs on one virtual board after the other, with the images that hold the models."""

    def __init__(self, folder: Path, short: bool) -> None:
        wanted = {f"{size}-{count}": (shape, count) for size, shape in SHAPES.items() for count in CONVOLUTIONS}
        models = write_models(wanted, folder / "models")
        models[OWN_MODEL] = read_traffic_model(PROJECT / "models" / OWN_MODEL)
        self._models = models
        self._order = list(models)
        ours, theirs = f"{CHIP}-local", f"{CHIP}-lockstep-local"
        images = build_images([model.folder for model in models.values()], [ours, theirs], folder)
        self._ours, self._theirs = images[ours], images[theirs]
        self._inference_s: dict[str, float] = {}
        self._short = short

    def streams(self, baud: int) -> Iterator[Row]:
        """Run the models that are fast, about as slow as the line, and slower, for each size."""
        with self._open(self._ours) as link:
            board = Board(link)
            board.connect()
            hz = board.set_clock(str(CLOCK_MHZ)).hz
            if baud != BOOT_BAUD:
                board.set_baud(baud)
            if not self._inference_s:
                self._inference_s = {info.name: _time_inference(board, info, hz) for info in board.models()}
            for name in self._choose(baud):
                yield self._stream(board, self._models[name], baud, hz)

    def lock_step(self, baud: int) -> Iterator[Row]:
        """Run the fast models in lock step."""
        with self._open(self._theirs) as link:
            board = LockStepBoard(link)
            board.connect()
            board.command(f"clock {CLOCK_MHZ}")
            if baud != BOOT_BAUD:
                board.set_baud(baud)
            for size in SHAPES:
                yield self._lock_step(board, self._models[f"{size}-0"], baud)

    @contextmanager
    def _open(self, image: Path) -> Iterator[Link]:
        command = (sys.executable, "-m", "mcubench", "virtual", CHIP, "--firmware", str(image), "--real-time")
        with open_board(BoardAddress(f"virtual:{CHIP}", command=command), BOOT_BAUD) as opened:
            yield opened.link

    def _choose(self, baud: int) -> list[str]:
        """Return the names of the models to run at this rate."""
        chosen = []
        for size in SHAPES:
            wire_s = size * BITS_PER_BYTE / baud
            times = {name: self._inference_s[name] / wire_s for name in self._order if name.startswith(f"{size}-")}
            near = min(times, key=lambda name: abs(np.log(times[name])))
            slow = next((name for name in times if times[name] >= SLOW), list(times)[-1])
            chosen += [f"{size}-0", near, slow]
        return [*dict.fromkeys(chosen), OWN_MODEL]

    def _stream(self, board: Board, model: TrafficModel, baud: int, hz: int) -> Row:
        info = board.select(model.name)
        wire_s = model.input_bytes * BITS_PER_BYTE / baud
        inference_s = self._inference_s[model.name]
        count = self._count(model.input_bytes, board.information.frame_bytes, wire_s, inference_s)
        source = RepeatedVectors(model.inputs.tobytes(), model.input_bytes, count)
        started_s = time.monotonic()
        before = board.tick()
        stream = VectorStream(board, info, source, inference_s)
        cycles = 0
        for result in stream:
            if result.status != 0 or result.output != model.output(result.index):
                raise WrongOutputError(f"{model.name}: vector {result.index} has a wrong output")
            cycles += result.cycles
        after = board.tick()
        host_s = time.monotonic() - started_s
        traffic = stream.traffic
        compute_s = cycles / hz
        wire_s = traffic.wire_tx_bytes * BITS_PER_BYTE / baud
        elapsed_s = _unwrapped(after.cycles - before.cycles, max(wire_s, compute_s), host_s, hz)
        inputs = count * model.input_bytes
        return Row(
            way="stream",
            kind="modelled",
            board=f"virtual:{CHIP}",
            model=model.name,
            input_bytes=model.input_bytes,
            baud=baud,
            n=count,
            elapsed_s=elapsed_s,
            wire_s=wire_s,
            compute_s=compute_s,
            payload_bytes_per_s=inputs / elapsed_s,
            line_percent=100 * inputs / elapsed_s / (baud / BITS_PER_BYTE),
            wire_per_input_byte=traffic.wire_tx_bytes / inputs,
            wire_per_payload_byte=(traffic.wire_tx_bytes + traffic.wire_rx_bytes) / traffic.payload_bytes,
            retransmits=traffic.retransmits,
            elapsed_of_max=elapsed_s / max(wire_s, compute_s),
        )

    def _count(self, input_bytes: int, frame_bytes: int, wire_s: float, inference_s: float) -> int:
        """Return how many vectors make a run in which the ends do not count: what one frame brings is computed last."""
        each_s, end_s = max(wire_s, inference_s), min(wire_s, inference_s)
        overlapped = FEWEST_OVERLAPPED * max(1, round(frame_bytes / input_bytes))
        fewest = FEWEST_VECTORS if end_s < 0.05 * each_s else overlapped
        longest_s = LONGEST_SHORT_RUN_S if self._short else LONGEST_RUN_S
        return max(min(fewest, int(longest_s / each_s)), int(RUN_S / each_s))

    def _lock_step(self, board: LockStepBoard, model: TrafficModel, baud: int) -> Row:
        board.command(f"model {self._order.index(model.name)}")
        tx, rx = board.tx_bytes, board.rx_bytes
        started_s = time.monotonic()
        before_us = board.microseconds()
        count = 0
        while time.monotonic() - started_s < LOCK_STEP_S or count == 0:
            place = count % len(model.inputs)
            if board.infer(model.inputs[place].tobytes()) != _as_decimals(model.output(place)):
                raise WrongOutputError(f"{model.name}: vector {count} has a wrong output in lock step")
            count += 1
        after_us = board.microseconds()
        host_s = time.monotonic() - started_s
        tx, rx = board.tx_bytes - tx, board.rx_bytes - rx
        wire_s = (tx + rx) * BITS_PER_BYTE / baud
        elapsed_s = _unwrapped((after_us - before_us) * CLOCK_MHZ, wire_s, host_s, CLOCK_MHZ * 1_000_000)
        inputs, outputs = count * model.input_bytes, count * model.outputs.shape[1]
        return Row(
            way="lock step",
            kind="modelled",
            board=f"virtual:{CHIP}",
            model=model.name,
            input_bytes=model.input_bytes,
            baud=baud,
            n=count,
            elapsed_s=elapsed_s,
            wire_s=wire_s,
            compute_s=None,
            payload_bytes_per_s=inputs / elapsed_s,
            line_percent=100 * inputs / elapsed_s / (baud / BITS_PER_BYTE),
            wire_per_input_byte=tx / inputs,
            wire_per_payload_byte=(tx + rx) / (inputs + outputs),
            retransmits=None,
            elapsed_of_max=None,
        )


def _time_inference(board: Board, info: ModelInfo, hz: int) -> float:
    board.select(info.name)
    return board.run(1, expected_s=LONGEST_INFERENCE_S).cycles[0] / hz


def _unwrapped(cycles: int, least_s: float, host_s: float, hz: int) -> float:
    """Return the seconds between two readings of the counter, which starts again after 2^32 cycles.

    They are not fewer than the bytes or the cycles take, and not more than the host counted, because virtual time is
    never ahead of real time. RigError if that leaves a choice.
    """
    wrap_s = COUNTER / hz
    seconds = (cycles % COUNTER) / hz
    while seconds < 0.95 * least_s:
        seconds += wrap_s
    if seconds + wrap_s < host_s:
        raise RigError(
            f"{seconds:.1f} or {seconds + wrap_s:.1f} virtual seconds passed; this PC is too slow or too busy"
        )
    return seconds


def _as_decimals(output: bytes) -> list[float]:
    """Return an output as firmware/tests/lockstep prints it."""
    levels = np.frombuffer(output, np.int8).astype(int) + 128
    return [int(level) * 1000 // 256 / 1000 for level in levels]


HEADER = (
    f"{'way':<9} {'model':<11} {'bytes':>6} {'baud':>9} {'n':>6} {'elapsed':>9} {'wire':>9} {'compute':>9} "
    f"{'of max':>7} {'B/s':>9} {'of line':>8} {'wire/in':>8} {'wire/all':>8} {'again':>5}"
)


def _line(row: Row) -> str:
    compute = f"{row.compute_s:>7.3f} s" if row.compute_s is not None else f"{'-':>9}"
    of_max = f"{row.elapsed_of_max:>7.3f}" if row.elapsed_of_max is not None else f"{'-':>7}"
    again = "-" if row.retransmits is None else str(row.retransmits)
    return (
        f"{row.way:<9} {row.model:<11} {row.input_bytes:>6,} {row.baud:>9,} {row.n:>6,} {row.elapsed_s:>7.3f} s "
        f"{row.wire_s:>7.3f} s {compute} {of_max} {row.payload_bytes_per_s:>9,.0f} {row.line_percent:>6.1f} % "
        f"{row.wire_per_input_byte:>8.4f} {row.wire_per_payload_byte:>8.4f} {again:>5}"
        + (f"   MISS: {', '.join(row.misses)}" if row.misses else "")
    )


def _print_ratios(rows: Sequence[Row]) -> None:
    """Print how many times faster the stream is than lock step, as it was and with a host that answers at once."""
    for theirs in (row for row in rows if row.way != "stream"):
        key = ("stream", theirs.model, theirs.baud)
        for ours in (row for row in rows if (row.way, row.model, row.baud) == key):
            rate, their_rate = ours.payload_bytes_per_s, theirs.payload_bytes_per_s
            at_best = theirs.n * theirs.input_bytes / theirs.wire_s
            print(
                f"{ours.input_bytes:>6,} bytes at {ours.baud:>9,}: {rate:>7,.0f} B/s; lock step {their_rate:>6,.0f}:"
                f" {rate / their_rate:.1f} times ({rate / at_best:.1f} if its host took no time at all)"
            )


def main() -> int:
    """Print all figures; exit code 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baud", type=int, action="append", help="a line rate; may be repeated")
    parser.add_argument("--short", action="store_true", help="one rate, shorter runs")
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "line-bench", help="for models and images")
    arguments = parser.parse_args()
    rows: list[Row] = []
    try:
        bench = LineBench(arguments.folder, arguments.short)
        print(f"virtual:{CHIP} at {CLOCK_MHZ} MHz, virtual time (modelled); all outputs are checked")
        print(HEADER)
        for baud in arguments.baud or (SHORT_BAUDS if arguments.short else BAUDS):
            for run in (bench.streams, bench.lock_step):
                for row in run(baud):
                    rows.append(row)
                    print(_line(row), flush=True)
        _print_ratios(rows)
    except McubenchError as error:
        sys.stderr.write(f"line_bench: {error}\n")
        return error.exit_code
    finally:
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(row) | {"misses": row.misses} for row in rows], indent=2))
    missed = sum(bool(row.misses) for row in rows)
    print(
        f"{missed} of {sum(row.way == 'stream' for row in rows)} streams missed a goal"
        if missed
        else "every goal was met"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
