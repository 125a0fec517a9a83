"""The image that is flashed: what it is made of, where it lies, and that the sizes it reports are those it has."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from mcubench.image_layout import ImageLayout

FLASH = range(0x08000000, 0x08100000)
DTCM = range(0x20000000, 0x20010000)
SRAM = range(0x20010000, 0x20050000)
PLACES = {
    ".vectors": FLASH,
    ".engine": FLASH,
    ".text": FLASH,
    ".data": DTCM,
    ".stack": DTCM,
    ".bss": DTCM,
    ".ring": DTCM,
    ".arena": SRAM,
}
FORBIDDEN = re.compile(
    r"_?(malloc|calloc|realloc|free|sbrk)(_r)?"  # a heap
    r"|.*printf.*"
    r"|__aeabi_[fd](add|sub|mul|div).*"  # floating point in software
)
BOTH = pytest.mark.parametrize("name", ["image", "harness"])


def run_tool(tool: str, *arguments: str | Path) -> str:
    command = [f"arm-none-eabi-{tool}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


@BOTH
def test_every_section_lies_where_the_port_says(name: str, request: pytest.FixtureRequest) -> None:
    for section in request.getfixturevalue(name).sections:
        place = FLASH if section.name.startswith(".model_") else PLACES[section.name]
        assert section.address in place, section
        assert section.address + section.size_bytes <= place.stop, section


@BOTH
def test_flash_adds_up_to_the_byte(name: str, request: pytest.FixtureRequest) -> None:
    image: ImageLayout = request.getfixturevalue(name)
    text, data = (int(word) for word in run_tool("size", image.path).splitlines()[1].split()[:2])
    assert image.flash_bytes == text + data
    assert image.flash_bytes == image.path.with_suffix(".bin").stat().st_size
    assert image.flash_bytes == image.symbols["__flash_end"] - image.symbols["__flash_start"]
    assert image.size_bytes(".engine") == image.symbols["__engine_end"] - image.symbols["__engine_start"]
    static = image.symbols["__data_end"] - image.symbols["__data_start"]
    assert image.ram_static_bytes == static + image.symbols["__bss_end"] - image.symbols["__bss_start"]


def test_engine_and_models_come_first_and_leave_no_gaps(image: ImageLayout) -> None:
    sections = sorted(
        (each for each in image.sections if each.in_flash and each.address in FLASH), key=lambda s: s.address
    )
    names = [section.name for section in sections]
    assert names[:2] == [".vectors", ".engine"]
    assert names[-1] == ".text"
    assert set(names[2:-1]) == {".model_mnist_int8", ".model_mnist_float32"}
    for section, after in pairwise(sections):
        assert section.address + section.size_bytes == after.address


def test_engine_section_holds_the_kernels_and_text_the_harness(image: ImageLayout) -> None:
    engine = range(image.symbols["__engine_start"], image.symbols["__engine_end"])
    for name in ("engine_invoke", "engine_model", "generated_models"):
        assert image.symbols[name] & ~1 in engine, name
    for name in ("main", "port_write", "memcpy"):
        assert image.symbols[name] & ~1 not in engine, name


@pytest.mark.parametrize("model", ["mnist_int8", "mnist_float32"])
def test_model_reports_the_flash_of_its_section(image: ImageLayout, model: str) -> None:
    start = image.symbols[f"model_{model}"] - FLASH.start
    description = image.path.with_suffix(".bin").read_bytes()[start : start + 64]
    assert struct.pack("<I", image.model_flash_bytes[model]) in description


@BOTH
def test_vector_table(name: str, request: pytest.FixtureRequest) -> None:
    image: ImageLayout = request.getfixturevalue(name)
    words = struct.unpack("<16I", image.path.with_suffix(".bin").read_bytes()[:64])
    assert words[0] == image.symbols["__stack_high"] == 0x20002000
    assert words[1] == image.symbols["startup_reset"] | 1
    assert set(words[2:]) == {0, image.symbols["startup_fault"] | 1}
    assert words[3] != 0  # HardFault
    assert image.symbols["startup_table"] == FLASH.start


@BOTH
def test_no_heap_no_printf_no_software_floating_point(name: str, request: pytest.FixtureRequest) -> None:
    names = set(request.getfixturevalue(name).symbols)
    assert not [each for each in names if FORBIDDEN.fullmatch(each)]


def test_calls_pass_floats_in_fpu_registers(image: ImageLayout) -> None:
    attributes = run_tool("readelf", "--arch-specific", image.path)
    assert "Tag_ABI_VFP_args: VFP registers" in attributes
    assert 'Tag_CPU_name: "7E-M"' in attributes or "Tag_CPU_arch: v7E-M" in attributes


def test_harness_keeps_its_budget(harness: ImageLayout) -> None:
    assert harness.flash_bytes - harness.size_bytes(".engine") <= 12 * 1024
    assert harness.ram_static_bytes <= 4 * 1024


def test_image_says_what_it_was_built_from(image: ImageLayout) -> None:
    content = image.path.with_suffix(".bin").read_bytes()
    info = re.search(rb"id=([0-9a-f]{16}) toolchain=(\S+) flags=([^ \0]+)", content)
    assert info is not None
    version = run_tool("gcc", "-dumpfullversion").strip()
    assert info[2].decode() == f"arm-none-eabi-gcc-{version}"
    assert b"-O3" in info[3]
    assert b"-mcpu=cortex-m7" in info[3]


def test_clean_build_has_no_warnings_and_gives_the_same_bytes(
    image: ImageLayout, run_pio: Callable[..., str], tmp_path: Path
) -> None:
    printed = run_pio("run", "--environment", "stm32f746-local", PLATFORMIO_BUILD_DIR=str(tmp_path))
    assert "warning" not in printed.lower()
    again = tmp_path / "stm32f746-local" / "firmware.bin"
    assert again.read_bytes() == image.path.with_suffix(".bin").read_bytes()
