"""Builds the `generated` engine with some models for a Cortex-M, and runs it in Unicorn."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from engine_objects import INCLUDES, WARNINGS, engine_objects, run_tool
from engine_runner import Bytes
from unicorn import UC_ARCH_ARM, UC_MODE_THUMB, Uc
from unicorn.arm_const import (
    UC_ARM_REG_LR,
    UC_ARM_REG_PC,
    UC_ARM_REG_R0,
    UC_ARM_REG_R1,
    UC_ARM_REG_SP,
    UC_CPU_ARM_CORTEX_M0,
    UC_CPU_ARM_CORTEX_M4,
    UC_CPU_ARM_CORTEX_M7,
)
from unicorn.unicorn_const import UC_HOOK_BLOCK

from mcubench.codegen import Program

__all__ = ["ArmEngine"]

# The layout of engine_model_t differs between compilers (size of enums), so its members are read in C.
_MAIN = """
#include "engine.h"
uint32_t test_flash_bytes(uint32_t index);
uint32_t test_flash_bytes(uint32_t index) {
    return engine_model(index)->flash_bytes;
}
"""
_SCRIPT = """
ENTRY(engine_invoke)
MEMORY { FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 16M  RAM (rw) : ORIGIN = 0x20000000, LENGTH = 4M }
SECTIONS
{
    INCLUDE models.ld
    .text : { *(.text .text.* .rodata .rodata.*) } > FLASH
    .data : { *(.data .data.*) } > RAM
    .arena (NOLOAD) : { *(.bss.arena) } > RAM
    .bss (NOLOAD) : { *(.bss .bss.* COMMON) } > RAM
}
"""
# Newlib's memcpy and expf, and libgcc: nothing else may be needed. What the tests call is kept.
_ENTRIES = ("engine_open", "test_flash_bytes", "engine_input", "engine_output", "engine_invoke")
_LINK = ("-nostartfiles", "-Wl,--gc-sections", *(f"-Wl,-u,{name}" for name in _ENTRIES), "-lm", "-lc", "-lgcc")
_CPUS = {
    "cortex-m0": (UC_CPU_ARM_CORTEX_M0, ()),
    "cortex-m4": (UC_CPU_ARM_CORTEX_M4, ("-mfpu=fpv4-sp-d16", "-mfloat-abi=hard")),
    "cortex-m7": (UC_CPU_ARM_CORTEX_M7, ("-mfpu=fpv5-sp-d16", "-mfloat-abi=hard")),
}


class ArmEngine:
    """The engine compiled for a Cortex-M and run, instruction by instruction, by Unicorn."""

    _STACK_TOP = 0x20400000
    _RETURN = 0x0FFF0000

    def __init__(self, folder: Path, core: str = "cortex-m7", optimisation: str = "-O3") -> None:
        """Compile the models in `folder` for a core, and load them."""
        elf = folder / f"engine-{core}.elf"
        script = folder / "arm.ld.txt"
        script.write_text(_SCRIPT)
        main = folder / "main.c.txt"
        main.write_text(_MAIN)
        model, fpu = _CPUS[core]
        compiler = "arm-none-eabi-gcc"
        flags = (optimisation, f"-mcpu={core}", "-mthumb", *fpu, "-ffunction-sections", "-DMCUBENCH_MODEL_SYMBOLS")
        sources = [*sorted(folder.glob("*.c")), "-x", "c", main, "-x", "none", *engine_objects(compiler, flags)]
        link = (f"-L{folder}", f"-T{script}", *_LINK)
        run_tool(compiler, *flags, *WARNINGS, *INCLUDES, "-o", elf, *sources, *link)
        self.symbols = _symbols(elf)
        self._uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB)
        self._uc.ctl_set_cpu_model(model)
        self._uc.mem_map(0x08000000, 16 << 20)
        self._uc.mem_map(0x20000000, 4 << 20)
        self._uc.mem_map(self._RETURN & ~0xFFF, 0x1000)
        _load(self._uc, elf, folder)

    def call(self, name: str, argument: int = 0) -> int:
        """Call a function with one argument, and 0 for a second one, and return its result."""
        self._uc.reg_write(UC_ARM_REG_R0, argument)
        self._uc.reg_write(UC_ARM_REG_R1, 0)
        self._uc.reg_write(UC_ARM_REG_SP, self._STACK_TOP)
        self._uc.reg_write(UC_ARM_REG_LR, self._RETURN | 1)
        self._uc.emu_start(self.symbols[name] | 1, self._RETURN, count=0)
        assert self._uc.reg_read(UC_ARM_REG_PC) == self._RETURN
        return int(self._uc.reg_read(UC_ARM_REG_R0))

    def run(self, program: Program, index: int, inputs: Bytes) -> Bytes:
        """Return one row of output bytes per row of input bytes."""
        assert self.call("engine_open", index) == 0
        outputs = []
        for row in inputs:
            self._uc.mem_write(self.call("engine_input"), row.tobytes())
            assert self.call("engine_invoke") == 0
            outputs.append(self._uc.mem_read(self.call("engine_output"), program.output.bytes))
        return np.frombuffer(b"".join(map(bytes, outputs)), np.uint8).reshape(len(inputs), -1)

    def count_instructions(self, name: str) -> int:
        """Return how many instructions a call of a function without argument executes."""
        total = 0

        def count(_uc: Uc, address: int, size: int, _user: Any) -> None:
            nonlocal total
            # Thumb-2 instructions that begin with 0b11101, 0b11110 or 0b11111 have 32 bits (DDI 0403, A5.1).
            code = np.frombuffer(bytes(self._uc.mem_read(address, size)), "<u2")
            at = 0
            while at < len(code):
                at += 2 if code[at] >= 0xE800 else 1
                total += 1

        hook = self._uc.hook_add(UC_HOOK_BLOCK, count)
        try:
            self.call(name)
        finally:
            self._uc.hook_del(hook)
        return total


def _symbols(elf: Path) -> dict[str, int]:
    listing = subprocess.run(["arm-none-eabi-nm", str(elf)], capture_output=True, text=True, timeout=30, check=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    return {row[2]: int(row[0], 16) & ~1 for row in rows if len(row) == 3}


def _load(uc: Uc, elf: Path, folder: Path) -> None:
    image = folder / "image.bin"
    for sections, address in ((("-j", ".text", "-j", ".model_*"), 0x08000000), (("-j", ".data"), 0x20000000)):
        run_tool("arm-none-eabi-objcopy", "-O", "binary", *sections, elf, image)
        uc.mem_write(address, image.read_bytes())
