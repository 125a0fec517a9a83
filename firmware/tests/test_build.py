"""The core compiles without a warning for every core and compiler we name, and stays within its budget."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import wire_reference as wire
from core_boards import FIRMWARE, WARNINGS, core_sources, run_tool

from mcubench.image_mark import ImageMark, read_mark

FLASH_BYTES_MAX = 11500  # of the 16 KB that the harness may take, the port and the C library's memcpy need the rest
RAM_BYTES_MAX = 15500  # 10 KB of them for what came out of order and results that are kept
COMPILERS = {
    "gcc": ("gcc", "-O2"),
    "clang": ("clang", "-O2"),
    "cortex-m7": ("arm-none-eabi-gcc", "-mcpu=cortex-m7", "-mthumb", "-Os"),
    "cortex-m0": ("arm-none-eabi-gcc", "-mcpu=cortex-m0", "-mthumb", "-Os"),
    # The ESP32's compiler is not in Debian, its elder brother's is. Both have a 32-bit `unsigned long` as uint32_t.
    "xtensa": ("xtensa-lx106-elf-gcc", "-mlongcalls", "-isystem", "/usr/lib/xtensa-lx106-elf/include", "-Os"),
}


def command_of(compiler: str) -> tuple[str, ...]:
    command = COMPILERS[compiler]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    if "-isystem" in command and not Path(command[command.index("-isystem") + 1]).is_dir():
        pytest.skip("the C library's headers for xtensa are not installed (Debian: picolibc-xtensa-lx106-elf)")
    return command


def compile_core(out: Path, compiler: str) -> list[Path]:
    command = command_of(compiler)
    objects = []
    for source in [*core_sources(), FIRMWARE / "common" / "main.c", *(FIRMWARE / "engines" / "none").glob("*.c")]:
        objects.append(out / f"{source.stem}.o")
        run_tool(
            *command, "-std=c11", *WARNINGS, f"-I{FIRMWARE / 'common'}", f"-I{FIRMWARE / 'tests' / 'fake_port'}",
            "-c", source, "-o", objects[-1],
        )  # fmt: skip
    return objects


@pytest.mark.parametrize("compiler", COMPILERS)
def test_core_compiles_without_a_warning(tmp_path: Path, compiler: str) -> None:
    assert compile_core(tmp_path, compiler)


def test_generated_engine_and_networks_compile_for_xtensa_without_a_warning(tmp_path: Path) -> None:
    command = command_of("xtensa")
    models = [FIRMWARE.parent / "models" / name for name in ("mnist-int8", "mnist-float32")]
    run_tool(sys.executable, "-m", "mcubench", "codegen", *models, "--out", tmp_path)
    engine = FIRMWARE / "engines" / "generated"
    for source in [*engine.glob("*.c"), *tmp_path.glob("*.c")]:
        run_tool(
            *command, "-O3", "-std=c11", *WARNINGS, f"-I{FIRMWARE / 'common'}", f"-I{engine}",
            "-c", source, "-o", tmp_path / "any.o",
        )  # fmt: skip


@pytest.mark.parametrize("compiler", ["cortex-m7", "cortex-m0"])
def test_core_stays_within_its_budget(tmp_path: Path, compiler: str) -> None:
    total = run_tool("arm-none-eabi-size", "--totals", *compile_core(tmp_path, compiler)).splitlines()[-1]
    text, data, bss = (int(word) for word in total.split()[:3])
    assert text + data <= FLASH_BYTES_MAX
    assert data + bss <= RAM_BYTES_MAX


@pytest.mark.parametrize("compiler", ["cortex-m7", "cortex-m0"])
def test_core_needs_nothing_but_its_contracts_and_memory_functions(tmp_path: Path, compiler: str) -> None:
    run_tool("arm-none-eabi-ld", "-r", *compile_core(tmp_path, compiler), "-o", tmp_path / "whole.elf")
    lines = run_tool("arm-none-eabi-nm", "--undefined-only", tmp_path / "whole.elf").splitlines()
    names = {line.split()[-1] for line in lines}
    outside = {name for name in names if not name.startswith(("port_", "fake_", "__gnu_thumb1", "__aeabi_"))}
    assert outside <= {"memchr", "memcmp", "memcpy", "memmove", "memset"}
    assert not names & {"__aeabi_uldivmod", "__aeabi_ldivmod"}, "the C library's 64-bit division takes 0.7 KB of flash"


def test_native_board_builds_with_clang_too(tmp_path: Path) -> None:
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed (apt-get install clang)")
    run_tool("make", "-s", "-C", FIRMWARE / "native", "ENGINE=none", "CC=clang", f"OUT={tmp_path}")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["ENGINE=nothing"], "ENGINE must be none, test or generated, not 'nothing', or come with ENGINE_DIRS"),
        (["ENGINE=generated"], "ENGINE=generated needs GENERATED_DIR"),
        (["ENGINE=generated", "GENERATED_DIR=/no/such/folder"], "there is no folder /no/such/folder"),
    ],
)
def test_native_makefile_says_what_is_missing(tmp_path: Path, arguments: list[str], complaint: str) -> None:
    with pytest.raises(AssertionError, match=complaint):
        run_tool("make", "-s", "-C", FIRMWARE / "native", f"OUT={tmp_path}", *arguments)


def build_facts(program: Path) -> dict[str, str]:
    """Return what a native board says of its build and its engine."""
    lines = subprocess.run([program, "--stdio"], input="info\n", stdout=subprocess.PIPE, text=True, timeout=60).stdout
    facts = [wire.words(wire.Answer.parse(line)) for line in lines.splitlines() if line.startswith(("build", "engine"))]
    return facts[0] | facts[1]


def test_native_board_takes_an_engine_with_parts_in_cpp(tmp_path: Path) -> None:
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed (apt-get install g++)")
    engine = tmp_path / "engine"
    shutil.copytree(FIRMWARE / "engines" / "none", engine)
    source = engine / "engine_none.c"
    source.write_text(source.read_text().replace('const char engine_kernels[] = "none";', ""))
    (engine / "kernels.cc").write_text('extern "C" {\nextern const char engine_kernels[] = "cpp";\n}\n')
    command = ("make", "-s", "-C", FIRMWARE / "native", "ENGINE=other", f"ENGINE_DIRS={engine}", f"OUT={tmp_path}")
    run_tool(*command, "CXXFLAGS=-fno-rtti")
    first = build_facts(tmp_path / "board")
    assert read_mark(tmp_path / "board") == ImageMark("native", first["id"])
    assert first["kernels"] == "cpp"
    assert first["flags"].startswith("-std=c++17 -g -O3 -fno-pie -fno-rtti")
    run_tool(*command)
    second = build_facts(tmp_path / "board")
    assert "-fno-rtti" not in second["flags"], "other flags, built again"
    assert first["id"] != second["id"]
