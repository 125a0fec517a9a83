"""Boards for the tests of this folder: compiling programs, and running them here or in a process of their own."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mcubench.virtual.board import VirtualBoard
from mcubench.virtual.chips import CHIPS
from mcubench.virtual.faults import parse_fault
from mcubench.virtual.loader import load_image

__all__ = ["Bench", "BoardProcess", "Compile", "Start", "compile_program"]

PROJECT = Path(__file__).parents[3]
PROGRAMS = Path(__file__).parent / "programs"
CORES = {
    "stm32f746": ("-mcpu=cortex-m7", "-mfpu=fpv5-sp-d16"),
    "nrf52840": ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"),
}
FLAGS = [
    *("-mthumb", "-mfloat-abi=hard", "-std=c11", "-O1", "-g", "-fno-inline"),
    *("-Wall", "-Wextra", "-Werror", "-nostdlib", "-ffreestanding", "-fno-tree-loop-distribute-patterns"),
]
DEADLINE_S = 30.0

Compile = Callable[..., Path]


def compile_program(folder: Path, chip: str, name: str, macros: Mapping[str, object]) -> Path:
    """Return the ELF file of programs/<chip>/<name>.c with start.c, compiled unless it has been before."""
    sources = PROGRAMS / chip
    includes = (sources, PROJECT / "firmware" / chip, PROJECT / "firmware" / "cortex_m")
    elf = folder / ("-".join([chip, name, *(f"{key}={value}" for key, value in macros.items())]) + ".elf")
    if not elf.exists():
        subprocess.run(
            [
                *("arm-none-eabi-gcc", *CORES[chip], *FLAGS, *(f"-I{folder}" for folder in includes)),
                *(f"-D{key}={value}" for key, value in macros.items()),
                *("-T", sources / "test.ld", sources / "start.c", sources / f"{name}.c", "-o", elf),
            ],
            check=True,
        )
    return elf


class BytesOutside:
    """The far end of the line in memory: what the board sent, and what it shall receive."""

    name = "bytes"
    baud: int | None = None

    def __init__(self) -> None:
        self.sent = b""
        self.to_board = b""
        self.now: Callable[[], float] = lambda: 0.0
        self.last_sent_s = 0.0

    def read(self) -> bytes:
        data, self.to_board = self.to_board, b""
        return data

    def write(self, data: bytes) -> None:
        self.sent += data
        self.last_sent_s = self.now()

    def wait(self, timeout_s: float) -> None:
        if not self.to_board:
            time.sleep(timeout_s)

    def close(self) -> None:
        """Nothing is open."""


class Bench:
    """A board in this process, driven in virtual time."""

    def __init__(self, chip: str, elf: Path, faults: Sequence[str] = (), **options: object) -> None:
        self.outside = BytesOutside()
        self.board = VirtualBoard(
            CHIPS[chip], load_image(elf), self.outside, [parse_fault(fault) for fault in faults], **options
        )
        self.outside.now = lambda: self.board.now_s

    @property
    def sent(self) -> bytes:
        return self.outside.sent

    def ask(self, data: bytes, count: int, seconds: float = 1.0) -> bytes:
        """Send `data`, and return what the board has sent since when that is `count` bytes or the time is up."""
        before = len(self.sent)
        self.outside.to_board += data
        end_s = self.board.now_s + seconds
        self.board.run(lambda: len(self.sent) >= before + count or self.board.now_s >= end_s)
        return self.sent[before:]

    def until(self, text: bytes, seconds: float = 1.0) -> bytes:
        """Run until the board has sent `text`; return everything it sent."""
        end_s = self.board.now_s + seconds
        self.board.run(lambda: text in self.sent or self.board.now_s >= end_s)
        assert text in self.sent
        return self.sent

    def run_until(self, done: Callable[[], bool], seconds: float = 1.0) -> None:
        """Run until `done()`, which must come within `seconds`."""
        end_s = self.board.now_s + seconds
        self.board.run(lambda: done() or self.board.now_s >= end_s)
        assert done()

    def run_for(self, seconds: float) -> None:
        end_s = self.board.now_s + seconds
        self.board.run(lambda: self.board.now_s >= end_s)


class BoardProcess:
    """`mcubench virtual` as a user starts it."""

    def __init__(self, chip: str, elf: Path | None, options: Sequence[str], folder: Path) -> None:
        """Without `elf` its flash is erased."""
        firmware = ["--firmware", str(elf)] if elf else []
        self._log = folder / f"stderr-{time.monotonic_ns()}"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mcubench", "virtual", chip, *firmware, *options],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.first_line = self._read_first_line()

    @property
    def port(self) -> str:
        return self.first_line.split()[1]

    @property
    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)

    def wait_log(self, text: str) -> None:
        """Return when the board has written `text` to stderr."""
        deadline_s = time.monotonic() + DEADLINE_S
        while text not in self.log:
            assert time.monotonic() < deadline_s, self.log
            time.sleep(0.02)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read_first_line(self) -> str:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        line = b""
        while not line.endswith(b"\n") and select.select([descriptor], [], [], DEADLINE_S)[0]:
            byte = os.read(descriptor, 1)
            if not byte:
                break
            line += byte
        return line.decode().strip()


Start = Callable[..., BoardProcess]
