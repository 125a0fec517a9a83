"""From reset to main(), on an emulated core without a chip around it: what start-up of all Cortex-M promises."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from core_boards import FIRMWARE

from mcubench.image_layout import ImageLayout, read_layout

if TYPE_CHECKING:
    from unicorn import Uc

unicorn = pytest.importorskip("unicorn", reason="the emulator comes with the extra `virtual`")

SHARED = FIRMWARE / "cortex_m"
FLASH, RAM, RAM_BYTES = 0x08000000, 0x20000000, 0x10000
PAINT = 0xC5C5C5C5
LINKER_SCRIPT = """
MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 64K  RAM (rw) : ORIGIN = 0x20000000, LENGTH = 64K }
REGION_ALIAS("ARENA", RAM)
INCLUDE sections.ld
"""
PROGRAM = """
#include "port.h"
int initialised = 1234, zeroed, calls[2];
__attribute__((constructor(200))) static void second(void) { calls[1] = initialised + zeroed++; }
__attribute__((constructor(101))) static void first(void) { calls[0] = initialised + zeroed++; }
int main(void) { for (;;) { } }
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> ImageLayout:
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("no arm-none-eabi-gcc: run `make setup`")
    folder = tmp_path_factory.mktemp("startup")
    (folder / "models.ld").write_text("")
    (folder / "program.ld").write_text(LINKER_SCRIPT)
    (folder / "program.c").write_text(PROGRAM)
    (folder / "port_inline.h").write_text("")
    options = ["-std=gnu11", "-Os", "-mthumb", "-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"]
    includes = [f"-I{path}" for path in (folder, SHARED, FIRMWARE / "common")]
    link = ["-nostartfiles", "-Wl,--gc-sections", f"-L{folder}", f"-L{SHARED}", f"-T{folder / 'program.ld'}"]
    shared = [SHARED / f"{name}.c" for name in ("startup", "fault", "memory", "reset")]
    kept = [FIRMWARE / "common" / f"{name}.c" for name in ("kept", "crc32")]
    sources = [folder / "program.c", *shared, *kept]
    command = ["arm-none-eabi-gcc", *options, *includes, *link, *map(str, sources), "-o", str(folder / "program.elf")]
    subprocess.run(command, check=True, timeout=60, cwd=folder)
    return read_layout(folder / "program.elf")


@pytest.fixture(scope="module")
def core(program: ImageLayout) -> Uc:
    """The core when it has reached main(); its RAM held noise before."""
    uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
    uc.ctl_set_cpu_model(unicorn.arm_const.UC_CPU_ARM_CORTEX_M4)
    for start, size in ((FLASH, 0x10000), (RAM, RAM_BYTES), (0xE000E000, 0x1000)):
        uc.mem_map(start, size)
    uc.mem_write(FLASH, flash_content(program.path))
    uc.mem_write(RAM, random.Random(1).randbytes(RAM_BYTES))
    stack, entry = struct.unpack("<II", uc.mem_read(FLASH, 8))
    uc.reg_write(unicorn.arm_const.UC_ARM_REG_SP, stack)
    uc.emu_start(entry, program.symbols["main"] & ~1, timeout=10_000_000)
    assert uc.reg_read(unicorn.arm_const.UC_ARM_REG_PC) == program.symbols["main"] & ~1
    return uc


def flash_content(elf: Path) -> bytes:
    binary = elf.with_suffix(".bin")
    command = ["arm-none-eabi-objcopy", "--output-target", "binary", str(elf), str(binary)]
    subprocess.run(command, check=True, timeout=60)
    return binary.read_bytes()


def words(uc: Uc, address: int, count: int = 1) -> tuple[int, ...]:
    return struct.unpack(f"<{count}I", uc.mem_read(address, 4 * count))


def test_variables_have_their_values(core: Uc, program: ImageLayout) -> None:
    assert words(core, program.symbols["initialised"]) == (1234,)
    assert words(core, program.symbols["zeroed"]) == (2,)  # by then: each constructor has counted itself


def test_constructors_are_called_in_their_order_after_the_variables(core: Uc, program: ImageLayout) -> None:
    assert words(core, program.symbols["calls"], 2) == (1234, 1235)


def test_constructors_belong_to_the_image(program: ImageLayout) -> None:
    assert program.size_bytes(".init_array") == 8
    assert program.symbols["__flash_image_bytes"] == program.flash_bytes


def test_stack_is_painted_but_for_what_start_up_used(core: Uc, program: ImageLayout) -> None:
    low, high = program.symbols["__stack_low"], program.symbols["__stack_high"]
    stack = words(core, low, (high - low) // 4)
    assert set(stack[:-16]) == {PAINT}


def test_boot_is_counted_in_memory_that_start_up_leaves_alone(core: Uc, program: ImageLayout) -> None:
    (kept,) = (section for section in program.sections if section.name == ".noinit")
    content = bytes(core.mem_read(kept.address, kept.size_bytes))
    assert words(core, kept.address) == (1,)
    assert words(core, kept.address + kept.size_bytes - 4) == (zlib.crc32(content[:-4]),)


def test_faults_are_enabled(core: Uc) -> None:
    assert words(core, 0xE000ED24)[0] & 0x70000 == 0x70000  # SHCSR


def test_fpu_is_on_and_the_vector_table_ours(core: Uc, program: ImageLayout) -> None:
    assert words(core, 0xE000ED88)[0] & 0xF00000 == 0xF00000  # CPACR
    assert words(core, 0xE000ED08) == (program.symbols["startup_table"],)  # VTOR


def test_end_of_main_is_a_crash(core: Uc, program: ImageLayout) -> None:
    """Last, because the core does not come back from there."""
    end = core.reg_read(unicorn.arm_const.UC_ARM_REG_LR)
    core.emu_start(end, program.symbols["port_reset"] & ~1, timeout=10_000_000)
    (kept,) = (section for section in program.sections if section.name == ".noinit")
    boots, boot, kind, known, pc = words(core, kept.address, 5)
    assert (boots, boot, kind, known) == (1, 1, 5, 1)  # KEPT_EXIT, and only the program counter
    assert pc == program.symbols["main"] & ~1
