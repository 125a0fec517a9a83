"""The image that is flashed: what it is made of, where it lies, and that the sizes it reports are those it has."""

from __future__ import annotations

import re
import struct
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from pio import build_image, run_pio

from mcubench.image_layout import ImageLayout
from mcubench.image_mark import read_mark


@dataclass(frozen=True)
class Memory:
    """What a port's linker script promises."""

    flash: range
    ram: range
    arena: range
    cpu: str

    def place(self, section: str) -> range:
        if section in {".data", ".stack", ".noinit", ".bss", ".hold", ".ring"}:
            return self.ram
        return self.arena if section in {".arena", ".staging"} else self.flash


PORTS = {
    "stm32f746": Memory(
        flash=range(0x08000000, 0x08100000),
        ram=range(0x20000000, 0x20010000),  # DTCM
        arena=range(0x20010000, 0x20050000),  # SRAM1 and SRAM2
        cpu="cortex-m7",
    ),
    "nrf52840": Memory(
        flash=range(0x00100000),
        ram=range(0x20000000, 0x20040000),
        arena=range(0x20000000, 0x20040000),
        cpu="cortex-m4",
    ),
}
SECTIONS = {
    ".vectors",
    ".engine",
    ".text",
    ".data",
    ".stack",
    ".noinit",
    ".bss",
    ".hold",
    ".staging",
    ".ring",
    ".arena",
}
FORBIDDEN = re.compile(
    r"_?(malloc|calloc|realloc|free|sbrk)(_r)?"  # a heap
    r"|.*printf.*"
    r"|__aeabi_[fd](add|sub|mul|div).*"  # floating point in software
)


@pytest.fixture(scope="module", params=PORTS)
def port(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def memory(port: str) -> Memory:
    return PORTS[port]


@pytest.fixture(scope="module")
def image(port: str) -> ImageLayout:
    """The image with both models."""
    return build_image(f"{port}-local")


@pytest.fixture(scope="module")
def harness(port: str) -> ImageLayout:
    """The image without engine and models."""
    return build_image(f"{port}-harness-local")


@pytest.fixture(scope="module", params=["image", "harness"])
def either(request: pytest.FixtureRequest, image: ImageLayout, harness: ImageLayout) -> ImageLayout:
    return image if request.param == "image" else harness


def run_tool(tool: str, *arguments: str | Path) -> str:
    command = [f"arm-none-eabi-{tool}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_every_section_lies_where_the_port_says(either: ImageLayout, memory: Memory) -> None:
    for section in either.sections:
        assert section.name in SECTIONS or section.name.startswith(".model_")
        place = memory.place(section.name)
        assert section.address in place, section
        assert section.address + section.size_bytes <= place.stop, section


def test_stack_is_at_the_bottom_of_the_ram(either: ImageLayout, memory: Memory) -> None:
    assert either.symbols["__stack_low"] == memory.ram.start  # an overflow leaves the RAM and is a fault


def test_what_outlives_a_reset_lies_at_the_same_place_in_every_image(either: ImageLayout, memory: Memory) -> None:
    (kept,) = (section for section in either.sections if section.name == ".noinit")
    assert (kept.address, kept.in_flash) == (memory.ram.start + 8192, False)


def test_ring_takes_a_vector_of_27_kb_while_the_one_before_is_run(either: ImageLayout) -> None:
    assert either.size_bytes(".ring") == 32768


def test_flash_adds_up_to_the_byte(either: ImageLayout) -> None:
    text, data = (int(word) for word in run_tool("size", either.path).splitlines()[1].split()[:2])
    assert either.flash_bytes == text + data
    assert either.flash_bytes == either.path.with_suffix(".bin").stat().st_size
    assert either.flash_bytes == either.symbols["__flash_image_bytes"]
    assert either.size_bytes(".engine") == either.symbols["__flash_engine_bytes"]
    assert either.ram_static_bytes == either.symbols["__ram_static_bytes"]


def test_engine_and_models_come_first_and_leave_no_gaps(image: ImageLayout, memory: Memory) -> None:
    in_flash = [each for each in image.sections if each.in_flash and memory.place(each.name) == memory.flash]
    sections = sorted(in_flash, key=lambda section: section.address)
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


def test_nothing_of_the_harness_lies_before_what_is_timed(image: ImageLayout) -> None:
    """So that a change in the harness moves none of it."""
    timed = {name: image.symbols[name] & ~1 for name in ("engine_invoke", "memcpy", "memset", "bench_invoke")}
    harness = [image.symbols[name] & ~1 for name in ("main", "core_poll", "port_write", "stream_handle_body")]
    assert max(timed.values()) < min(harness)
    assert timed["bench_invoke"] % 64 == 0


@pytest.mark.parametrize("model", ["mnist_int8", "mnist_float32"])
def test_model_reports_the_flash_of_its_section(image: ImageLayout, memory: Memory, model: str) -> None:
    start = image.symbols[f"model_{model}"] - memory.flash.start
    description = image.path.with_suffix(".bin").read_bytes()[start : start + 64]
    assert struct.pack("<I", image.model_flash_bytes[model]) in description


def test_vector_table(either: ImageLayout, memory: Memory) -> None:
    words = struct.unpack("<16I", either.path.with_suffix(".bin").read_bytes()[:64])
    assert words[0] == either.symbols["__stack_high"] == memory.ram.start + 8192
    assert words[1] == either.symbols["startup_reset"] | 1
    assert set(words[2:]) == {0, either.symbols["fault_entry"] | 1}
    assert all(words[3:7])  # HardFault, MemManage, BusFault, UsageFault
    assert either.symbols["startup_table"] == memory.flash.start


def test_no_heap_no_printf_no_software_floating_point(either: ImageLayout) -> None:
    assert not [each for each in either.symbols if FORBIDDEN.fullmatch(each)]


def test_calls_pass_floats_in_fpu_registers(image: ImageLayout) -> None:
    attributes = run_tool("readelf", "--arch-specific", image.path)
    assert "Tag_ABI_VFP_args: VFP registers" in attributes
    assert 'Tag_CPU_name: "7E-M"' in attributes or "Tag_CPU_arch: v7E-M" in attributes


def test_harness_keeps_its_budget(harness: ImageLayout) -> None:
    assert harness.flash_bytes - harness.size_bytes(".engine") <= 16 * 1024
    assert harness.ram_static_bytes <= 8 * 1024


def test_image_says_what_it_was_built_from(image: ImageLayout, memory: Memory) -> None:
    content = image.path.with_suffix(".bin").read_bytes()
    info = re.search(rb"toolchain=(\S+) flags=([^ \0]+)", content)
    assert info is not None
    version = run_tool("gcc", "-dumpfullversion").strip()
    assert info[1].decode() == f"arm-none-eabi-gcc-{version}"
    assert b"-O3" in info[2]
    assert f"-mcpu={memory.cpu}".encode() in info[2]


def test_image_says_which_board_and_build_it_is(image: ImageLayout, port: str) -> None:
    mark = read_mark(image.path)
    assert mark is not None
    assert mark.board == port
    assert re.fullmatch("[0-9a-f]{16}", mark.build_id)
    assert read_mark(image.path.with_suffix(".bin")) == mark


def test_clean_build_has_no_warnings_and_gives_the_same_bytes(image: ImageLayout, port: str, tmp_path: Path) -> None:
    printed = run_pio("run", "--environment", f"{port}-local", PLATFORMIO_BUILD_DIR=str(tmp_path))
    assert "warning" not in printed.lower()
    again = tmp_path / f"{port}-local" / "firmware.bin"
    assert again.read_bytes() == image.path.with_suffix(".bin").read_bytes()
