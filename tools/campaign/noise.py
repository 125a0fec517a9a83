"""Many vectors over a line that flips bits, drops bytes and is pulled: every result right, none missing, none twice."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench_models import read_traffic_model
from repeated import RepeatedVectors

from campaign.outcome import Outcome, Progress
from mcubench.boards import parse_board
from mcubench.cli.connect import LineOptions, open_bench
from mcubench.errors import McubenchError
from mcubench.link import parse_line_fault
from mcubench.protocol import VectorStream

__all__ = ["LINES", "run_line"]

MODEL = "mnist-int8"
# Issue 4: bit errors, 0.1 % of the bytes lost, and a cable that is pulled about every 500 vectors of 784 bytes.
DROPS = "drop:rate=1e-3"
PULLS = "disconnect:every_bytes=400000,to=board,away_s=0.2"
LINES: dict[str, tuple[str, ...]] = {
    "clean": (),
    "bit errors 1e-5": ("flip:rate=1e-5", DROPS, PULLS),
    "bit errors 1e-4": ("flip:rate=1e-4", DROPS, PULLS),
}


def run_line(board: str, models: Path, specs: Sequence[str], what: str, count: int, clean: Outcome | None) -> Outcome:
    """Send `count` vectors over a line with such faults, and compare each result with the golden output.

    `clean` is what the same cost over a clean line.
    """
    model = read_traffic_model(models / MODEL)
    address = replace(parse_board(board), line_faults=tuple(parse_line_fault(spec) for spec in specs))
    results: Counter[int] = Counter()
    wrong = 0
    problems: list[str] = []
    progress = Progress(f"{board}, {what}", count)
    stream = ladder = None
    with _counted_faults() as struck:
        try:
            with open_bench(address, LineOptions()) as bench:
                ladder = bench.ladder
                assert ladder is not None
                bench.settle(bench.board)
                clocks = [each for each in bench.board.clocks().settings if not each.overclock]
                bench.board.set_clock(max(clocks, key=lambda each: each.hz).name)
                info = bench.board.select(MODEL)
                stream = VectorStream(
                    bench.board, info, RepeatedVectors(model.inputs.tobytes(), model.input_bytes, count)
                )
                for result in stream:
                    ladder.note_progress()
                    results[result.index] += 1
                    if result.status != 0 or result.output != model.output(result.index):
                        wrong += 1
                    progress.done(len(results))
        except McubenchError as error:
            problems.append(f"{type(error).__name__}: {error}")
    problems += [f"{wrong} wrong results"] if wrong else []
    problems += _miscounts(results, count)
    facts: dict[str, object] = {"faults": dict(struck), "right": len(results) - wrong}
    if stream and ladder:
        traffic = stream.traffic
        wire = traffic.wire_tx_bytes + traffic.wire_rx_bytes
        facts |= {
            "wire_tx_bytes": traffic.wire_tx_bytes,
            "wire_rx_bytes": traffic.wire_rx_bytes,
            "wire_per_payload_byte": round(wire / traffic.payload_bytes, 4) if traffic.payload_bytes else None,
            "retransmits": traffic.retransmits,
            "recoveries": dict(Counter(str(step.step) for step in ladder.steps if step.ok)),
        }
    if clean:
        facts["wire_of_clean"] = _ratio(facts.get("wire_tx_bytes"), clean.facts.get("wire_tx_bytes"))
        facts["elapsed_of_clean"] = _ratio(progress.elapsed_s, clean.elapsed_s)
    return Outcome("noise", board, what, count, round(progress.elapsed_s, 1), problems[:5], facts)


def _miscounts(results: Counter[int], count: int) -> list[str]:
    missing = [index for index in range(count) if index not in results]
    twice = [index for index, times in results.items() if times > 1]
    found = [f"{len(missing)} vectors have no result, first {missing[0]}"] if missing else []
    return found + ([f"{len(twice)} vectors have more than one result, first {twice[0]}"] if twice else [])


def _ratio(value: object, base: object) -> float | None:
    if isinstance(value, int | float) and isinstance(base, int | float) and base:
        return round(value / base, 2)
    return None


@contextmanager
def _counted_faults() -> Iterator[Counter[str]]:
    """Count the faults that strike, which the line logs one by one."""
    struck: Counter[str] = Counter()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.msg.startswith("line fault:") and isinstance(record.args, tuple):
                struck[str(record.args[0])] += 1

    logger, handler = logging.getLogger("mcubench.link.oneway"), Handler()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield struck
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
