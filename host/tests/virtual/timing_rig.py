"""A bare emulated Cortex-M with a cycle counter, for programs of a few lines of assembly or C."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from unicorn import UC_ARCH_ARM, UC_MODE_THUMB, Uc
from unicorn import arm_const as arm

from mcubench.virtual.timing import CORTEX_M4, CORTEX_M7, CoreModel, CycleCounter, MemoryRegion, MemoryState

__all__ = ["ALL_ON", "CYCCNT", "DTCM", "FLASH", "FLASH_ITCM", "SRAM", "Rig", "assemble", "compile_c"]

FLASH, FLASH_ITCM, DTCM, SRAM = 0x08000000, 0x00200000, 0x20000000, 0x20010000
PPB, CYCCNT = 0xE0000000, 0xE0001004
_SIZE = 0x40000
_REGIONS = [
    MemoryRegion("flash", FLASH, _SIZE, "flash", cached=True),
    MemoryRegion("flash-itcm", FLASH_ITCM, _SIZE, "flash", cached=False),
    MemoryRegion("dtcm", DTCM, 0x10000, "dtcm", cached=False),
    MemoryRegion("sram", SRAM, _SIZE, "sram", cached=True),
    MemoryRegion("ppb", PPB, 0x100000, "device", cached=False),
]
ALL_ON = MemoryState(icache=True, dcache=True, prefetch=True, flash_wait_states=7)
_UNICORN_MODELS = {
    CORTEX_M7.name: arm.UC_CPU_ARM_CORTEX_M7,
    CORTEX_M4.name: arm.UC_CPU_ARM_CORTEX_M4,
    "cortex-m0": arm.UC_CPU_ARM_CORTEX_M0,
}
_FLAGS = ("-mcpu=cortex-m7", "-mthumb", "-mfpu=fpv5-d16", "-mfloat-abi=hard")


def assemble(text: str) -> bytes:
    """Return the machine code of Thumb assembly, linked to FLASH."""
    return _build("program.s", ".syntax unified\n.thumb\n.global _start\n_start:\n" + text + "\n", [])


def compile_c(text: str, *flags: str) -> bytes:
    """Return the machine code of a C program whose first function is the entry, linked to FLASH, data to SRAM."""
    return _build("program.c", text, ["-O2", "-ffreestanding", "-fno-toplevel-reorder", *flags])


def _build(name: str, text: str, flags: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, elf, image = Path(folder, name), Path(folder, "program.elf"), Path(folder, "program.bin")
        source.write_text(text)
        places = [f"-Wl,-Ttext={FLASH:#x}", f"-Wl,-Tbss={SRAM:#x}", "-Wl,--build-id=none", "-Wl,-e,_start"]
        command = ["arm-none-eabi-gcc", *_FLAGS, *flags, "-nostdlib", *places, source, "-o", elf]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        convert = ["arm-none-eabi-objcopy", "-O", "binary", "-R", ".bss", elf, image]
        subprocess.run(convert, check=True, timeout=60)
        return image.read_bytes()


class Rig:
    """Runs code from its first instruction until it comes to `end`: behind it, and in LR."""

    def __init__(self, code: bytes, state: MemoryState = ALL_ON, at: int = FLASH, core: CoreModel = CORTEX_M7) -> None:
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB)
        self.uc.ctl_set_cpu_model(_UNICORN_MODELS[core.name])
        for start in (FLASH, FLASH_ITCM):
            self.uc.mem_map(start, _SIZE)
        self.uc.mem_map(DTCM, 0x10000 + _SIZE)
        self.uc.mem_write(at, code)
        self.start, self.end = at, at + len(code) + 1 & ~1
        self.counter = CycleCounter(self.uc, core, _REGIONS)
        self.counter.configure(state)

    def run(self, registers: Mapping[str, int] | None = None) -> int:
        """Run from the first instruction to the end of the code and return how many cycles that took."""
        self.prepare(registers)
        before = self.counter.cycles
        self.resume()
        return self.counter.cycles - before

    def prepare(self, registers: Mapping[str, int] | None = None) -> None:
        """Set registers and go to the first instruction without running it."""
        given = {"sp": DTCM + 0x8000, "lr": self.end | 1, "pc": self.start | 1, **(registers or {})}
        for name, value in given.items():
            self.uc.reg_write(getattr(arm, f"UC_ARM_REG_{name.upper()}"), value)

    def resume(self) -> bool:
        """Run from where the core is; return whether the end was reached."""
        self.uc.emu_start(self.uc.reg_read(arm.UC_ARM_REG_PC) | 1, self.end)
        return bool(self.uc.reg_read(arm.UC_ARM_REG_PC) == self.end)
