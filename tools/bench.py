"""Measures the project's own tools: `make bench` builds the images and runs this.

Prints the size of the firmware without engine and models, how fast the virtual boards compute, and what an accuracy run
costs on the wire, each with its goal. It judges nothing: speed depends on the PC.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

from mcubench.boards import open_board, parse_board
from mcubench.errors import McubenchError
from mcubench.image_layout import read_layout
from mcubench.models.catalog import find_models_folder, load_model
from mcubench.models.vectors import read_vectors
from mcubench.protocol.client import Board
from mcubench.protocol.stream import VectorStream

__all__ = ["main"]

BUILD = Path(".pio/build")
MODEL = "mnist-int8"
# The chips, with the clock to run at in MHz: so many cycles a second are real time.
CHIPS = {"stm32f746": 216, "nrf52840": 64}
VECTORS = 300
RUNS = 5
INFERENCES = 50
LONGEST_RUN_S = 60.0


def report(what: str, value: str, goal: str) -> None:
    """Print one line."""
    print(f"{what:<52} {value:>16}   goal {goal}")


def measure_harness(chip: str) -> None:
    """Sizes of the image that has neither engine nor models."""
    harness = read_layout(BUILD / f"{chip}-harness-local" / "firmware.elf")
    report("harness, flash", f"{harness.harness_flash_bytes:,} bytes", "at most 16,384")
    report("harness, static RAM without stack and receive ring", f"{harness.ram_static_bytes:,} bytes", "at most 4,096")
    report("receive ring", f"{harness.size_bytes('.ring'):,} bytes", "-")


def measure_speed(board: Board) -> float:
    """Modelled cycles per second of the PC's clock, over some inferences."""
    start_s = time.monotonic()
    cycles = sum(board.run(INFERENCES, expected_s=LONGEST_RUN_S).cycles)
    return cycles / (time.monotonic() - start_s)


def measure_virtual_board(chip: str, clock_mhz: int) -> None:
    """Speed of the virtual board, from the PC's clock, and the wire bytes of an accuracy run on it."""
    vectors = read_vectors(load_model(MODEL, find_models_folder())).first(VECTORS)
    with open_board(parse_board(f"virtual:{chip}", BUILD / f"{chip}-local" / "firmware.elf")) as opened:
        board = Board(opened.link)
        board.connect()
        model = board.select(MODEL)
        board.set_clock(str(clock_mhz))
        board.run(1)  # the first inference translates the code and compiles the block hook
        speeds = [measure_speed(board) for _ in range(RUNS)]
        stream = VectorStream(board, model, vectors.payload())
        results = list(stream)
        stack = board.info().stack_used_bytes
    report(f"stack high-water mark after {len(results)} vectors", f"{stack:,} bytes", "-")
    report(
        f"virtual board, {MODEL} at {clock_mhz} MHz, median of {RUNS}",
        f"{median(speeds) / 1e6:,.0f} M cycles/s",
        f"at least {clock_mhz} (here {min(speeds) / 1e6:,.0f} to {max(speeds) / 1e6:,.0f})",
    )
    traffic = stream.traffic
    inputs = len(vectors.payload())
    both = (traffic.wire_tx_bytes + traffic.wire_rx_bytes) / traffic.payload_bytes
    report(
        f"wire bytes per input byte, {len(results)} vectors", f"{traffic.wire_tx_bytes / inputs:.4f}", "at most 1.03"
    )
    report("wire bytes of both directions per tensor byte", f"{both:.4f}", "at most 1.03")
    report("retransmitted frames", f"{traffic.retransmits}", "0")


def main() -> int:
    """Print all figures; a failure is one line and the exit code of its kind."""
    try:
        for chip, clock_mhz in CHIPS.items():
            print(chip)
            measure_harness(chip)
            measure_virtual_board(chip, clock_mhz)
    except McubenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
