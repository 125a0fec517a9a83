"""Runs many scripted boards: they speak the protocol, know all outputs beforehand and compute nothing.

Each line of output is one of them, `pty <path> uid=<hex>`; Ctrl-C ends all. What their times are worth:
docs/rig-scale.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack, closing

from mcubench.cli.stop import StopSignals
from mcubench.errors import McubenchError
from mcubench.outside import PtyOutside
from mcubench.serve import PacedBoard, Script, ScriptedPlatform, read_script, run_shelf, scripted_image

__all__ = ["main"]

MODEL = "mnist-int8"
INFERENCE_CYCLES = 50_000
MOST_BOARDS = 1000


def main() -> int:
    """Serve until a signal comes; bad input is one line and exit code 2."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help=f"how many, up to {MOST_BOARDS}")
    parser.add_argument("--cycles", type=int, default=INFERENCE_CYCLES, help="that an inference is told to take")
    parser.add_argument("--parent-pid", type=int, help="end when this process has ended")
    parser.add_argument("models", nargs="*", default=[MODEL], help="whose outputs they know")
    arguments = parser.parse_args()
    if not 1 <= arguments.count <= MOST_BOARDS or arguments.cycles < 1:
        parser.error(f"expected --count 1 to {MOST_BOARDS} and --cycles of at least 1")
    try:
        serve(read_script(arguments.models), arguments.count, arguments.cycles, StopSignals(arguments.parent_pid))
    except McubenchError as error:
        sys.stderr.write(f"scripted_boards: {error}\n")
        return error.exit_code
    return 0


def serve(script: Script, count: int, cycles: int, stops: StopSignals) -> None:
    """Serve so many boards until `stops` says so."""
    with ExitStack() as stack:
        boards = []
        for number in range(1, count + 1):
            platform = ScriptedPlatform(number, cycles)
            outside = stack.enter_context(closing(PtyOutside()))
            boards.append(PacedBoard(scripted_image(script, platform), platform, outside, time.monotonic()))
            print(f"{outside.name} uid={platform.uid}")
        sys.stdout.flush()
        run_shelf(boards, stops.stopped)


if __name__ == "__main__":
    sys.exit(main())
