"""The fault campaign: `make faults`. What each part does, and what came out: docs/faults.md.

    noise    many vectors over a line that flips bits, drops bytes and is pulled out
    kills    SIGKILL for the host, and for the board, at random moments of sweeps
    liar     a board that answers in perfect frames and is wrong
    resets   crashes, a hang and the reset pin in the middle of sweeps

Exit code 0: everything was as it should be; 1: something was not; 2: bad options; 3: the rig failed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench_models import PROJECT, build_images, build_native
from campaign.kills import crash_boards, kill_boards, kill_hosts, reset_boards
from campaign.liar import run_liar
from campaign.noise import LINES, run_line
from campaign.outcome import Outcome
from campaign.resets import run_reset
from campaign.sweeps import SweepPlan

from mcubench.errors import McubenchError

__all__ = ["main"]

MODELS = PROJECT / "models"
MODEL_NAMES = ("mnist-int8", "mnist-float32")
VIRTUAL = "virtual:stm32f746"
BOARDS = ("native", VIRTUAL)
# Quick points, several to a sweep. The native board's clocks are pretended.
QUICK = ("--vectors", "60", "--vectors-other", "20", "--samples", "5")
NATIVE_POINTS = ("--model", ",".join(MODEL_NAMES), *QUICK)
VIRTUAL_POINTS = ("--model", "mnist-int8", "--clock", "96,144,200,216", *QUICK)
# Faults of the virtual board that strike once, in the middle of the checking of vectors (docs/virtual.md), and what the
# record must say then.
RESETS = {
    "wild:after=30": ("cause: fault", "its firmware crashed", "pc="),
    "overflow:after=30": ("cause: fault", "kind=stack-overflow"),
    "hang:after=30": ("cause: watchdog",),
}


@dataclass(frozen=True)
class Size:
    """How much of everything. `kills` are those of one kind on each of BOARDS, `resets` pulses or crashes."""

    vectors: int
    kills: dict[str, int]
    resets: int


FULL = Size(vectors=10_000, kills={"native": 140, VIRTUAL: 60}, resets=25)
SHORT = Size(vectors=1_000, kills=dict.fromkeys(BOARDS, 3), resets=2)
VECTORS_OF_LIAR, LIE_RATE = 300, 0.02


class Campaign:
    """The parts, on boards that are built once."""

    def __init__(self, folder: Path, boards: list[str], size: Size, seed: int) -> None:
        self._folder = folder
        self._boards = boards
        self._size = size
        self._seed = seed
        self._addresses: dict[str, str] = {}

    def noise(self) -> Iterator[Outcome]:
        for board in self._boards:
            clean = None
            for what, specs in LINES.items():
                seeded = [spec if spec.startswith("disconnect") else f"{spec},seed={self._seed}" for spec in specs]
                outcome = run_line(self._address(board), MODELS, seeded, what, self._size.vectors, clean)
                clean = clean or outcome
                yield outcome

    def kills(self) -> Iterator[Outcome]:
        for board in self._boards:
            for name, kill in (("hosts", kill_hosts), ("boards", kill_boards)):
                folder = self._folder / "kills" / f"{name}-{board.partition(':')[0]}"
                yield kill(self._plan(board), folder, self._size.kills[board], self._seed)

    def liar(self) -> Iterator[Outcome]:
        for board in self._boards:
            folder = self._folder / "liar" / board.partition(":")[0]
            yield run_liar(self._address(board), folder, VECTORS_OF_LIAR, LIE_RATE, self._seed)

    def resets(self) -> Iterator[Outcome]:
        folder = self._folder / "resets"
        if "native" in self._boards:
            yield crash_boards(self._plan("native"), folder / "crash-native", self._size.resets, self._seed)
        if VIRTUAL in self._boards:
            yield reset_boards(self._plan(VIRTUAL), folder / "pin-virtual", self._size.resets, self._seed)
            for fault, told in RESETS.items():
                plan = SweepPlan(self._address(VIRTUAL), ("--model", MODEL_NAMES[0], "--clock", "main", *QUICK))
                yield run_reset(plan, fault, folder / fault.partition(":")[0], told)

    def _plan(self, board: str) -> SweepPlan:
        return SweepPlan(self._address(board), NATIVE_POINTS if board == "native" else VIRTUAL_POINTS)

    def _address(self, board: str) -> str:
        """Return what opens the board, which is built when it is first asked for."""
        if board not in self._addresses:
            models = [MODELS / name for name in MODEL_NAMES]
            if board == "native":
                self._addresses[board] = f"native:{build_native(models, self._folder, test_clocks=True)}"
            else:
                build_images(models, ["stm32f746-local"], self._folder)
                self._addresses[board] = board
        return self._addresses[board]


def _print_table(outcomes: list[Outcome]) -> None:
    print(f"\n{'part':<13} {'board':<18} {'what':<18} {'n':>7} {'elapsed':>10}  result")
    for outcome in outcomes:
        board = outcome.board.partition(":/")[0]
        result = "good" if outcome.good else "BAD"
        print(
            f"{outcome.part:<13} {board:<18} {outcome.what:<18} {outcome.n:>7,} {outcome.elapsed_s:>8.1f} s  {result}"
        )
        for name, value in outcome.facts.items():
            print(f"{'':<34}{name}: {value}")
        for problem in outcome.problems:
            print(f"{'':<34}PROBLEM: {problem}")


def _arguments(parts: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to do: {', '.join(parts)}; default: all")
    parser.add_argument("--board", action="append", choices=BOARDS, help="may be repeated; default: both")
    parser.add_argument("--short", action="store_true", help="a little of everything, for a quick look and for tests")
    parser.add_argument("--vectors", type=int, help="of the part noise")
    parser.add_argument("--kills", type=int, help="of each kind and on each board")
    parser.add_argument("--seed", type=int, default=1, help="another one gives other random moments and lies")
    parser.add_argument("--json", type=Path, help="write the outcomes here")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "faults", help="for boards and databases")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(parts):
        parser.error(f"unknown part {', '.join(sorted(unknown))}")
    return arguments


def main() -> int:
    """Run the parts that were asked for and print one table."""
    parts: dict[str, Callable[[Campaign], Iterator[Outcome]]] = {
        "noise": Campaign.noise,
        "kills": Campaign.kills,
        "liar": Campaign.liar,
        "resets": Campaign.resets,
    }
    arguments = _arguments(list(parts))
    size = SHORT if arguments.short else FULL
    kills = dict.fromkeys(BOARDS, arguments.kills) if arguments.kills else size.kills
    size = Size(arguments.vectors or size.vectors, kills, size.resets)
    shutil.rmtree(arguments.folder, ignore_errors=True)  # databases of an earlier campaign are not resumed
    arguments.folder.mkdir(parents=True)
    campaign = Campaign(arguments.folder, arguments.board or list(BOARDS), size, arguments.seed)
    outcomes: list[Outcome] = []
    try:
        for name in arguments.parts or parts:
            for outcome in parts[name](campaign):
                sys.stderr.write(
                    f"{outcome.part}, {outcome.board}, {outcome.what}: {'good' if outcome.good else 'BAD'}\n"
                )
                outcomes.append(outcome)
    except McubenchError as error:
        sys.stderr.write(f"faults: {error}\n")
        return error.exit_code
    finally:
        _print_table(outcomes)
        if arguments.json:
            arguments.json.write_text(json.dumps([asdict(each) | {"good": each.good} for each in outcomes], indent=2))
    return 0 if all(outcome.good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
