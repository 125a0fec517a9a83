"""Small programs compiled for a virtual chip, run in this process or as `mcubench virtual`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the helpers; importlib mode adds no folder

from bench import Bench, BoardProcess, Compile, Start, compile_program


@pytest.fixture
def chip() -> str:
    """The chip that this test file is about; the files of another one have a fixture of this name."""
    return "stm32f746"


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of compiled programs, each variant made once per session."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture
def program(programs: Path, chip: str) -> Compile:
    """Compile programs/<chip>/<name>.c: `program("pll", PLLM=25)` returns the ELF file."""
    return lambda name, **macros: compile_program(programs, chip, name, macros)


@pytest.fixture
def bench(program: Compile, chip: str) -> Callable[..., Bench]:
    """Put a program on a board in this process: `bench("echo", strict=True)`."""
    return lambda name, macros=None, **options: Bench(chip, program(name, **(macros or {})), **options)


@pytest.fixture
def start(tmp_path: Path, chip: str) -> Start:
    """Start `mcubench virtual <chip> --firmware <elf> ...` as a process that ends with the test; None: erased flash."""
    running: list[BoardProcess] = []

    def run(elf: Path | None, *options: str) -> BoardProcess:
        running.append(BoardProcess(chip, elf, options, tmp_path))
        return running[-1]

    yield run
    for process in running:
        process.close()
