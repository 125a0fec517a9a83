"""Measures how a sweep grows with the number of boards: `make bench` runs this. What came out: docs/rig-scale.md.

The same sweep over 1, 2, 4 and 8 virtual boards, which compute on this PC, and over 1, 10 and 100 scripted ones, which
do not: wall time, and CPU time and memory of the host's process alone. The figures are `measured`, on this PC.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import IO, Any

from bench_models import PROJECT

from mcubench.boards import ChildBoard, find_image, known_board
from mcubench.deadline import Deadline
from mcubench.errors import McubenchError, RigError

__all__ = ["main"]

CHIP = "stm32f746"
VIRTUAL_COUNTS, SCRIPTED_COUNTS = (1, 2, 4, 8), (1, 10, 100)
VIRTUAL_SWEEP = ("--model", "mnist-int8", "--clock", "216,144,48")
SCRIPTED_MODELS = ("mnist-int8", "fashion-cnn-int8", "har-int8", "touch-int8", "house-price-int8")
SCRIPTED_SWEEP = ("--model", ",".join(SCRIPTED_MODELS), "--clock", "all")
RUNS = 3
# With the speed of a PC that has two cores and much else to do, eight virtual boards take about a minute.
LONGEST_START_S, LONGEST_SWEEP_S = 120.0, 900.0
THOUSAND, MEGABYTE, KILOBYTE = 1000, 1e6, 1024
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
# The sweep over most scripted boards against that over one: the rest is the host's own work.
GOAL_STRETCH = 2.0


@dataclass(frozen=True)
class Place:
    """A board that runs: `pid` is its process, which scripted boards share."""

    board: str
    port: str
    pid: int


@dataclass(frozen=True)
class Sweep:
    """One sweep. `slowest_board_s` is the time of the points of the board that took longest, `boards_cpu_s` what the
    boards' own processes used; all that begins with `host` is of the process that sweeps."""

    boards: str
    count: int
    points: int
    payload_bytes: int
    wall_s: float
    slowest_board_s: float
    host_cpu_s: float
    host_peak_bytes: int
    boards_cpu_s: float
    failed: int


@dataclass(frozen=True)
class Row:
    """Medians of `n` sweeps over `count` boards; `host_cpu_s_per_1000_points` is reckoned from all their points."""

    kind: str
    boards: str
    count: int
    n: int
    cores: int
    points: int
    payload_bytes: int
    wall_s: float
    wall_s_min: float
    wall_s_max: float
    slowest_board_s: float
    host_cpu_s_per_1000_points: float
    host_peak_bytes: int
    boards_cpu_s: float
    failed: int


@contextmanager
def virtual_boards(count: int) -> Iterator[list[Place]]:
    """Run virtual boards, one process each, all with the same image."""
    board = known_board(CHIP)
    assert board is not None
    elf = find_image(board, board.engines[0])
    with ExitStack() as stack:
        places = []
        for number in range(1, count + 1):
            uid = f"virtual-b{number:03d}".encode().hex()
            command = [sys.executable, "-m", "mcubench", "virtual", CHIP, "--firmware", str(elf), "--uid", uid]
            child = stack.enter_context(ChildBoard(f"{CHIP} {number}", command))
            places.append(Place(CHIP, child.port, child.pid))
        yield places


@contextmanager
def scripted_boards(count: int) -> Iterator[list[Place]]:
    """Run scripted boards, all in one process."""
    command = [sys.executable, str(PROJECT / "tools" / "scripted_boards.py"), "--count", str(count)]
    process = subprocess.Popen(
        [*command, "--parent-pid", str(os.getpid()), *SCRIPTED_MODELS], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield [_place(process.stdout, process.pid) for _ in range(count)]
    finally:
        process.stdout.close()
        process.terminate()
        process.wait(LONGEST_START_S)


def _place(output: IO[str], pid: int) -> Place:
    words = output.readline().split()
    if len(words) != 3:
        raise RigError("the scripted boards do not start: tools/scripted_boards.py said nothing")
    return Place("scripted", words[1], pid)


def sweep(places: Sequence[Place], arguments: Sequence[str], folder: Path) -> Sweep:
    """Sweep over all of them at once; RigError with the last line that was said if that does not work."""
    records, log = folder / "sweep.json", folder / "sweep.log"
    for leftover in (records, folder / "sweep.db"):
        leftover.unlink(missing_ok=True)
    files = ("--json", str(records), "--db", str(folder / "sweep.db"))
    ports = [word for place in places for word in ("--port", place.port)]
    command = [sys.executable, "-m", "mcubench", "sweep", *ports, *arguments, *files]
    before_s, start_s = _cpu_s(places), time.monotonic()
    with log.open("w") as said:
        process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        usage, code = _wait(process)
    wall_s = time.monotonic() - start_s
    if not records.exists():
        raise RigError(
            f"the sweep ended with exit code {code}: {(log.read_text().splitlines() or ['nothing said'])[-1]}"
        )
    found = json.loads(records.read_text())
    return Sweep(
        boards=places[0].board,
        count=len(places),
        points=len(found),
        payload_bytes=sum(record["payload_bytes"] or 0 for record in found),
        wall_s=wall_s,
        slowest_board_s=_slowest_board_s(found),
        host_cpu_s=usage.ru_utime + usage.ru_stime,
        host_peak_bytes=usage.ru_maxrss * KILOBYTE,
        boards_cpu_s=_cpu_s(places) - before_s,
        failed=sum(record["status"] != "ok" for record in found) + (code not in (0, 1)),
    )


def _wait(process: subprocess.Popen[bytes]) -> tuple[Any, int]:
    """Return what the process used, and its exit code; it is killed if it takes far too long."""
    deadline = Deadline.after(LONGEST_SWEEP_S)
    try:
        while not deadline.expired:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                return usage, process.returncode
            time.sleep(0.02)
        raise RigError(f"a sweep had not ended after {LONGEST_SWEEP_S:g} s")
    finally:
        process.kill()  # nothing, if it has ended
        process.wait()


def _cpu_s(places: Sequence[Place]) -> float:
    """Return the CPU time of the boards' processes so far."""
    used = 0
    for pid in {place.pid for place in places}:
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(words[11]) + int(words[12])  # utime and stime, proc(5)
    return used / CLOCK_TICKS


def _slowest_board_s(records: Sequence[dict[str, Any]]) -> float:
    by_board: dict[str, float] = {}
    for record in records:
        by_board[record["board_uid"]] = by_board.get(record["board_uid"], 0.0) + record["elapsed_s"]
    return max(by_board.values(), default=0.0)


def summarise(sweeps: Sequence[Sweep]) -> Row:
    """Return the row of several sweeps over the same number of boards."""
    walls_s = [each.wall_s for each in sweeps]
    points = sum(each.points for each in sweeps)
    return Row(
        kind="measured",
        boards=sweeps[0].boards,
        count=sweeps[0].count,
        n=len(sweeps),
        cores=os.cpu_count() or 1,
        points=sweeps[0].points,
        payload_bytes=sweeps[0].payload_bytes,
        wall_s=median(walls_s),
        wall_s_min=min(walls_s),
        wall_s_max=max(walls_s),
        slowest_board_s=median(each.slowest_board_s for each in sweeps),
        host_cpu_s_per_1000_points=sum(each.host_cpu_s for each in sweeps) / max(1, points) * THOUSAND,
        host_peak_bytes=max(each.host_peak_bytes for each in sweeps),
        boards_cpu_s=median(each.boards_cpu_s for each in sweeps),
        failed=sum(each.failed for each in sweeps),
    )


def report(row: Row) -> None:
    """Print one line."""
    wall = f"{row.wall_s:.1f} ({row.wall_s_min:.1f}..{row.wall_s_max:.1f})"
    print(
        f"{row.count:>5} {row.boards:<10} {row.points:>6} {wall:>20} {row.slowest_board_s:>8.1f}"
        f" {row.host_cpu_s_per_1000_points:>10.1f} {row.host_peak_bytes / MEGABYTE:>8.0f} {row.boards_cpu_s:>8.1f}"
        f"{f'   {row.failed} FAILED' if row.failed else ''}",
        flush=True,
    )


def main() -> int:
    """Print the table; exit code 1 if a point failed or many scripted boards take far longer than one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="sweeps of each row")
    parser.add_argument("--short", action="store_true", help="two virtual boards and twenty scripted ones, once")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "rig-bench", help="for records and logs")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    runs = 1 if arguments.short else arguments.runs
    virtual, scripted = ((2,), (1, 20)) if arguments.short else (VIRTUAL_COUNTS, SCRIPTED_COUNTS)
    print(f"The same sweep over more and more boards, {os.cpu_count()} cores, median of {runs} (measured)")
    print("                          wall of sweep  slowest   host CPU     host  boards'")
    print("       boards   points     s (min..max)  board s  s / 1,000  peak MB    CPU s")
    rows = []
    try:
        for start, counts, swept in (
            (virtual_boards, virtual, VIRTUAL_SWEEP),
            (scripted_boards, scripted, SCRIPTED_SWEEP),
        ):
            for count in counts:
                with start(count) as places:
                    rows.append(summarise([sweep(places, swept, arguments.folder) for _ in range(runs)]))
                report(rows[-1])
    except McubenchError as error:
        sys.stderr.write(f"rig_bench: {error}\n")
        return error.exit_code
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    return judge(rows)


def judge(rows: Sequence[Row]) -> int:
    """Say how much longer the sweep over most scripted boards takes than that over one, and return the exit code."""
    scripted = [row for row in rows if row.boards == "scripted"]
    one, most = min(scripted, key=lambda row: row.count), max(scripted, key=lambda row: row.count)
    stretch = most.wall_s / one.wall_s
    good = stretch <= GOAL_STRETCH and not any(row.failed for row in rows)
    print(
        f"{most.count} scripted boards take {stretch:.2f} times as long as {one.count}, goal at most {GOAL_STRETCH:g}"
        f"{'' if good else '   MISS'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
