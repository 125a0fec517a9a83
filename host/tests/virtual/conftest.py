"""Small programs compiled for the virtual STM32F746, run in this process or as `mcubench virtual`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the helpers; importlib mode adds no folder

from bench import Bench, BoardProcess, Compile, Start, compile_program


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Compile programs/<name>.c: `program("pll", PLLM=25)` returns the ELF file; each variant once per session."""
    folder = tmp_path_factory.mktemp("programs")
    return lambda name, **macros: compile_program(folder, name, macros)


@pytest.fixture
def bench(program: Compile) -> Callable[..., Bench]:
    """Put a program on a board in this process: `bench("echo", strict=True)`."""
    return lambda name, macros=None, **options: Bench(program(name, **(macros or {})), **options)


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start `mcubench virtual stm32f746 --firmware <elf> ...` as a process that ends with the test."""
    running: list[BoardProcess] = []

    def run(elf: Path, *options: str) -> BoardProcess:
        running.append(BoardProcess(elf, options, tmp_path))
        return running[-1]

    yield run
    for process in running:
        process.close()
