"""A board that answers in perfect frames and is wrong: it must be called wrong, and the line must not be blamed."""

from __future__ import annotations

import time
from pathlib import Path

from campaign.outcome import Outcome
from campaign.sweeps import FAILED, run_sweep

__all__ = ["run_liar"]

MODEL = "mnist-int8"
# Counters that speak of the line, and so must stay at zero.
OF_THE_LINE = ("retransmits", "host_crc_errors", "board_crc_errors", "overruns")


def run_liar(board: str, folder: Path, vectors: int, rate: float, seed: int) -> Outcome:
    """Sweep one point on a board whose results are wrong with probability `rate`."""
    folder.mkdir(parents=True, exist_ok=True)
    start_s = time.monotonic()
    options = ["--board", board, "--model", MODEL, "--clock", "main", "--vectors", str(vectors), "--samples", "5"]
    lie = f"lie:rate={rate},seed={seed}"
    code, printed, records = run_sweep(
        [*options, "--line-fault", lie, "--db", folder / f"{seed}.db"], folder / f"{seed}.json"
    )
    problems = []
    if code != FAILED:
        problems.append(f"exit code {code} where {FAILED} was expected: {printed.strip().splitlines()[-1]}")
    record = records[0] if len(records) == 1 else {}
    error = str(record.get("error"))
    if record.get("status") != "failed" or record.get("bit_exact") is not False or "outputs differ" not in error:
        problems.append(f"no outputs that differ were reported, but '{error}'")
    problems += [f"{name} is {record.get(name)}" for name in OF_THE_LINE if record.get(name)]
    facts = {"exit_code": code, "error": error, **{name: record.get(name) for name in OF_THE_LINE}}
    return Outcome("liar", board, lie, vectors, round(time.monotonic() - start_s, 1), problems, facts)
