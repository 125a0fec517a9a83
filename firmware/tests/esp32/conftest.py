"""The ESP32 port compiled for the PC against a fake of ESP-IDF, as a library and as a program with a pty."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from core_boards import FIRMWARE, WARNINGS, core_sources, run_tool

HERE = Path(__file__).parent
ENGINE = FIRMWARE / "tests" / "engine_test"
# Symbols at the edges of what is in flash, from ESP-IDF's linker script; the image is the sum of their distances.
SEGMENTS = (
    ("_iram_start", "_iram_data_end", 0x1400),
    ("_data_start", "_data_end", 0x20),
    ("_rodata_start", "_rodata_reserved_end", 0x3000),
    ("_text_start", "_text_end", 0x5000),
)


def build(out: Path, *options: str | Path) -> Path:
    """Compile core, port and fake, with sanitizer, into `out`."""
    edges = [f"-Wl,--defsym,{start}=0x1000,--defsym,{end}={0x1000 + size}" for start, end, size in SEGMENTS]
    includes = (FIRMWARE / "common", FIRMWARE / "esp32", HERE, HERE / "fake_idf")
    run_tool(
        "gcc", "-std=c11", "-D_GNU_SOURCE", "-g", "-O1", *WARNINGS, "-fsanitize=undefined",
        "-fno-sanitize-recover=all", *(f"-I{folder}" for folder in includes), *edges, *core_sources(),
        *sorted((FIRMWARE / "esp32").glob("*.c")), HERE / "fake_idf.c", *options, "-pthread", "-lm", "-o", out,
    )  # fmt: skip
    return out


@pytest.fixture(scope="session")
def esp32_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tests that call the port's functions."""
    return build(
        tmp_path_factory.mktemp("esp32") / "libport.so", "-shared", "-fPIC", "-Wl,-Bsymbolic", ENGINE / "engine_test.c"
    )


@pytest.fixture(scope="session")
def esp32_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole firmware with the test engine, slowed down so that bytes arrive while it runs."""
    board = tmp_path_factory.mktemp("esp32") / "board"
    sources = (HERE / "fake_board.c", ENGINE / "engine_test.c")
    return build(board, "-fno-pie", "-no-pie", "-DBUSY_STEPS=1000000", *sources)


@pytest.fixture(scope="session")
def esp32_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole firmware with a network as generated C."""
    out = tmp_path_factory.mktemp("esp32")
    run_tool(sys.executable, "-m", "mcubench", "codegen", FIRMWARE.parent / "models" / "mnist-int8", "--out", out)
    engine = FIRMWARE / "engines" / "generated"
    sources = (*sorted(engine.glob("*.c")), *sorted(out.glob("*.c")))
    return build(out / "board", "-fno-pie", "-no-pie", f"-I{engine}", HERE / "fake_board.c", *sources)
