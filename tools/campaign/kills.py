"""Sweeps whose host or board is hit at random moments: what is left in the end is as if nothing had happened."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from campaign.outcome import Outcome, Progress
from campaign.sweeps import DONE, RIG, UNREACHABLE, SweepPlan
from mcubench.boards.child import RESET_SIGNAL
from mcubench.errors import RigError
from mcubench.store import same_results

__all__ = ["crash_boards", "kill_boards", "kill_hosts", "reset_boards"]

# A sweep that has not ended after so many starts never will.
MOST_STARTS = 200
# Between hits of one sweep's board: three in one point are two too many for it (measure/attempts.py).
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.3, 4.0


def kill_hosts(plan: SweepPlan, folder: Path, kills: int, seed: int) -> Outcome:
    """Kill sweeps and start them again, until `kills` of them were hit while they ran."""
    return _campaign("killed host", plan, folder, kills, seed, _run_killed)


def kill_boards(plan: SweepPlan, folder: Path, kills: int, seed: int) -> Outcome:
    """Kill the programs that are the boards of running sweeps, `kills` times in all."""
    return _campaign("killed board", plan, folder, kills, seed, _hitting_boards(_kill_board))


def reset_boards(plan: SweepPlan, folder: Path, resets: int, seed: int) -> Outcome:
    """Pull the reset pin of virtual boards of running sweeps."""
    return _campaign("reset pin", plan, folder, resets, seed, _hitting_boards(_pull_reset_pin))


def crash_boards(plan: SweepPlan, folder: Path, crashes: int, seed: int) -> Outcome:
    """Let the firmware of native boards of running sweeps access memory that is not theirs."""
    return _campaign("crash", plan, folder, crashes, seed, _hitting_boards(_crash_core))


# Returns how many kills hit, and the exit code that the sweep ended with by itself, None if it was killed.
Run = Callable[[SweepPlan, Path, Path, random.Random, float, int], tuple[int, int | None]]


def _campaign(part: str, plan: SweepPlan, folder: Path, kills: int, seed: int, run: Run) -> Outcome:
    """Run sweeps, each in a database of its own, until there were enough kills, and compare each with a quiet one."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    quiet = folder / "quiet.db"
    start_s = time.monotonic()
    if (quiet_code := plan.finish(quiet, log)) != DONE:
        raise RigError(f"{part}: the undisturbed sweep of {plan.board} ended with exit code {quiet_code}, see {log}")
    quiet_s = time.monotonic() - start_s
    expected = plan.records(quiet)
    dice = random.Random(seed)
    progress = Progress(f"{part}, {plan.board}", kills)
    problems: list[str] = []
    hits = sweeps = starts = lost = told = 0
    code: int | None
    while hits < kills and not problems:
        database = folder / f"sweep{sweeps}.db"
        code = None
        for _ in range(MOST_STARTS):
            hit, code = run(plan, database, log, dice, quiet_s, kills - hits)
            hits += hit
            starts += 1
            # A board that was hit before it had said hello is one that is not there.
            was_lost = code == RIG or (code == UNREACHABLE and hit > 0)
            lost += was_lost
            progress.done(hits)
            if code is not None and not was_lost:
                break
        sweeps += 1
        if code != DONE:
            problems.append(f"{database.name}: the last start ended with {code}, see {log}")
        else:
            records = plan.records(database)
            problems += [f"{database.name}: {line}" for line in same_results(expected, records)]
            told += sum(len(record.interruptions or ()) for record in records)
    facts = {
        "hits": hits,
        "sweeps": sweeps,
        "points_of_each": len(expected),
        "starts": starts,
        "ended_without_board": lost,
        "interruptions_told": told,
        "quiet_sweep_s": round(quiet_s, 1),
    }
    return Outcome(part, plan.board, f"{len(expected)} points a sweep", hits, progress.elapsed_s, problems[:5], facts)


def _run_killed(
    plan: SweepPlan, database: Path, log: Path, dice: random.Random, quiet_s: float, left: int
) -> tuple[int, int | None]:
    """Start the sweep and kill it at a random moment, unless it ends before; let it end if no kills are left."""
    if not left:
        return 0, plan.finish(database, log)
    with plan.start(database, log) as process:
        try:
            # Less than a whole sweep takes, so that most starts are hit, and most get something done.
            return 0, process.wait(dice.uniform(0.0, 0.75 * quiet_s))
        except subprocess.TimeoutExpired:
            process.kill()
        code = process.wait()
    return (1, None) if code == -signal.SIGKILL else (0, code)


def _hitting_boards(hit_board: Callable[[int], bool]) -> Run:
    """Return what lets a sweep end by itself and hits its board at random moments meanwhile."""

    def run(
        plan: SweepPlan, database: Path, log: Path, dice: random.Random, quiet_s: float, left: int
    ) -> tuple[int, int | None]:
        hits = 0
        with plan.start(database, log) as process:
            deadline_s = time.monotonic() + 20 * quiet_s + 60
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(dice.uniform(SHORTEST_PAUSE_S, min(quiet_s, LONGEST_PAUSE_S)))
                children = _children(process.pid)
                if hits < left and process.poll() is None and children:
                    hits += hit_board(dice.choice(children))
                if time.monotonic() > deadline_s:
                    process.kill()
                    raise RigError(f"{plan.board}: a sweep whose board was hit {hits} times does not end, see {log}")
            return hits, process.returncode

    return run


def _kill_board(pid: int) -> bool:
    return _signal(pid, signal.SIGKILL)


def _pull_reset_pin(pid: int) -> bool:
    return _signal(pid, RESET_SIGNAL)


def _crash_core(pid: int) -> bool:
    """Hit the child of the native board in which the core runs; the board starts it again, as a reset does."""
    cores = _children(pid)
    return bool(cores) and _signal(cores[0], signal.SIGSEGV)


def _signal(pid: int, number: int) -> bool:
    """Send a signal; return whether the process was there."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _children(pid: int) -> list[int]:
    """Return the living children of a process, which belong to the threads that started them."""
    found = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return [child for child in found if _is_alive(child)]


def _is_alive(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
